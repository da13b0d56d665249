"""Trials as real processes: their verdicts, and what becomes of them when somebody is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sweeps.launchers import LocalLauncher
from sweeps.locks import is_locked, try_lock
from sweeps.planning import trial_folder, trial_folders
from sweeps.results import LOG, Plan, read_clock, read_result, write_plan
from sweeps.trial import LOCK, LOCKED, main, processes_of
from tests.sweeps.trials import NOTE, logs, results, runner, some_sweep, source_tree, starts

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and locks of POSIX")

RUNNER = """
import sys
from pathlib import Path
from sweeps.launchers import LocalLauncher
from tests.sweeps.trials import runner, some_sweep
folder, script, trials = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
launcher = LocalLauncher()
launcher.poll_seconds = 0.05
runner(some_sweep(folder, script), folder / "out", launcher, trials).run()
"""
WAITS = 'while [ ! -e "$ANYONENET_TRIAL/../../go" ]; do sleep 0.02; done; '


def plan(folder: Path, script: str) -> None:
    write_plan(folder, Plan(0, {"x": 1}, ["sh", "-c", script, "trial"], str(folder), "loss", True))


def launcher() -> LocalLauncher:
    local = LocalLauncher(source_tree())
    local.poll_seconds = 0.05
    return local


def wait_for(condition) -> None:
    end = time.monotonic() + 100
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    assert condition()


@pytest.fixture
def handlers():
    """A trial run inside this process puts its own in their place."""
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_trial_writes_its_verdict(tmp_path, handlers):
    plan(tmp_path, logs(3, 1, 2) + "echo done")
    assert main(tmp_path) == 0
    result = read_result(tmp_path)
    assert (result.state, result.best, result.best_step, result.last, result.reports) == ("finished", 1, 1, 2, 3)
    assert result.code == 0 and result.parameters == {"x": 1} and result.starts == 1
    assert (tmp_path / LOG).read_text().splitlines()[-1] == "done"
    assert main(tmp_path) == 0 and read_clock(tmp_path)[1] == 1  # a verdict stands


def test_a_failed_command_is_told_with_its_last_line(tmp_path, handlers):
    plan(tmp_path, logs(3) + "echo no memory >&2; exit 3")
    main(tmp_path)
    result = read_result(tmp_path)
    assert (result.state, result.code, result.reason, result.best) == ("failed", 3, "no memory", 3)


def test_a_killed_command_is_told_by_its_signal(tmp_path, handlers):
    plan(tmp_path, "echo so far; kill -9 $$")
    main(tmp_path)
    assert read_result(tmp_path).reason == "ended by SIGKILL; its log ends with: so far"


def test_a_command_that_is_not_there_has_failed(tmp_path, handlers):
    write_plan(tmp_path, Plan(0, {}, ["no-such-program"], str(tmp_path), "loss", True))
    main(tmp_path)
    assert read_result(tmp_path).reason == "no-such-program cannot be started: No such file or directory"


def test_a_command_that_was_stopped_is_to_be_gone_on_with(tmp_path, handlers):
    plan(tmp_path, NOTE + logs(1) + '[ "$(wc -l < starts.txt)" = 2 ] || exit 75')
    main(tmp_path)
    assert read_result(tmp_path) is None
    main(tmp_path)
    assert read_result(tmp_path).state == "finished" and read_result(tmp_path).starts == 2


def test_nobody_else_gets_at_a_trial(tmp_path, handlers, capsys, monkeypatch):
    monkeypatch.setattr("sweeps.trial.PATIENCE_SECONDS", 0.1)
    plan(tmp_path, "true")
    held = try_lock(tmp_path / LOCK)
    assert main(tmp_path) == LOCKED and read_result(tmp_path) is None
    assert "another process is at the trial" in capsys.readouterr().err
    held.close()


def test_a_trial_that_is_asked_to_end_has_no_verdict(tmp_path):
    plan(tmp_path, f'trap "echo asked >> asked; exit 0" TERM; {NOTE} while true; do sleep 0.02; done')
    local = launcher()
    local.submit(tmp_path)
    wait_for(lambda: (tmp_path / "starts.txt").exists())
    assert local.running([tmp_path]) == {tmp_path}
    local.close()
    assert local.running([tmp_path]) == set() and read_result(tmp_path) is None
    assert (tmp_path / "asked").read_text() == "asked\n"


def test_devices_are_shared_out(tmp_path):
    local = LocalLauncher(source_tree(), ["3", "5"])
    for name in "ab":
        plan(tmp_path / name, "echo $CUDA_VISIBLE_DEVICES > device; while [ ! -e ../go ]; do sleep 0.02; done")
        local.submit(tmp_path / name)
    wait_for(lambda: all((tmp_path / name / "device").exists() for name in "ab"))
    (tmp_path / "go").touch()
    assert {(tmp_path / name / "device").read_text().strip() for name in "ab"} == {"3", "5"}
    wait_for(lambda: not local.running([tmp_path / name for name in "ab"]))


def begun(folder: Path, script: str, trials: int) -> subprocess.Popen:
    words = [sys.executable, "-c", RUNNER, str(folder), script, str(trials)]
    return subprocess.Popen(words, env=source_tree(), stderr=subprocess.PIPE, text=True)


def test_a_killed_runner_is_followed_by_one_that_repeats_nothing(tmp_path):
    """Trials 0 and 1 run when the runner is killed outright, one of them is killed too; then all goes on."""
    out, script = tmp_path / "out", NOTE + WAITS + logs(2, 1)
    first = begun(tmp_path, script, 3)
    wait_for(lambda: starts(out) == [1, 1])
    plans = [(folder / "trial.json").read_text() for folder in trial_folders(out)]
    first.kill()
    first.communicate(timeout=100)
    for number in processes_of(trial_folder(out, 1)):
        os.killpg(number, signal.SIGKILL)
    wait_for(lambda: not is_locked(trial_folder(out, 1) / LOCK))
    assert is_locked(trial_folder(out, 0) / LOCK)
    second = begun(tmp_path, script, 3)
    wait_for(lambda: starts(out) == [1, 2])
    (out / "go").touch()
    assert second.wait(timeout=100) == 0, second.stderr.read()
    assert starts(out) == [1, 2, 1]
    assert [(folder / "trial.json").read_text() for folder in trial_folders(out)[:2]] == plans
    found = results(out)
    assert [result.state for result in found] == ["finished"] * 3 and [result.starts for result in found] == [1, 2, 1]
    third = launcher()
    runner(some_sweep(tmp_path, script), out, third, 3).run()
    assert starts(out) == [1, 2, 1]


def test_a_pruned_trial_is_ended(tmp_path):
    script = NOTE + 'if [ "${1#--x=}" = 1 ]; then ' + logs(1, 1) + "else " + logs(2, 2) + "sleep 300; fi"
    changes = {
        "method": "grid",
        "parameters": {"x": {"values": [1, 2]}},
        "early_terminate": {"type": "hyperband", "min_iter": 2, "eta": 2},
    }
    runner(some_sweep(tmp_path, script, **changes), tmp_path / "out", launcher(), 2).run()
    good, bad = results(tmp_path / "out")
    assert (good.state, bad.state, bad.best, bad.code) == ("finished", "pruned", 2.0, None)
    assert not is_locked(trial_folder(tmp_path / "out", 1) / LOCK)

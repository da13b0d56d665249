"""The runner with jobs that take no time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from anyonenet.errors import InputError
from sweeps.jobs import Job, last_line, read_record, run_jobs

NOTE = "echo once >> runs; "


def job(folder: Path, script: str, **options) -> Job:
    return Job(folder.name, folder, ["sh", "-c", f"cd {folder}; {script}"], {"epochs": 1, **options})


def starts(folder: Path) -> int:
    return len((folder / "runs").read_text().splitlines())


def test_each_is_run_once_and_a_failed_one_again(tmp_path):
    jobs = [job(tmp_path / "good", NOTE), job(tmp_path / "bad", f"{NOTE} echo no memory >&2; exit 3")]
    for _ in range(2):
        good, bad = run_jobs(jobs, parallel=2)
        assert good.finished and not bad.finished and bad.note == "no memory"
    assert starts(tmp_path / "good") == 1 and starts(tmp_path / "bad") == 2
    assert read_record(tmp_path / "bad")["code"] == 3


def test_what_was_made_with_other_options_is_refused_by_name(tmp_path):
    run_jobs([job(tmp_path / "a", NOTE)])
    with pytest.raises(InputError, match="other options \\(epochs = 1, wanted 2\\); give another --out"):
        run_jobs([job(tmp_path / "a", NOTE, epochs=2)])
    assert starts(tmp_path / "a") == 1


def test_a_program_that_is_not_there_fails_its_job_only(tmp_path):
    missing = Job("missing", tmp_path / "missing", ["no-such-program"], {})
    outcomes = run_jobs([missing, job(tmp_path / "good", "true")])
    assert [outcome.finished for outcome in outcomes] == [False, True]
    assert outcomes[0].note == "no-such-program cannot be started: No such file or directory"


def test_a_record_cut_short_counts_as_none(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "record.json").write_text('{"state": "fini')
    assert run_jobs([job(tmp_path / "a", NOTE)])[0].finished


def test_devices_are_shared_out(tmp_path):
    jobs = [job(tmp_path / name, "echo $CUDA_VISIBLE_DEVICES; sleep 0.3") for name in "ab"]
    run_jobs(jobs, parallel=2, devices=["3", "5"], environment={"X": "1"})
    assert {last_line(one.log) for one in jobs} == {"3", "5"}


RUNNER = """
import signal
import sys
from pathlib import Path
from sweeps.jobs import Job, run_jobs
signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs in the background of a shell has none
folder = Path(sys.argv[1])
command = ["sh", "-c", f"cd {folder}; echo once >> runs; while [ ! -e go ]; do sleep 0.05; done; echo done >> ends"]
print(run_jobs([Job("slow", folder, command, {})])[0].finished)
"""


def runner(folder: Path) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", RUNNER, str(folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def wait_for(path: Path) -> None:
    end = time.monotonic() + 200
    while not (path.exists() and path.stat().st_size) and time.monotonic() < end:
        time.sleep(0.02)
    assert path.stat().st_size


def alive(folder: Path) -> bool:
    found = subprocess.run(["pgrep", "-f", f"cd {folder};"], capture_output=True, text=True)
    return bool(found.stdout.split())


def test_a_runner_that_is_asked_to_end_ends_its_processes(tmp_path):
    folder = tmp_path / "slow"
    first = runner(folder)
    wait_for(folder / "runs")
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=200)
    assert not alive(folder) and read_record(folder)["state"] == "begun"
    (folder / "go").touch()
    second = runner(folder)
    assert second.communicate(timeout=200)[0] == "True\n" and starts(folder) == 2


@pytest.mark.skipif(os.name != "posix", reason="locks of POSIX")
def test_a_process_that_outlived_its_runner_is_waited_for(tmp_path):
    folder = tmp_path / "slow"
    first = runner(folder)
    wait_for(folder / "runs")
    first.kill()
    first.communicate(timeout=200)
    second = runner(folder)
    for line in second.stderr:  # type: ignore[union-attr]
        if "waiting for another process" in line:
            break
    assert starts(folder) == 1  # the second one has started nothing beside it
    (folder / "go").touch()
    assert second.communicate(timeout=200)[0] == "True\n"
    assert (folder / "ends").read_text().splitlines() == ["done"] * starts(folder)
    assert json.loads((folder / "record.json").read_text())["state"] == "finished"


def test_two_runners_do_a_job_once(tmp_path):
    folder = tmp_path / "slow"
    first = runner(folder)
    wait_for(folder / "runs")
    second = runner(folder)
    for line in second.stderr:  # type: ignore[union-attr]
        if "waiting for another process" in line:
            break
    (folder / "go").touch()
    assert [process.communicate(timeout=200)[0] for process in (first, second)] == ["True\n"] * 2
    assert starts(folder) == 1

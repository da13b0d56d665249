"""A sweep through a real Slurm: trials that fail, and a runner that is killed on the way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sweeps.planning import trial_folders
from sweeps.results import read_result
from tests.slurm.conftest import ROOT, Slurm, await_that
from tests.sweeps.trials import NOTE, logs, some_sweep, starts

pytest.importorskip("optuna")

TRIALS = 6
FAILING = {1: "no memory on this node", 4: "loss is nan"}
SCRIPT = (
    f"{NOTE}{logs(0.5, 0.25)}sleep 1; case $ANYONENET_TRIAL in "
    + "".join(f"*/{number:04d}) echo {reason}; exit 3;; " for number, reason in FAILING.items())
    + "esac"
)
RUNNER = """
import sys
from pathlib import Path
from sweeps.definition import read_sweep
from sweeps.slurm import SlurmLauncher
from tests.sweeps.trials import runner

launcher = SlurmLauncher({"time": 10}, {"PYTHONPATH": sys.argv[3]})
launcher.poll_seconds = 0.3
runner(read_sweep(Path(sys.argv[1])), Path(sys.argv[2]), launcher, int(sys.argv[4]), parallel=3).run()
"""


def test_all_trials_are_accounted_for_though_some_fail_and_the_runner_is_killed(slurm: Slurm, tmp_path: Path) -> None:
    out = tmp_path / "out"
    some_sweep(tmp_path, SCRIPT)
    command = [sys.executable, "-c", RUNNER, str(tmp_path / "some.yaml"), str(out), str(ROOT), str(TRIALS)]

    def verdicts() -> int:
        return sum(read_result(folder) is not None for folder in trial_folders(out))

    first = subprocess.Popen(command, cwd=ROOT, env=slurm.environment, stderr=subprocess.DEVNULL)
    try:
        await_that(lambda: verdicts() > 0 or first.poll() is not None, "the first trial's end")
    finally:
        os.kill(first.pid, signal.SIGKILL)
        assert first.wait() == -signal.SIGKILL
    assert verdicts() < TRIALS
    slurm(*command)
    results = [read_result(folder) for folder in trial_folders(out)]
    expected = ["failed" if number in FAILING else "finished" for number in range(TRIALS)]
    assert [result and result.state for result in results] == expected
    assert {result.number: result.reason for result in results if result and result.state == "failed"} == FAILING
    assert starts(out) == [1] * TRIALS
    jobs = slurm("scontrol", "--oneliner", "show", "job").splitlines()
    assert sum(" JobName=sweep-" in job for job in jobs) == TRIALS

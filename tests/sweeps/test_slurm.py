"""The batch files of trials; jobs on a real Slurm are in tests/slurm."""

import os
import subprocess

import pytest

from sweeps.launchers import trial_command
from sweeps.slurm import SlurmLauncher


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """A folder on the path with the names of Slurm's programs; srun says what it was given."""
    for name in ("sbatch", "squeue", "scancel", "srun"):
        path = tmp_path / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text('#!/bin/sh\necho "$0 $*"\n', encoding="utf-8")
        path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")


def prefix(script: str, **environment: str) -> str:
    """What the batch file would put before a trial's command: it is run up to that line."""
    before = script.partition("exec ")[0] + 'echo "$ANYONENET_TRIAL_PREFIX"\n'
    return subprocess.run(
        ["bash", "-c", before], env={**os.environ, **environment}, capture_output=True, text=True, check=True
    ).stdout.strip()


def test_several_tasks_are_started_by_srun_with_their_processors(programs, tmp_path):
    script = SlurmLauncher({"ntasks_per_node": 4, "cpus-per-task": 6}).script(tmp_path)
    assert prefix(script, SLURM_CPUS_PER_TASK="6") == "srun --cpus-per-task=6"
    assert prefix(script) == "srun --cpus-per-task=1"


def test_one_task_is_started_as_it_is(programs, tmp_path):
    script = SlurmLauncher({"partition": "gpu"}, {"A": "b c"}).script(tmp_path)
    assert prefix(script) == ""
    assert script.splitlines()[-1].removeprefix("exec ").split() == list(trial_command(tmp_path))
    assert "#SBATCH --partition=gpu" in script and "export A='b c'" in script

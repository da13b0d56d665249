"""Trials as jobs of Slurm: one `sbatch` a trial, found again by its name.

A job's name is made from the trial's folder, so a runner that was killed before it could note a job's number finds the
job all the same, and no trial is submitted twice. Only `squeue` is asked, which every cluster has; accounting is not
needed. Jobs outlive the runner, also one that is asked to end: the next runner takes them over.
"""

from __future__ import annotations

import getpass
import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tqdm import tqdm

from anyonenet.errors import InputError
from sweeps.launchers import OUTPUT, trial_command
from sweeps.trial import PREFIX

WARNING_SECONDS = 90
"""before its time limit a trial is asked to end: it leaves a checkpoint, and the runner submits it again"""
SCRIPT = "job.sh"
TIMEOUT_SECONDS = 120
ATTEMPTS = 5
"""of a call that fails: a controller that restarts is away for some seconds"""


class SlurmLauncher:
    """Jobs of Slurm.

    Args:
        options: of sbatch, long names without dashes, e.g. partition: gpu, gres: 'gpu:1', time: '08:00:00'; an empty
            value is a switch. With `ntasks` or `ntasks_per_node` above 1 the trial's command is started by `srun`.
        environment: of the trials, beside what sbatch hands on.

    Raises:
        InputError: there is no Slurm here.
    """

    def __init__(self, options: Mapping[str, str | int] | None = None, environment: Mapping[str, str] | None = None):
        missing = [program for program in ("sbatch", "squeue", "scancel") if shutil.which(program) is None]
        if missing:
            raise InputError(f"--launcher slurm needs Slurm's programs; {', '.join(missing)} not found on this machine")
        self.poll_seconds = 5.0
        self._options = {"requeue": "", "open-mode": "append", "signal": f"B:TERM@{WARNING_SECONDS}"}
        self._options |= {_sbatch_name(name): str(value) for name, value in (options or {}).items()}
        self._environment = dict(environment or {})
        self._cancelled: set[Path] = set()

    def submit(self, folder: Path) -> None:
        self._cancelled.discard(folder)
        script = folder / SCRIPT
        script.write_text(self.script(folder), encoding="utf-8")
        _call(["sbatch", "--parsable", str(script)])

    def running(self, folders: Sequence[Path]) -> set[Path]:
        if not folders:
            return set()
        user = getpass.getuser()
        names = set(_call(["squeue", "--noheader", "--user", user, "--format", "%j"]).split())
        return {folder for folder in folders if job_name(folder) in names}

    def cancel(self, folder: Path) -> None:
        if folder not in self._cancelled:  # Slurm itself kills what does not end within its KillWait
            self._cancelled.add(folder)
            _call(["scancel", "--user", getpass.getuser(), "--name", job_name(folder)])

    def close(self) -> None:
        """Jobs go on."""

    def script(self, folder: Path) -> str:
        """What is submitted for a trial."""
        options = {"job-name": job_name(folder), "output": str(folder / OUTPUT), "chdir": os.getcwd(), **self._options}
        lines = ["#!/bin/bash"]
        lines += [f"#SBATCH --{name}{'=' if value else ''}{value}" for name, value in options.items()]
        lines += [f"export {name}={shlex.quote(value)}" for name, value in self._environment.items()]
        if self._tasks() > 1:  # srun does not take --cpus-per-task over by itself
            lines.append(f'export {PREFIX}="srun --cpus-per-task=${{SLURM_CPUS_PER_TASK:-1}}"')
        return "\n".join([*lines, f"exec {shlex.join(trial_command(folder))}", ""])

    def _tasks(self) -> int:
        counts = [self._options.get(name, "1") for name in ("ntasks", "ntasks-per-node", "nodes")]
        return max(int(count) if count.isdigit() else 1 for count in counts)


def job_name(folder: Path) -> str:
    """The name of a trial's job."""
    whole = hashlib.sha256(str(folder.resolve().parent).encode()).hexdigest()[:10]
    return f"sweep-{whole}-{folder.name}"


def _sbatch_name(name: str) -> str:
    """sbatch's name of an option; those of submitit, which `anyonenet fit --slurm` takes, are understood too."""
    renamed = {"timeout_min": "time"}
    plain = name.removeprefix("slurm_")
    return renamed.get(plain, plain).replace("_", "-")


def _call(command: Sequence[str]) -> str:
    """Standard output of one of Slurm's programs.

    Raises:
        InputError: it says no, several times.
    """
    for attempt in range(ATTEMPTS):
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS)
            wrong = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
            if done.returncode == 0:
                return done.stdout
        except subprocess.TimeoutExpired:
            wrong = f"no answer within {TIMEOUT_SECONDS} s"
        if command[0] == "sbatch":  # it may have taken the job: the runner looks whether it is there
            break
        if attempt == 0:
            tqdm.write(f"{command[0]}: {wrong}; asked again", file=sys.stderr)
        time.sleep(2.0**attempt)
    raise InputError(f"{command[0]} failed: {wrong}")

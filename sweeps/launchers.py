"""Where trials run: a launcher starts a trial's process, tells which still run, and ends one.

A launcher keeps nothing that dies with it. A trial is known by its folder alone, so a runner that was killed is
followed by one whose launcher finds the same processes again.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from sweeps.locks import is_locked
from sweeps.trial import LOCK, processes_of

PATIENCE_SECONDS = 30.0
"""a process that was asked to end is killed after this"""
OUTPUT = "launcher.txt"
"""what a trial's process itself says, apart from its command's log"""


class Launcher(Protocol):
    """Starts `python -m sweeps.trial FOLDER` somewhere."""

    poll_seconds: float
    """how often it is worth asking"""

    def submit(self, folder: Path) -> None:
        """Start a trial, or go on with it.

        Raises:
            InputError: it cannot be started, and none can.
        """

    def running(self, folders: Sequence[Path]) -> set[Path]:
        """Those that are started and not ended yet, waiting in a queue included, by whatever runner."""

    def cancel(self, folder: Path) -> None:
        """Ask a trial's process to end; asked again later, it is made to. Returns at once."""

    def close(self) -> None:
        """The runner ends: what cannot outlive it is ended too."""


def trial_command(folder: Path) -> list[str]:
    """The command line of a trial's process."""
    return [sys.executable, "-m", "sweeps.trial", str(folder)]


class LocalLauncher:
    """Processes of this machine. They outlive a runner that is killed, not one that is asked to end.

    Args:
        environment: of the trials, beside this process's own.
        devices: CUDA devices that trials share out, one each; none: they see what this process sees.
    """

    def __init__(self, environment: Mapping[str, str] | None = None, devices: Sequence[str] = ()):
        self.poll_seconds = 0.5
        self._environment = dict(environment or {})
        self._devices = list(devices)
        self._own: dict[Path, tuple[subprocess.Popen, str | None]] = {}
        self._asked: dict[Path, float] = {}

    def submit(self, folder: Path) -> None:
        taken = [device for process, device in self._own.values() if process.poll() is None]
        device = min(self._devices, key=taken.count) if self._devices else None
        environment = {**os.environ, **self._environment}
        if device is not None:
            environment["CUDA_VISIBLE_DEVICES"] = device
        self._asked.pop(folder, None)
        with (folder / OUTPUT).open("ab") as output:
            process = subprocess.Popen(
                trial_command(folder),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,  # Ctrl-C reaches the runner alone, which ends them in order
            )
        self._own[folder] = process, device

    def running(self, folders: Sequence[Path]) -> set[Path]:
        return {folder for folder in folders if self._alive(folder)}

    def cancel(self, folder: Path) -> None:
        if not self._alive(folder):
            return
        if folder not in self._asked:
            numbers = [self._own[folder][0].pid] if folder in self._own else processes_of(folder)[:1]
            for number in numbers:
                self._asked[folder] = time.monotonic()
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(number, signal.SIGTERM)  # it hands the signal on
        elif time.monotonic() - self._asked[folder] > PATIENCE_SECONDS:
            self._kill(folder)

    def close(self) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        for folder in self.running(list(self._own)):
            self.cancel(folder)
        while (left := self.running(list(self._own))) and time.monotonic() < end:
            time.sleep(0.1)
        for folder in left:
            self._kill(folder)

    def _kill(self, folder: Path) -> None:
        for number in processes_of(folder):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(number, signal.SIGKILL)

    def _alive(self, folder: Path) -> bool:
        if folder in self._own and self._own[folder][0].poll() is None:
            return True
        return is_locked(folder / LOCK)

"""The process of one trial: `python -m sweeps.trial FOLDER`, the same under every launcher.

It runs the command of `trial.json`, keeps its log, and writes `result.json` when the command has ended by itself. Asked
to end (SIGTERM, SIGINT, SIGUSR1), it hands the signal on, waits, and writes no result: the trial is to be gone on with.
So it is when the command says with exit code 75, as `anyonenet fit` does, that it was stopped.
A lock on the folder, which the command inherits, keeps a second process out for as long as anything of the first lives.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Any

from lightning_modules.survival.stop import EXIT_STOPPED
from sweeps.histories import last_line
from sweeps.locks import try_lock, write_whole
from sweeps.results import (
    FAILED,
    FINISHED,
    LOG,
    Plan,
    read_clock,
    read_plan,
    read_result,
    write_clock,
    write_result,
)

LOCK = ".lock"
PROCESS = "process.json"
FOLDER_VARIABLE = "ANYONENET_TRIAL"
"""in the environment of the command: the trial's folder"""
PREFIX = "ANYONENET_TRIAL_PREFIX"
"""in the environment of this process: words put before the command, as `srun`"""
LOCKED = 75
"""exit code: another process is at this trial"""
PATIENCE_SECONDS = 2.0
TICK_SECONDS = 20.0
"""how often the clock is written"""


def main(folder: Path) -> int:
    """Run a trial to its end.

    Returns:
        Exit code: 0 there is a result or the trial was asked to end, 2 no plan, 75 another process is at it.
    """
    lock = _lock(folder)
    if lock is None:
        print(f"another process is at the trial in {folder}", file=sys.stderr)
        return LOCKED
    if read_result(folder) is not None:
        return 0
    plan = read_plan(folder)
    if plan is None:
        print(f"no trial.json in {folder}; trials are made by `anyonenet sweep`", file=sys.stderr)
        return 2
    code, stopped = _run(folder, plan, lock)
    if not stopped and code != EXIT_STOPPED:
        write_result(folder, plan, FINISHED if code == 0 else FAILED, code, "" if code == 0 else _reason(folder, code))
    return 0


def processes_of(folder: Path) -> list[int]:
    """The process that last was at a trial and the one of its command, where they are of this machine."""
    try:
        about = json.loads((folder / PROCESS).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return []
    return [about["pid"], about["command"]] if about.get("host") == socket.gethostname() else []


def _lock(folder: Path) -> IO[bytes] | None:
    """The lock; who only looks whether it is free holds it for a moment, so it is tried for a while."""
    end = time.monotonic() + PATIENCE_SECONDS
    while (lock := try_lock(folder / LOCK)) is None and time.monotonic() < end:
        time.sleep(0.05)
    return lock


def _run(folder: Path, plan: Plan, lock: IO[bytes]) -> tuple[int, bool]:
    """Exit code of the command, and whether it was asked to end."""
    command = [*os.environ.get(PREFIX, "").split(), *plan.command]
    before, starts = read_clock(folder)
    begin = time.monotonic()
    write_clock(folder, before, starts + 1)
    asked: list[int] = []
    process: subprocess.Popen | None = None

    def hand_on(number: int, frame: Any) -> None:
        asked.append(number)
        if process is not None:
            process.send_signal(number)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
        signal.signal(number, hand_on)
    with (folder / LOG).open("ab") as log:
        log.write(f"$ {' '.join(command)}\n".encode())
        log.flush()
        try:
            process = subprocess.Popen(
                command,
                cwd=plan.directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, FOLDER_VARIABLE: str(folder)},
                pass_fds=(lock.fileno(),),
                start_new_session=True,  # so that what it leaves behind can be told apart, and ended
            )
        except OSError as error:
            log.write(f"{command[0]} cannot be started: {error.strerror}\n".encode())
            return 127, False

        about = {"host": socket.gethostname(), "pid": os.getpid(), "command": process.pid}
        write_whole(folder / PROCESS, json.dumps(about))
        if asked:
            process.send_signal(asked[0])
        while True:
            try:
                code = process.wait(TICK_SECONDS)
                break
            except subprocess.TimeoutExpired:
                write_clock(folder, before + time.monotonic() - begin, starts + 1)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)  # workers that outlived their master would keep the lock
    write_clock(folder, before + time.monotonic() - begin, starts + 1)
    return code, bool(asked)


def _reason(folder: Path, code: int) -> str:
    if code < 0:
        return f"ended by {signal.Signals(-code).name}; its log ends with: {last_line(folder / LOG)}"
    return last_line(folder / LOG)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))

"""Jobs as processes of their own: some at a time, each with a log and a record, none done twice.

A job's folder holds `record.json` (the options that decide its result, how it ended) and `log.txt`. A job that finished
is not started again; one that failed or was killed is. A job's process holds a lock on its folder, so that one that
outlived its runner is waited for rather than doubled.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from tqdm import tqdm

from anyonenet.errors import InputError
from datamodules.store import differing_options
from sweeps.histories import last_line

PATIENCE_SECONDS = 15.0
"""a process that was asked to end is killed after this"""


@dataclass(frozen=True)
class Job:
    """One process to run."""

    name: str
    folder: Path
    command: Sequence[str]
    options: Mapping[str, Any]
    """what decides its result, as plain values"""

    @property
    def log(self) -> Path:
        return self.folder / "log.txt"


@dataclass(frozen=True)
class Outcome:
    """How a job ended."""

    finished: bool
    seconds: float
    """of the last start"""
    note: str = ""
    """the last line of the log of one that failed"""


def check(jobs: Sequence[Job]) -> None:
    """See that what lies in the jobs' folders was made with their options.

    Raises:
        InputError: it was made with others; they are named.
    """
    for job in jobs:
        record = read_record(job.folder)
        differing = differing_options(record["options"], job.options) if record else ""
        if differing:
            raise InputError(
                f"{job.folder} was made with other options ({differing}); give another --out or delete the folder"
            )


def run_jobs(
    jobs: Sequence[Job], parallel: int = 1, devices: Sequence[str] = (), environment: Mapping[str, str] | None = None
) -> list[Outcome]:
    """Run the jobs that are not finished yet, in order, `parallel` at a time; an exception ends their processes.

    Args:
        jobs: each with a folder of its own.
        parallel: processes at a time.
        devices: CUDA devices that the processes share out, one each; none: they see what this process sees.
        environment: of the processes, beside this process's own.

    Returns:
        one outcome a job, in order.

    Raises:
        InputError: see `check`.
    """
    check(jobs)
    crew = _Crew(devices, dict(environment or {}))
    waiting = [job for job in jobs if not _finished(job)]
    pool = ThreadPoolExecutor(max(1, parallel))
    bar = tqdm(total=len(jobs), initial=len(jobs) - len(waiting), unit="run", disable=not waiting, smoothing=0)
    try:
        running: dict[Future[Outcome], Job] = {pool.submit(crew.run, job): job for job in waiting}
        for done in as_completed(running):
            outcome, job = done.result(), running[done]
            said = "finished" if outcome.finished else f"failed: {outcome.note} ({job.log})"
            bar.write(f"{job.name}: {said} after {outcome.seconds / 60:.1f} minutes", file=sys.stderr)
            bar.update()
    finally:
        crew.stop()
        pool.shutdown(cancel_futures=True)
        bar.close()
    return [_outcome(job) for job in jobs]


def read_record(folder: Path) -> dict[str, Any]:
    """What is known of a folder's job, empty where nothing is (also where a kill cut the record short)."""
    try:
        record = json.loads((folder / "record.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return record if isinstance(record, dict) and "options" in record else {}


class _Crew:
    """Starts processes and ends those that still run."""

    def __init__(self, devices: Sequence[str], environment: dict[str, str]):
        self._environment = environment
        self._devices: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._shared = bool(devices)
        for device in devices:
            self._devices.put(device)
        self._live: set[subprocess.Popen] = set()
        self._guard = threading.Lock()
        self._stopping = threading.Event()

    def run(self, job: Job) -> Outcome:
        """Start a job's process, wait for it, and write down how it ended."""
        job.folder.mkdir(parents=True, exist_ok=True)
        device = self._devices.get() if self._shared else None
        try:
            with _locked(job.folder / ".lock", self._stopping) as lock:
                if not _finished(job):  # another process may have done it while this one waited
                    self._run(job, device, lock)
        finally:
            if device is not None:
                self._devices.put(device)
        return _outcome(job)

    def stop(self) -> None:
        """End every process; those that wait do not start."""
        with self._guard:
            self._stopping.set()
            live = list(self._live)
        for process in live:
            _signal(process, signal.SIGTERM)
        end = time.monotonic() + PATIENCE_SECONDS
        for process in live:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, end - time.monotonic()))
            _signal(process, signal.SIGKILL)

    def _run(self, job: Job, device: str | None, lock: IO[bytes] | None) -> None:
        begin = time.monotonic()
        _write_record(job, "begun")
        command = list(job.command)
        environment = {**os.environ, **self._environment}
        if device is not None:
            environment["CUDA_VISIBLE_DEVICES"] = device
        with job.log.open("ab") as log:
            log.write(f"$ {' '.join(command)}\n".encode())
            log.flush()
            with self._guard:
                if self._stopping.is_set():
                    return
                process: subprocess.Popen | None = None
                try:
                    process = subprocess.Popen(
                        command,
                        stdin=subprocess.DEVNULL,
                        stdout=log,
                        stderr=subprocess.STDOUT,
                        env=environment,
                        pass_fds=() if lock is None else (lock.fileno(),),
                        start_new_session=True,  # Ctrl-C reaches the runner alone, which ends them in order
                    )
                except OSError as error:
                    log.write(f"{command[0]} cannot be started: {error.strerror}\n".encode())
                else:
                    self._live.add(process)
            code = 127 if process is None else process.wait()
        with self._guard:
            if process is not None:
                self._live.discard(process)
        if not self._stopping.is_set():  # else it was ended by us and is neither finished nor failed
            _write_record(job, "finished" if code == 0 else "failed", time.monotonic() - begin, code)


@contextlib.contextmanager
def _locked(path: Path, stopping: threading.Event) -> Any:
    """Hold a lock that a child can inherit; None where there are no locks."""
    try:
        import fcntl
    except ImportError:
        yield None
        return
    with path.open("wb") as file:
        said = False
        while not stopping.is_set():
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not said:
                    tqdm.write(f"waiting for another process that works in {path.parent}", file=sys.stderr)
                said = True
                stopping.wait(1.0)
            except OSError:  # a file system without locks
                break
        yield file


def _signal(process: subprocess.Popen, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _finished(job: Job) -> bool:
    return read_record(job.folder).get("state") == "finished"


def _outcome(job: Job) -> Outcome:
    record = read_record(job.folder)
    finished = record.get("state") == "finished"
    return Outcome(finished, float(record.get("seconds", 0.0)), "" if finished else last_line(job.log))


def _write_record(job: Job, state: str, seconds: float = 0.0, code: int | None = None) -> None:
    record = {"state": state, "code": code, "seconds": round(seconds, 1), "options": dict(job.options)}
    beside = job.folder / "record.json.part"
    beside.write_text(json.dumps(record, indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")
    os.replace(beside, job.folder / "record.json")

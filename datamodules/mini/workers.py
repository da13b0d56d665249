"""Processes for the embedded corpora's independent jobs: started once, used by every corpus, results in order."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import TypeVar

import cv2
from tqdm import tqdm

from anyonenet.errors import AnyoneNetError
from datamodules.cores import available_cores

Job = TypeVar("Job")
Result = TypeVar("Result")

_NO_START = (
    "the worker processes could not start; put the call under `if __name__ == '__main__':` in a script file, "
    "or ask for one worker"
)


class Workers:
    """A pool of processes, as a context.

    Args:
        count: processes; None: one a core; 1: no process but this one.

    Raises:
        AnyoneNetError: on entering, when the processes cannot start (a script without a `__main__` guard, or code
            that comes from no file).
    """

    def __init__(self, count: int | None = None):
        self.count = available_cores() if count is None else count
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Workers:
        if self.count > 1:
            self._pool = _started(self.count)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def run(
        self, function: Callable[[Job], Result], jobs: Sequence[Job], progress: bool, name: str, unit: str = "job"
    ) -> list[Result]:
        """`[function(job) for job in jobs]`.

        Args:
            function: of a module, not of a script; it and the jobs are pickled.
            progress: show a bar.
            name: what the bar says; `unit`: what it counts.

        Raises:
            AnyoneNetError: a process was ended from outside.
        """
        bar = tqdm(total=len(jobs), desc=name, unit=unit, disable=not progress)
        results: list[Result] = []
        with bar:
            if self._pool is None:
                arriving: Iterator[Result] = map(function, jobs)
            else:  # in pieces where jobs are many and short, yet so small that all processes end together
                piece = max(1, min(16, len(jobs) // (64 * self.count)))
                arriving = self._pool.map(function, jobs, chunksize=piece)
            try:
                for result in arriving:
                    results.append(result)
                    bar.update()
            except BrokenProcessPool:
                raise AnyoneNetError(
                    f"a worker process of {name} was ended from outside, perhaps for want of memory; start again "
                    "(what is complete is kept), with fewer workers if need be"
                ) from None
        return results


def _started(count: int) -> ProcessPoolExecutor:
    """A pool of which one process has answered; the others are on their way."""
    script = getattr(sys.modules["__main__"], "__file__", None)
    if script is not None and not os.path.exists(script):  # piped into the interpreter: no process can read it again
        raise AnyoneNetError(_NO_START)
    # spawned, not forked: a fork of a process that runs torch's threads may hang
    pool = ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), initializer=_one_thread)
    try:
        answers = [pool.submit(os.getpid) for _ in range(count)]
        answers[0].result()
    except BrokenProcessPool:
        pool.shutdown()
        raise AnyoneNetError(_NO_START) from None
    except RuntimeError:
        if "__mp_main__" not in sys.modules:
            raise
        raise SystemExit(1) from None  # a worker that runs its script again, for want of a guard: the parent says so
    return pool


def _one_thread() -> None:
    cv2.setNumThreads(1)

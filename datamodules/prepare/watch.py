"""Worker processes under watch: one that dies or hangs costs the source it was at, and nothing else."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import TracebackType

from anyonenet.errors import AnyoneNetError
from datamodules.prepare import worker
from datamodules.prepare.parts import Part
from datamodules.prepare.recipe import Recipe

TRIES = 2
"""a source is listed when so many workers have died or hung at it: one may have been ended from outside"""

_NO_START = (
    "the worker processes could not start; put the call under `if __name__ == '__main__':` in a script file, "
    "or ask for no workers"
)


@dataclass
class _Worker:
    process: BaseProcess
    connection: Connection
    part: Part | None = None
    source: str | None = None
    """key of the source it is at"""
    begun: int = 0
    """sources of the part it has begun"""
    heard: float = field(default_factory=time.monotonic)
    ready: bool = False


class Crew:
    """Worker processes for one recipe, as a context.

    Args:
        recipe: pickles; each worker gets a copy.
        count: processes.
        patience_seconds: a worker that has said nothing for so long is ended.
        messages: file that gets what C libraries print.
    """

    def __init__(self, recipe: Recipe, count: int, patience_seconds: float, messages: Path):
        self.count, self.patience_seconds = count, patience_seconds
        self._pickled, self._messages = pickle.dumps(recipe), str(messages)
        self._workers: list[_Worker] = []
        self._queue: deque[Part] = deque()
        self._strikes: Counter[tuple[int, str | None]] = Counter()
        self._banned: dict[int, dict[str, str]] = {}
        self._shown: Counter[int] = Counter()

    def __enter__(self) -> Crew:
        script = getattr(sys.modules["__main__"], "__file__", None)
        if script is not None and not os.path.exists(script):  # piped into the interpreter: it cannot be read again
            raise AnyoneNetError(_NO_START)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each in self._workers:
            each.process.kill()
        for each in self._workers:
            each.process.join()
            each.connection.close()
        self._workers = []

    def work(self, parts: Sequence[Part], begun: Callable[[int], object]) -> Iterator[Part]:
        """Work on parts; each is given back when it is complete, in no particular order.

        Args:
            parts: to work on.
            begun: is told how many more sources are under way or done.

        Raises:
            AnyoneNetError: workers cannot start, the disk is full, models are missing.
            RuntimeError: an error of the program in a worker; the message holds its traceback.
        """
        self._queue.extend(parts)
        for _ in range(min(self.count, len(parts))):
            self._start()
        left = len(parts)
        while left:
            by_connection = {each.connection: each for each in self._workers}
            for connection in wait(list(by_connection), timeout=self._next_check()):
                each = by_connection[connection]  # type: ignore[index]
                done = self._listen(each)
                begun(self._news(each, done))
                if done is not None:
                    left -= 1
                    yield done
            self._end_hanging()

    def _listen(self, each: _Worker) -> Part | None:
        """Take one message; the part, where it says that one is complete."""
        try:
            message, *rest = each.connection.recv()
        except (EOFError, OSError):
            self._dead(each)
            return None
        each.heard = time.monotonic()
        if message == worker.AT:
            each.source = rest[0]
            each.begun += 1
        elif message == worker.REFUSED:
            raise AnyoneNetError(rest[0])
        elif message == worker.BROKEN:
            raise RuntimeError(f"a worker process failed:\n{rest[0]}")
        elif message in (worker.READY, worker.DONE):
            done, each.part = each.part, None
            each.ready = True
            self._give(each)
            return done
        return None

    def _news(self, each: _Worker, done: Part | None) -> int:
        """Sources that are under way or done since the last call; those of a second try are no news."""
        part, reached = (done, len(done.sources)) if done is not None else (each.part, each.begun)
        if part is None or reached <= self._shown[part.index]:
            return 0
        news = reached - self._shown[part.index]
        self._shown[part.index] = reached
        return news

    def _give(self, each: _Worker) -> None:
        if not self._queue:
            return
        part = self._queue.popleft()
        each.part, each.source, each.begun = part, None, 0
        try:
            each.connection.send((part, self._banned.get(part.index, {})))
        except OSError:  # died meanwhile; its connection says so next
            each.source = None

    def _start(self) -> None:
        here, there = multiprocessing.Pipe()
        # spawned, not forked: a fork of a process that runs torch's threads may hang
        process = multiprocessing.get_context("spawn").Process(
            target=worker.work, args=(there, self._pickled, self._messages), daemon=True
        )
        try:
            process.start()
        except RuntimeError:
            if "__mp_main__" not in sys.modules:
                raise
            raise SystemExit(1) from None  # a worker that runs its script again, for want of a guard
        there.close()
        self._workers.append(_Worker(process, here))

    def _dead(self, each: _Worker) -> None:
        each.process.join()
        if not each.ready:
            raise AnyoneNetError(_NO_START)
        self._strike(each, f"ended its worker process {_times(TRIES)} ({_cause(each.process.exitcode)})")

    def _strike(self, each: _Worker, reason: str) -> None:
        """Put the part back, without the source that has had its tries; a new worker takes the place."""
        self._workers.remove(each)
        each.connection.close()
        part = each.part
        if part is not None:
            self._strikes[part.index, each.source] += 1
            if self._strikes[part.index, each.source] >= TRIES:
                if each.source is None:
                    raise AnyoneNetError(f"{part.folder} could not be written: a worker {reason}")
                self._banned.setdefault(part.index, {})[each.source] = reason
            self._queue.appendleft(part)
        if self._queue:
            idle = [other for other in self._workers if other.ready and other.part is None]
            if idle:
                self._give(idle[0])
            else:
                self._start()

    def _end_hanging(self) -> None:
        now = time.monotonic()
        for each in list(self._workers):
            if each.part is not None and now - each.heard > self.patience_seconds:
                each.process.kill()
                each.process.join()
                self._strike(each, f"gave nothing for {self.patience_seconds:g} s, {_times(TRIES)}; stopped")

    def _next_check(self) -> float:
        busy = [each.heard for each in self._workers if each.part is not None]
        return max(0.01, min(busy, default=time.monotonic()) + self.patience_seconds - time.monotonic())


def _times(count: int) -> str:
    return "twice" if count == 2 else f"{count} times"


def _cause(code: int | None) -> str:
    if code is None or code >= 0:
        return f"exit code {code}"
    name = signal.Signals(-code).name
    return f"{name}, perhaps for want of memory" if name == "SIGKILL" else name

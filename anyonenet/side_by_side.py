"""A function called in several threads at once, its answers in the order of what it was asked."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, TypeVar

Answer = TypeVar("Answer")


def usable_cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class SideBySide:
    """A few threads; a context manager that ends them when what they are at is done.

    Args:
        threads: how many.
        ahead: calls made or being made whose answers nobody has taken, at most; so memory stays bounded.
    """

    def __init__(self, threads: int, ahead: int | None = None):
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="side-by-side")
        self.ahead = ahead or 2 * threads

    def do(self, function: Callable[..., Answer], *arguments: Any) -> Future[Answer]:
        """Begin one call, after those begun before."""
        return self._pool.submit(function, *arguments)

    def map(self, function: Callable[..., Answer], *columns: Iterable[Any]) -> Iterator[Answer]:
        """Like the built-in `map`, with calls made ahead. An error of a call is raised in its turn."""
        calls: deque[Future[Answer]] = deque()
        try:
            for arguments in zip(*columns, strict=True):
                if len(calls) == self.ahead:
                    yield calls.popleft().result()
                calls.append(self.do(function, *arguments))
            while calls:
                yield calls.popleft().result()
        finally:
            for call in calls:
                call.cancel()

    def __enter__(self) -> SideBySide:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

"""Work done in another thread, a little behind the one that asks for it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any


class Behind:
    """Makes calls in another thread, in the order in which they were asked for; for work whose answer nobody awaits.

    A context manager: it ends when the last call has. An error of a call is raised by one of the next `do`, or at the
    end; what was asked for and not begun is then left out.

    Args:
        most: calls that may be waiting; one more has to wait, so memory stays bounded.
    """

    def __init__(self, most: int = 2):
        self._most = most
        self._calls: deque[Future[Any]] = deque()

    def do(self, function: Callable[..., Any], *arguments: Any) -> None:
        """Call `function(*arguments)` when its turn comes."""
        while len(self._calls) >= self._most:
            self._calls.popleft().result()
        self._calls.append(self._thread.submit(function, *arguments))

    def __enter__(self) -> Behind:
        self._thread = ThreadPoolExecutor(max_workers=1)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            while kind is None and self._calls:
                self._calls.popleft().result()
        finally:
            self._thread.shutdown(cancel_futures=True)

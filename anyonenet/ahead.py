"""An iterator run in another thread, a little ahead of the one that takes its items."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Ahead(Generic[Item]):
    """Makes the items of an iterator before they are asked for; iterate over it to take them, in order.

    A context manager: leaving it early ends the other thread as soon as the item that it is at is made. An error of the
    iterator is raised where the item would have come.

    Args:
        make: called in the other thread; returns the iterator.
        most: items that may be waiting; no further one is begun, so memory stays bounded.
    """

    def __init__(self, make: Callable[[], Iterator[Item]], most: int = 1):
        self._make, self._most = make, most
        self._items: deque[Item] = deque()
        self._changed = threading.Condition()
        self._stopped = self._ended = False
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="ahead", daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[Item]:
        return self

    def __next__(self) -> Item:
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._ended)
            if self._items:
                item = self._items.popleft()
                self._changed.notify_all()
                return item
        if self._error is not None:
            raise self._error
        raise StopIteration

    def close(self) -> None:
        """End the other thread; returns when it has ended."""
        with self._changed:
            self._stopped = True
            self._items.clear()
            self._changed.notify_all()
        self._thread.join()

    def __enter__(self) -> Ahead[Item]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self) -> None:
        try:
            items = self._make()
            while self._room():
                item = next(items)
                with self._changed:
                    self._items.append(item)
                    self._changed.notify_all()
                del item  # it is the other side's now
        except StopIteration:
            pass
        except BaseException as error:  # whatever it is, the other side has to know
            self._error = error
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    def _room(self) -> bool:
        """Wait until one more item may be begun; False when none is wanted any more."""
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or len(self._items) < self._most)
            return not self._stopped

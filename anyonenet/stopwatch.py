"""Wall and processor time of a job by its parts, from whichever threads do them."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import defaultdict
from collections.abc import Iterator


class Stopwatch:
    """Adds up seconds by part; parts may run side by side in several threads.

    `of` counts the processor's time of the thread that enters it; work that a library hands to threads of its own is
    in the sum of the whole process only, see `processor_seconds`.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wall: dict[str, float] = defaultdict(float)
        self._processor: dict[str, float] = defaultdict(float)
        self.start()

    def start(self) -> None:
        """Count 'all' from now on; parts that are done already stay."""
        self._start, self._start_processor = time.perf_counter(), time.process_time()

    @contextlib.contextmanager
    def of(self, part: str) -> Iterator[None]:
        """Count what happens inside, in this thread, as `part`."""
        wall, processor = time.perf_counter(), time.thread_time()
        try:
            yield
        finally:
            with self._lock:
                self._wall[part] += time.perf_counter() - wall
                self._processor[part] += time.thread_time() - processor

    def elapsed(self) -> float:
        """Seconds since the start, by the clock on the wall."""
        return time.perf_counter() - self._start

    def wall_seconds(self) -> dict[str, float]:
        """By part, and 'all' since the start: parts overlap, so this may be less than their sum."""
        with self._lock:
            return {**self._wall, "all": self.elapsed()}

    def processor_seconds(self) -> dict[str, float]:
        """By part, and 'all': of the whole process since the start, all its threads."""
        with self._lock:
            return {**self._processor, "all": time.process_time() - self._start_processor}

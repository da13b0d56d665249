"""Memory of a process and all that it has started, while it runs."""

from __future__ import annotations

import threading
import time
from pathlib import Path


class TreeMemory:
    """Looks at a process's tree again and again, inside a `with`; on Linux.

    Pages that processes share are counted once (the kernel's proportional set size).

    Args:
        pid: of the process at the top.
        every: seconds between two looks.
    """

    def __init__(self, pid: int, every: float = 0.25):
        self._pid, self._every = pid, every
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.looks: list[tuple[float, float]] = []
        """seconds since the beginning, MiB"""

    @property
    def peak(self) -> float:
        """MiB; nan where nothing could be seen."""
        return max((size for _, size in self.looks), default=float("nan"))

    def __enter__(self) -> TreeMemory:
        self._begin = time.perf_counter()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(self._every):
            size = sum(proportional_size(pid) for pid in tree(self._pid))
            if size:
                self.looks.append((time.perf_counter() - self._begin, size))


def tree(pid: int) -> list[int]:
    """A process, its children, theirs, and so on, of all their threads."""
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        for path in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                waiting += [int(child) for child in path.read_text().split()]
            except OSError:
                continue  # a thread that has ended meanwhile
    return found


def proportional_size(pid: int) -> float:
    """MiB; 0 where the process is gone."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return float(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0


def growth(looks: list[tuple[float, float]], after: float = 60.0) -> float:
    """MiB by which the highest look after so many seconds is above the highest before; nan if there is none."""
    early = [size for seconds, size in looks if seconds <= after]
    late = [size for seconds, size in looks if seconds > after]
    return max(late) - max(early) if early and late else float("nan")

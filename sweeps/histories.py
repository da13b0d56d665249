"""What a run has logged, from the CSV files that its logger writes; light, as every trial's process reads them."""

from __future__ import annotations

import contextlib
import math
from pathlib import Path

from lightning_modules.logging.metrics_file import STEP, read_rows

METRICS = "metrics.csv"
EARLIER = "earlier"


def read_history(folder: Path, metric: str) -> list[tuple[int, float]]:
    """The values of a metric, each with its step, in order; what is not a finite number is kept as such.

    A run that was stopped and resumed has several files. Of what it did twice the later file counts.
    """
    history: list[tuple[int, float]] = []
    for path in _logs(folder):
        part = _column(path, metric)
        if part:
            history = [entry for entry in history if entry[0] < part[0][0]] + part
    return history


def logged_names(folder: Path) -> list[str]:
    """The columns of a run's logs."""
    names: set[str] = set()
    for path in _logs(folder):
        names |= set(read_rows(path)[0])
    return sorted(names)


def best_of(history: list[tuple[int, float]], minimise: bool) -> tuple[int, float] | None:
    """The first best of the finite values, with its step; None where there is none."""
    finite = [entry for entry in history if math.isfinite(entry[1])]
    return min(finite, key=lambda entry: entry[1] if minimise else -entry[1]) if finite else None


def logged_bytes(folder: Path) -> int:
    """Size of a run's logs together: it grows as long as the run gets on."""
    return sum(path.stat().st_size for path in _logs(folder))


def last_line(log: Path) -> str:
    """The last line of a log that says something."""
    if not log.is_file():
        return "never started"
    lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines()]
    return next((line for line in reversed(lines) if line), "its log is empty")[:300]


def _logs(folder: Path) -> list[Path]:
    """Oldest first; what a training that began anew set aside is not of this one."""
    found = [path for path in folder.rglob(METRICS) if EARLIER not in path.relative_to(folder).parts]
    return sorted(found, key=lambda path: (path.stat().st_mtime, str(path)))


def _column(path: Path, metric: str) -> list[tuple[int, float]]:
    values = []
    for row in read_rows(path)[1]:
        with contextlib.suppress(ValueError):  # an empty cell: this row logged something else
            values.append((int(row[STEP]), float(row.get(metric) or "")))
    return values

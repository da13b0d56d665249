"""`metrics.csv`: what a run logged, one curve a column, however often the run was stopped and went on."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

STEP = "step"
COUNTS = (STEP, "epoch")
"""columns that count; all others are measured"""


class MetricsFile:
    """Rows of `step`, `epoch` and whatever was logged at that step; a row is with the operating system when `write`
    returns, so that a process killed at any moment loses none.

    A run that goes on calls `resume` first: what was logged behind its checkpoint goes. What it then logs again at a
    step that was kept takes the place of what stood there.
    """

    def __init__(self, path: Path):
        self.path = Path(path)
        self._columns: list[str] = []
        self._file: TextIO | None = None
        self._kept: int | None = None
        """last step of the rows from before the run went on"""

    def resume(self, last: int) -> None:
        """Keep the rows up to step `last`; a line that a kill cut short goes too."""
        columns, rows = read_rows(self.path)
        kept = [row for row in rows if int(row[STEP]) <= last]
        self._columns = columns
        self._kept = max((int(row[STEP]) for row in kept), default=None)
        if columns:
            self._replace(kept)

    def write(self, step: int, values: Mapping[str, Any]) -> None:
        """Append what was measured at a step (counted from 0).

        Raises:
            OSError: the disk is full, or the folder is gone.
        """
        row = {STEP: str(step), **{name: str(value) for name, value in values.items()}}
        new = [name for name in row if name not in self._columns]
        if new or (self._kept is not None and step <= self._kept):
            rows = [_without(old, row) for old in read_rows(self.path)[1]]
            self._columns += sorted(new, key=lambda name: (name not in COUNTS, name != STEP, name))
            self._replace([*filter(_measured, rows), row])
            return
        if self._file is None:
            self._file = self.path.open("a", encoding="utf-8", newline="")
        self._file.write(_lines(self._columns, [row]))
        self._file.flush()

    def close(self) -> None:
        """Nothing is lost without it."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _replace(self, rows: list[dict[str, str]]) -> None:
        """The whole file anew, beside and renamed."""
        self.close()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        beside = self.path.with_name(f".{self.path.name}.{os.getpid()}.part")
        try:
            beside.write_text(_lines(self._columns, [{name: name for name in self._columns}, *rows]), encoding="utf-8")
            os.replace(beside, self.path)
        finally:
            beside.unlink(missing_ok=True)


def read_rows(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Columns and rows of a `metrics.csv`, empty where there is none; lines that are not whole are left out."""
    try:
        text = Path(path).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return [], []
    return rows_in(text)


def rows_in(text: str) -> tuple[list[str], list[dict[str, str]]]:
    """Columns and rows of the text of a `metrics.csv`."""
    lines = [line for line in text.splitlines(keepends=True) if line.endswith("\n") and "\0" not in line]
    columns, *rows = [*csv.reader(lines)] or [[]]
    if STEP not in columns:
        return [], []
    named = [dict(zip(columns, row, strict=True)) for row in rows if len(row) == len(columns)]
    return columns, [row for row in named if row[STEP].isdigit()]


def _without(old: dict[str, str], new: Mapping[str, str]) -> dict[str, str]:
    """A row of the same step without what is measured again."""
    if old[STEP] != new[STEP]:
        return old
    return {name: "" if name in new and name not in COUNTS else value for name, value in old.items()}


def _measured(row: Mapping[str, str]) -> bool:
    return any(value for name, value in row.items() if name not in COUNTS)


def _lines(columns: list[str], rows: list[dict[str, str]]) -> str:
    text = io.StringIO()
    csv.DictWriter(text, columns, restval="", lineterminator="\n").writerows(rows)
    return text.getvalue()

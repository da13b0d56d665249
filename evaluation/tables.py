"""One table in four dresses: for the terminal, Markdown, LaTeX, and files that are written whole or not at all."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

_LATEX = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "±": r"$\pm$", "−": "$-$"}
_LATEX |= {mark: f"\\{mark}" for mark in "&%$#_{}"} | {"<": "$<$", ">": "$>$", "↓": r"$\downarrow$", "↑": r"$\uparrow$"}


@dataclass(frozen=True)
class Table:
    """Cells of text under named columns; the first column is set left, the others right.

    Args:
        columns: their names.
        rows: of as many cells each.
        title: a line above the table, its caption in LaTeX.
        notes: lines below it.
        best: (row, column) of the cells that are set bold where that is possible, and starred on the terminal.

    Raises:
        ValueError: a row has another number of cells.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    title: str = ""
    notes: Sequence[str] = ()
    best: Collection[tuple[int, int]] = ()

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"a row has {len(row)} cells for {len(self.columns)} columns: {list(row)}")

    def terminal(self) -> str:
        """Aligned columns."""
        starred = {place for _, place in self.best}
        cells = [[name + "  " * (place in starred) for place, name in enumerate(self.columns)]]
        for number, row in enumerate(self.rows):
            marks = [" *" if (number, place) in self.best else "  " * (place in starred) for place in range(len(row))]
            cells.append([cell + mark for cell, mark in zip(row, marks, strict=True)])
        widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
        lines = [
            "  ".join(_padded(cell, width, place) for place, (cell, width) in enumerate(zip(row, widths, strict=True)))
            for row in cells
        ]
        return "\n".join(line.rstrip() for line in [*filter(None, [self.title]), *lines, *self.notes])

    def markdown(self) -> str:
        """A table of GitHub's Markdown."""

        def line(cells: Sequence[str]) -> str:
            return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"

        aligned = ["---", *["---:"] * (len(self.columns) - 1)]
        lines = [line(self.columns), line(aligned), *(line(row) for row in self._marked("**{}**".format))]
        above = [f"**{self.title}**", ""] if self.title else []
        below = [part for note in self.notes for part in ("", note)]
        return "\n".join([*above, *lines, *below])

    def latex(self) -> str:
        """A `table` with booktabs' rules."""

        def line(cells: Sequence[str]) -> str:
            return " & ".join(cells) + r" \\"

        rows = self._marked(r"\textbf{{{}}}".format, escaped_for_latex)
        lines = [r"\begin{table}", r"\centering"]
        lines += [rf"\caption{{{escaped_for_latex(self.title)}}}"] if self.title else []
        lines += [rf"\begin{{tabular}}{{l{'r' * (len(self.columns) - 1)}}}", r"\toprule"]
        lines += [line([escaped_for_latex(name) for name in self.columns]), r"\midrule", *map(line, rows)]
        lines += [r"\bottomrule", r"\end{tabular}"]
        lines += [rf"\par\smallskip\footnotesize {escaped_for_latex(note)}" for note in self.notes]
        return "\n".join([*lines, r"\end{table}"])

    def _marked(self, mark: Callable[[str], str], escape: Callable[[str], str] = str) -> list[list[str]]:
        return [
            [mark(escape(cell)) if (number, place) in self.best else escape(cell) for place, cell in enumerate(row)]
            for number, row in enumerate(self.rows)
        ]


def escaped_for_latex(text: str) -> str:
    """The text as LaTeX sets it letter by letter."""
    return re.sub("|".join(map(re.escape, _LATEX)), lambda found: _LATEX[found[0]], text)


def write_text(path: Path, text: str) -> None:
    """Write a file beside and rename it; one line break at the end.

    Raises:
        OSError: it cannot be written.
    """
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        beside.write_text(text.rstrip("\n") + "\n", encoding="utf-8")
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def _width(text: str) -> int:
    """Columns on a terminal: Chinese takes two each."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _padded(text: str, width: int, place: int) -> str:
    room = " " * (width - _width(text))
    return text + room if place == 0 else room + text

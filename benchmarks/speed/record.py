"""What a part of the benchmark found: tables for people, figures for the bars and plots, and both as JSON."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from anyonenet.errors import InputError


@dataclass
class Table:
    """Cells are texts, as they are shown; the first column names the row."""

    name: str
    """of its block in the Markdown file, a word of letters and hyphens"""
    title: str
    head: list[str]
    rows: list[list[str]] = field(default_factory=list)

    def add(self, *cells: str) -> None:
        """One row.

        Raises:
            ValueError: more or fewer cells than the head has.
        """
        if len(cells) != len(self.head):
            raise ValueError(f"{len(cells)} cells for the {len(self.head)} columns of the table {self.name}")
        self.rows.append(list(cells))

    def markdown(self) -> str:
        """The table alone, numbers to the right."""
        lines = [_row(self.head), _row(["---", *["---:"] * (len(self.head) - 1)])]
        return "\n".join([*lines, *(_row(cells) for cells in self.rows)])


@dataclass
class Section:
    """One part of the benchmark."""

    name: str
    tables: list[Table] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=dict)
    """name with its unit -> number"""
    notes: list[str] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)
    """plain values that tables over several sections, and plots, are made of"""
    seconds: float = 0.0
    """that it took"""
    failed: str = ""
    """why nothing, or not all, was found; empty when all went well"""


def write(path: Path, sections: dict[str, Section]) -> None:
    """All sections as JSON, written beside and renamed."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    beside.write_text(json.dumps({name: asdict(one) for name, one in sections.items()}, indent=1, ensure_ascii=False))
    os.replace(beside, path)


def read(path: Path) -> dict[str, Section]:
    """What `write` wrote.

    Raises:
        InputError: the file is not there or is not one of these.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {
            name: Section(**{**one, "tables": [Table(**table) for table in one["tables"]]})
            for name, one in found.items()
        }
    except FileNotFoundError:
        raise InputError(f"no results at {path}; make them with --json {path}") from None
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(f"{path} holds no results of this benchmark ({error}); make them with --json") from None


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"

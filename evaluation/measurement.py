"""What a stage's evaluation gives: its figures and what they were measured on, as a table and as plain values."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluation.bootstrap import CONFIDENCE, Figure
from evaluation.tables import Table


@dataclass(frozen=True)
class Measurement:
    """Figures by name, and in words what they were measured on."""

    corpus: str
    figures: dict[str, Figure]
    notes: tuple[str, ...] = ()
    """what was not measured and why, one line each"""

    def table(self, stage: str, hashes: Mapping[str, str]) -> Table:
        """A line a figure.

        Args:
            stage: what was measured.
            hashes: SHA-256 of the weights, by stage.
        """
        rows = [
            [name, readable(figure.value), interval_of(figure), f"{figure.items} {figure.of}" if figure.items else ""]
            for name, figure in self.figures.items()
        ]
        weights = ", ".join(f"{name} {digest[:12]}" for name, digest in hashes.items())
        notes = [*self.notes, *([f"weights: {weights}"] if weights else [])]
        columns = ["figure", "value", f"{CONFIDENCE:.0%} interval", "over"]
        return Table(columns, rows, f"{stage}: {self.corpus}", notes)

    def as_dict(self, stage: str, hashes: Mapping[str, str]) -> dict[str, Any]:
        """Plain values for JSON; arguments as of `table`."""
        figures = {name: figure.as_dict() for name, figure in self.figures.items()}
        about = {"stage": stage, "corpus": self.corpus, "weights": dict(hashes), "confidence": CONFIDENCE}
        return {**about, "figures": figures, "notes": list(self.notes)}


def corpus_in_words(root: Path, names: Iterable[str], split: str = "test split") -> str:
    """Names of corpora, which part of them, and whether they are the embedded ones."""
    said = f"{', '.join(names)} ({split})"
    try:
        mini = json.loads((Path(root) / "mini.json").read_text(encoding="utf-8"))
        return f"{said} of the embedded corpora (synthetic; size {mini['size']}, seed {mini['seed']})"
    except (OSError, ValueError, KeyError, TypeError):
        return f"{said} in {root}"


def readable(value: float) -> str:
    """Four decimals, or as many digits that say something of small numbers."""
    return f"{value:.4f}" if value == 0 or abs(value) >= 0.01 or value != value else f"{value:.6f}"


def interval_of(figure: Figure) -> str:
    """`0.1200 - 0.1400`, or nothing where there is none."""
    return f"{readable(figure.low)} - {readable(figure.high)}" if figure.has_interval else ""

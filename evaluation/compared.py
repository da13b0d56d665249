"""Several ways to draw the same frames side by side: figures of each, paired differences, and bars held or not."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from evaluation.bootstrap import CONFIDENCE, Figure, mean_of, share_of
from evaluation.measurement import Measurement, readable
from evaluation.tables import Table

METHODS = ("unet", "warp", "copy", "mean", "average", "moved", "true", "detector")
"""what is compared: the U-Net, the warp renderer, the photo left as it is, the pixel mean of photo and target (half the
target itself, so it knows what nobody can), the pixel mean of photo and the average of all targets (which knows none of
them), the photo moved by an optical flow that has seen the target (what moving alone could reach), the target itself
(`detector`: for figures of the detector's error). The U-Net's figures have no suffix."""
HIGHER = ("ssim", "psnr", "cpbd", "faces_found", "identity_held")
"""figures of which more is better"""
BASELINES = {
    "copy": "copying the photo",
    "average": "the mean of photo and average frame",
    "mean": "the mean of photo and target",
}
"""what the U-Net has to be better than, in words"""
_SHARES = ("faces_found", "identity_held")


@dataclass(frozen=True)
class Bar:
    """Something that was to be reached, in words, and whether it is."""

    words: str
    held: bool
    detail: str

    def line(self) -> str:
        return f"{'held    ' if self.held else 'NOT HELD'}  {self.words}: {self.detail}"


@dataclass
class Compared:
    """Values of figures for frames, by figure and method.

    Args:
        of: what intervals are over: 'persons' or 'clips'.
    """

    of: str = "persons"
    values: dict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    persons: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, person: str, method: str, values: Mapping[str, float]) -> None:
        """Figures of one frame; every method must be given its frames in the same order."""
        for name, value in values.items():
            self.values[name, method].append(float(value))
            self.persons[name, method].append(person)

    def figures(self, prefix: str = "") -> dict[str, Figure]:
        """Means with intervals over persons, named `prefix + figure`, and `_method` behind."""
        return {named(prefix + name, method): self._figure(name, method) for name, method in self._sorted()}

    def difference(self, name: str, method: str) -> Figure:
        """U-Net minus another method on the same frames."""
        ours, theirs = (np.array(self.values[name, one]) for one in ("unet", method))
        with np.errstate(invalid="ignore"):
            return mean_of(ours - theirs, self.of, self.persons[name, "unet"])

    def better(self, name: str, where: str) -> list[Bar]:
        """Whether a figure of the U-Net is better than those of the baselines that were measured."""
        bars = []
        for method, words in BASELINES.items():
            if (name, method) not in self.values:
                continue
            ours, theirs, apart = self._figure(name, "unet"), self._figure(name, method), self.difference(name, method)
            more = 1 if name in HIGHER else -1
            held = more * ours.value > more * theirs.value
            detail = f"{readable(ours.value)} against {readable(theirs.value)}"
            if apart.has_interval:
                detail += f", difference {apart.low:+.4f} to {apart.high:+.4f}"
                sure = apart.low > 0 or apart.high < 0
                detail += "" if sure else " (may be chance)"
            bars.append(Bar(f"{where}: {name} better than {words}", held, detail))
        return bars

    def at_least(self, name: str, least: float, words: str) -> list[Bar]:
        """Whether a share of the U-Net's is large enough."""
        if (name, "unet") not in self.values:
            return []
        share = self._figure(name, "unet")
        detail = f"{share.value:.1%}" + (f" ({share.low:.1%} to {share.high:.1%})" if share.has_interval else "")
        return [Bar(words, bool(share.value >= least), detail)]

    def _figure(self, name: str, method: str) -> Figure:
        values, persons = self.values[name, method], self.persons[name, method]
        if name in _SHARES:
            return share_of(np.array(values), self.of, persons)
        return mean_of(values, self.of, persons)

    def _sorted(self) -> list[tuple[str, str]]:
        names = list(dict.fromkeys(name for name, _ in self.values))
        return [(name, method) for name in names for method in METHODS if (name, method) in self.values]


@dataclass(frozen=True)
class Comparison(Measurement):
    """Figures of several methods; printed with one column a method."""

    bars: tuple[Bar, ...] = ()

    def table(self, stage: str, hashes: Mapping[str, str]) -> Table:
        """A line a figure, a column a method, and the bars below; arguments as of `Measurement.table`."""
        plain = super().table(stage, hashes)
        rows: dict[str, dict[str, Figure]] = {}
        for name, figure in self.figures.items():
            base, method = split_name(name)
            rows.setdefault(base, {})[method] = figure
        shown = [name for name in METHODS if name != "detector" and any(name in row for row in rows.values())]
        cells = [_row(name, row, shown) for name, row in rows.items()]
        bars = [bar.line() for bar in self.bars]
        notes = [f"in brackets: {CONFIDENCE:.0%} intervals", *_explained(shown), *bars]
        return Table(["figure", *shown, "over"], cells, plain.title, [*notes, *plain.notes])

    def as_dict(self, stage: str, hashes: Mapping[str, str]) -> dict[str, Any]:
        """Plain values for JSON; arguments as of `table`."""
        bars = [{"bar": bar.words, "held": bar.held, "detail": bar.detail} for bar in self.bars]
        return {**super().as_dict(stage, hashes), "bars": bars}


def named(name: str, method: str) -> str:
    """The name of a method's figure."""
    return name if method == "unet" else f"{name}_{method}"


def split_name(name: str) -> tuple[str, str]:
    """Figure and method of such a name."""
    base, _, method = name.rpartition("_")
    return (base, method) if base and method in METHODS else (name, "unet")


def _explained(shown: Sequence[str]) -> list[str]:
    """What the columns of the baselines are."""
    told = {
        "mean": "mean: half the photo, half the target itself, pixel by pixel; no renderer knows the target",
        "average": "average: half the photo, half the average of all targets of the clip",
        "moved": "moved: the photo moved by an optical flow that sees the target; no renderer knows the target",
    }
    return [line for name, line in told.items() if name in shown]


def _row(name: str, row: Mapping[str, Figure], shown: Sequence[str]) -> list[str]:
    known = dict(row)
    known.setdefault("true", known.pop("detector", Figure(math.nan)))
    figure = next(iter(row.values()))
    over = f"{figure.items} {figure.of}" if figure.items else ""
    return [name, *(_cell(known[method]) if method in known else "" for method in shown), over]


def _cell(figure: Figure) -> str:
    if figure.value != figure.value and not figure.items:
        return ""
    value = readable(figure.value)
    if figure.items == 0 and figure.value == int(figure.value):
        return str(int(figure.value))
    return f"{value} ({readable(figure.low)}-{readable(figure.high)})" if figure.has_interval else value

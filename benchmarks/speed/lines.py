"""Whether a cost is linear: a straight line through few measurements, and how far they lie from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.speed.record import Table


@dataclass(frozen=True)
class Line:
    """`cost = fixed + each * amount`."""

    fixed: float
    each: float
    deviation: float
    """the largest distance of a measurement from the line, as a share of the measurement"""

    def at(self, amount: float) -> float:
        return self.fixed + self.each * amount


def fit(amounts: Sequence[float], costs: Sequence[float]) -> Line:
    """The line whose relative distances to the costs have the smallest sum of squares.

    Relative, as a line through 5, 60 and 600 seconds would else be one through 600 seconds alone.

    Raises:
        ValueError: fewer than two different amounts, or a cost that is not above zero.
    """
    x, y = np.asarray(amounts, dtype=np.float64), np.asarray(costs, dtype=np.float64)
    if len(x) != len(y) or len(np.unique(x)) < 2 or not (y > 0).all():
        raise ValueError(f"no line through amounts {list(amounts)} and costs {list(costs)}")
    rows = np.stack([np.ones_like(x), x], axis=1) / y[:, None]
    (fixed, each), *_ = np.linalg.lstsq(rows, np.ones_like(y), rcond=None)
    return Line(float(fixed), float(each), float(np.abs((fixed + each * x) / y - 1).max()))


def line_table(name: str, cost: str, amount: str, line: Line) -> Table:
    """A line in words and numbers."""
    table = Table(name, "Line", ["cost", "line", "largest deviation"])
    table.add(cost, f"{line.fixed:.2f} + {line.each:.3f} x {amount}", f"{line.deviation:.1%}")
    return table

"""Figures with what they are worth: bootstrap intervals over the items measured (Efron 1979, percentile method).

Items that belong together (cuts of one video, recordings of one speaker) are drawn together, as groups; what is
resampled is named in the figure. All draws come from one seed, so that the same items give the same interval.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

CONFIDENCE = 0.95
RESAMPLES = 2000
SEED = 0


@dataclass(frozen=True)
class Figure:
    """A measured value; without an interval (nan) where it is a plain count or no items lie behind it."""

    value: float
    low: float = math.nan
    high: float = math.nan
    items: int = 0
    """how many were resampled"""
    of: str = ""
    """what they are: 'clips', 'persons' ..."""

    @property
    def has_interval(self) -> bool:
        return math.isfinite(self.low) and math.isfinite(self.high)

    def as_dict(self) -> dict[str, Any]:
        """Plain values; None where nothing is known, as JSON has no nan."""
        return {name: None if value != value else value for name, value in asdict(self).items()}


def mean_of(values: Sequence[float] | np.ndarray, of: str, groups: Sequence[Any] | np.ndarray | None = None) -> Figure:
    """The mean of `(N,)` values, with its interval.

    Args:
        values: nan is left out.
        of: what is resampled: the items, or the groups.
        groups: `(N,)` which items are drawn together; None: each alone.
    """
    values = np.asarray(values, dtype=np.float64)
    return ratio_of(values, np.ones_like(values), of, groups)


def ratio_of(
    above: Sequence[float] | np.ndarray,
    below: Sequence[float] | np.ndarray,
    of: str,
    groups: Sequence[Any] | np.ndarray | None = None,
) -> Figure:
    """The sum of `(N,)` values over the sum of others of the same items, as in errors over symbols.

    Arguments as of `mean_of`; nan in either leaves the item out.
    """
    above, below = np.asarray(above, dtype=np.float64), np.asarray(below, dtype=np.float64)
    known = np.isfinite(above) & np.isfinite(below)
    names = np.arange(len(above)) if groups is None else np.asarray(groups)
    _, place = np.unique(names[known], return_inverse=True)
    if not known.any():
        return Figure(math.nan, of=of)
    sums = np.stack([np.bincount(place, above[known]), np.bincount(place, below[known])], axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = float(np.divide(*sums.sum(0)))
        drawn = draws(len(sums)) @ sums
        return _figure(value, drawn[:, 0] / drawn[:, 1], len(sums), of)


def share_of(
    outcomes: Sequence[bool] | np.ndarray, of: str, groups: Sequence[Any] | np.ndarray | None = None
) -> Figure:
    """The share of `(N,)` outcomes that are true.

    Where all items agree, resampling would give an interval of no width; then the bound is exact (Clopper and Pearson
    1934): what still has 2.5 % to come out so.
    """
    outcomes = np.asarray(outcomes, dtype=np.float64)
    figure = mean_of(outcomes, of, groups)
    if figure.items and figure.value in (0.0, 1.0):
        reach = 1 - ((1 - CONFIDENCE) / 2) ** (1 / figure.items)
        low, high = (0.0, reach) if figure.value == 0.0 else (1 - reach, 1.0)
        return Figure(figure.value, low, high, figure.items, of)
    return figure


def bootstrap(
    statistic: Callable[[np.ndarray], float], items: int, of: str, resamples: int = RESAMPLES, seed: int = SEED
) -> Figure:
    """Any statistic with its interval.

    Args:
        statistic: takes `(items,)` how often each item is drawn (ones: the value itself); nan where a resample does
            not define it, which is left out.
        items: how many there are.
        of: what they are.
        resamples: draws.
        seed: of the draws.
    """
    value = float(statistic(np.ones(items, dtype=np.int64)))
    return _figure(value, np.array([statistic(counts) for counts in draws(items, resamples, seed)]), items, of)


def draws(items: int, resamples: int = RESAMPLES, seed: int = SEED) -> np.ndarray:
    """`(resamples, items)` int64: how often each item is drawn when `items` are drawn with replacement."""
    return np.random.default_rng(seed).multinomial(items, np.full(items, 1 / items), size=resamples)


def _figure(value: float, resampled: np.ndarray, items: int, of: str) -> Figure:
    resampled = resampled[np.isfinite(resampled)]
    if items < 2 or not len(resampled):
        return Figure(value, items=items, of=of)
    low, high = np.quantile(resampled, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Figure(value, float(low), float(high), items, of)

"""Where answers differ: between participants, between items, from one time to the next; and what the next study needs.

A study with more participants learns nothing more about items: its error has a floor that only more items lower. So the
variance is taken apart before power is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.stats


@dataclass(frozen=True)
class Components:
    """Variances of a crossed random-effects model: value = mean + participant + item + rest."""

    participant: float
    item: float
    rest: float

    def error(self, participants: float, items: float) -> float:
        """Standard error of the mean when every participant answers every item once."""
        return float(np.sqrt(self.participant / participants + self.item / items + self.rest / (participants * items)))

    def power(self, effect: float, participants: int, items: int, level: float = 0.05) -> float:
        """Probability of finding an effect: two-sided t test on the smaller number less one, as in `clusters`."""
        error = self.error(participants, items)
        degrees = min(participants, items) - 1
        if error == 0:
            return float(effect != 0)
        bound = scipy.stats.t.ppf(1 - level / 2, degrees)
        away = abs(effect) / error
        found = scipy.stats.nct.sf(bound, degrees, away) + scipy.stats.nct.cdf(-bound, degrees, away)
        return float(np.clip(np.nan_to_num(found, nan=1.0), 0.0, 1.0))

    def participants_for(self, effect: float, items: int, power: float = 0.8, most: int = 1000) -> int | None:
        """The fewest participants that find an effect with this probability; None where `most` do not."""
        if self.power(effect, most, items) < power:
            return None
        low, high = 2, most
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if self.power(effect, middle, items) >= power else (middle + 1, high)
        return low


def components(values: np.ndarray, participants: Sequence[str], items: Sequence[str]) -> Components:
    """Method of moments from the products of residuals that share a participant, an item, or nothing.

    Unbiased for complete tables, and good for tables with gaps. Negative estimates become zero.

    Args:
        values: (n,) one answer for each pair of participant and item at most.
        participants, items: (n,) who, and about what.

    Raises:
        ValueError: fewer than two participants or items, or nobody answered twice.
    """
    table = _table(np.asarray(values, np.float64), participants, items)
    there = np.isfinite(table)
    filled = np.where(there, table, 0.0)
    if min(table.shape) < 2:
        raise ValueError("at least two participants and two items are needed")
    same_person = _pairs(filled.sum(1), (filled**2).sum(1), there.sum(1))
    same_item = _pairs(filled.sum(0), (filled**2).sum(0), there.sum(0))
    everything = _pairs(filled.sum(keepdims=True).ravel(), (filled**2).sum(keepdims=True).ravel(), there.sum()[None])
    apart = everything - same_person - same_item
    if same_person[1] == 0 or same_item[1] == 0 or apart[1] == 0:
        raise ValueError("nobody answered twice, or nothing was answered twice")
    nothing = apart[0] / apart[1]  # estimates the square of the mean
    person, item = same_person[0] / same_person[1] - nothing, same_item[0] / same_item[1] - nothing
    all_of_it = (filled**2).sum() / there.sum() - nothing
    return Components(
        float(max(person, 0.0)), float(max(item, 0.0)), float(max(all_of_it - max(person, 0) - max(item, 0), 0.0))
    )


def _pairs(sums: np.ndarray, squares: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Sum over groups of the products of all ordered pairs of different members, and how many pairs there are."""
    return np.array([(sums**2 - squares).sum(), (counts * (counts - 1)).sum()], dtype=np.float64)


def _table(values: np.ndarray, participants: Sequence[str], items: Sequence[str]) -> np.ndarray:
    rows, columns = (np.unique(np.asarray(names), return_inverse=True)[1] for names in (participants, items))
    table = np.full((rows.max() + 1, columns.max() + 1), np.nan)
    table[rows, columns] = values
    return table

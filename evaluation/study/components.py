"""Where answers differ: between participants, between items, from one time to the next; and what the next study needs.

A study with more participants learns nothing more about items: its error has a floor that only more items lower. So the
variance is taken apart (`evaluation.study.mixed`) before power is told.
"""

from __future__ import annotations

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

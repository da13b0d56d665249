"""Which trials are worth going on with: the bands of W&B's `early_terminate: {type: hyperband}`.

A trial that has reported its metric as often as a band says goes on if it is among the best 1/eta of all trials that
got that far (Li et al. 2018, *Hyperband*, successive halving; judged as they come, as Li et al. 2020, *ASHA*).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from anyonenet.errors import InputError

HIGHEST = 10**6
"""no trial reports more often"""


@dataclass(frozen=True)
class Bands:
    """Where trials are judged.

    Args:
        levels: numbers of reports, rising.
        eta: one of so many goes on.
    """

    levels: tuple[int, ...]
    eta: float

    def stopped_at(
        self, history: Sequence[float], all_histories: Sequence[Sequence[float]], minimise: bool
    ) -> int | None:
        """The band at which a trial ends, None if it goes on.

        Args:
            history: the trial's reports so far.
            all_histories: those of all trials, this one among them.
            minimise: whether smaller is better.
        """
        reached = [level for level in self.levels if level <= len(history)]
        if not reached:
            return None
        band, sign = reached[-1], 1 if minimise else -1
        there = sorted(sign * other[band - 1] for other in all_histories if len(other) >= band)
        if len(there) < self.eta:  # one of eta cannot be told from fewer
            return None
        return band if sign * history[band - 1] > there[math.ceil(len(there) / self.eta) - 1] else None


def read_bands(settings: Any) -> Bands | None:
    """The bands of a sweep file's `early_terminate`.

    Args:
        settings: None: trials are never stopped.

    Raises:
        InputError: it is not understood.
    """
    if settings is None:
        return None
    known = ("type", "min_iter", "max_iter", "eta", "s", "strict")
    if not isinstance(settings, dict) or settings.get("type") != "hyperband" or set(settings) - set(known):
        raise InputError(f"early_terminate: expected type: hyperband with {', '.join(known[1:])}, got {settings!r}")
    eta = _number(settings, "eta", 3)
    if eta <= 1:
        raise InputError(f"early_terminate: eta must be above 1, got {eta}")
    if "min_iter" in settings:
        levels, level = [], float(_number(settings, "min_iter", 1))
        while 1 <= level <= HIGHEST:
            levels.append(int(level))
            level *= eta
    elif "max_iter" in settings and "s" in settings:
        ends = [_number(settings, "max_iter", 1) / eta**power for power in range(1, int(_number(settings, "s", 1)) + 1)]
        levels = sorted(int(end) for end in ends if end >= 1)
    else:
        raise InputError("early_terminate: hyperband needs min_iter, or max_iter and s")
    if not levels:
        raise InputError(f"early_terminate: {settings!r} leaves no band; lower eta or raise min_iter or max_iter")
    return Bands(tuple(sorted(set(levels))), eta)


def _number(settings: Mapping[str, Any], key: str, default: float) -> float:
    value = settings.get(key, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value <= 0:
        raise InputError(f"early_terminate: {key} must be a number above 0, got {value!r}")
    return value

"""Verification trials with intervals over speakers.

A resample draws speakers, not trials: a trial between two speakers counts as often as the product of how often both
were drawn, one within a speaker as often as that speaker was. So two copies of a speaker are never taken for trials of
different speakers, nor for more trials of the same one.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from anyonenet.metrics.verification import error_rates
from evaluation.bootstrap import Figure, bootstrap

RESAMPLES = 500
"""each sorts nothing but sums over all trials"""


class Trials:
    """Scores of trials and whose they are.

    Args:
        scores, same: as of `anyonenet.metrics.verification.error_rates`, `(N,)`.
        first, second: `(N,)` the speakers of each trial.

    Raises:
        ValueError: as of `error_rates`.
    """

    def __init__(self, scores: np.ndarray, same: np.ndarray, first: np.ndarray, second: np.ndarray):
        self._thresholds = error_rates(scores, same)[0]
        self._place = np.searchsorted(self._thresholds, np.asarray(scores, dtype=np.float64))
        self._same = np.asarray(same, dtype=bool)
        self._speakers, numbers = np.unique(np.concatenate([first, second]), return_inverse=True)
        self._first, self._second = numbers[: len(first)], numbers[len(first) :]

    def equal_error_rate(self) -> Figure:
        """`anyonenet.metrics.verification.equal_error_rate` with its interval."""
        return self._figure(_meeting)

    def minimum_detection_cost(self, prior: float = 0.01) -> Figure:
        """`anyonenet.metrics.verification.minimum_detection_cost` with its interval."""
        return self._figure(
            lambda fnmr, fmr: float((prior * fnmr + (1 - prior) * fmr).min() / min(prior, 1 - prior)),
        )

    def _figure(self, statistic: Callable[[np.ndarray, np.ndarray], float]) -> Figure:
        def of_draw(counts: np.ndarray) -> float:
            rates = self._error_rates(counts)
            return float("nan") if rates is None else statistic(*rates)

        return bootstrap(of_draw, len(self._speakers), "speakers", RESAMPLES)

    def _error_rates(self, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        """FNMR and FMR at every threshold; None where a sort of trials was not drawn."""
        first, second = counts[self._first], counts[self._second]
        weights = np.where(self._first == self._second, first, first * second)
        size = len(self._thresholds)
        below = [
            np.concatenate([[0.0], np.cumsum(np.bincount(self._place[kind], weights[kind], minlength=size))[:-1]])
            for kind in (self._same, ~self._same)
        ]
        totals = [weights[self._same].sum(), weights[~self._same].sum()]
        if not all(totals):
            return None
        return below[0] / totals[0], 1.0 - below[1] / totals[1]


def _meeting(fnmr: np.ndarray, fmr: np.ndarray) -> float:
    """Where the two rates meet, on the line between two thresholds."""
    gap = fnmr - fmr
    after = int(np.argmax(gap >= 0))
    if after == 0 or gap[after] == 0:
        return float((fnmr[after] + fmr[after]) / 2)
    share = -gap[after - 1] / (gap[after] - gap[after - 1])
    return float(fnmr[after - 1] + share * (fnmr[after] - fnmr[after - 1]))

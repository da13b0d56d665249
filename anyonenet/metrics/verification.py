"""Speaker verification: how well scores tell same-speaker trials from others.

Definitions. A trial is accepted when its score is at least the threshold. FNMR is the share of same-speaker trials
rejected, FMR the share of other trials accepted. The equal error rate (EER) is where the two meet; between two
thresholds it is read off the line that joins them. The detection cost at a threshold is
`p c_miss FNMR + (1 - p) c_false FMR`, divided by `min(c_miss p, c_false (1 - p))`, the cost of always or never
accepting; minDCF is its minimum over all thresholds (NIST).
"""

from __future__ import annotations

import numpy as np


def error_rates(scores: np.ndarray, same: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Error rates at every threshold that matters.

    Args:
        scores: `(N,)` the higher, the more alike; finite.
        same: `(N,)` bool, True for same-speaker trials.

    Returns:
        `(thresholds, fnmr, fmr)`, each `(K,)`, thresholds ascending; the last threshold, infinity, rejects all.

    Raises:
        ValueError: shapes differ, a score is not finite, or one of the two sorts of trials is missing.
    """
    scores, same = np.asarray(scores, dtype=np.float64).ravel(), np.asarray(same, dtype=bool).ravel()
    if scores.shape != same.shape:
        raise ValueError(f"{scores.size} scores for {same.size} trials; expected one a trial")
    if not np.isfinite(scores).all():
        raise ValueError("some scores are not finite; the embeddings behind them hold NaN or infinity")
    if same.all() or not same.any():
        raise ValueError(f"{int(same.sum())} same-speaker and {int((~same).sum())} other trials; both sorts are needed")
    thresholds = np.append(np.unique(scores), np.inf)
    matching, other = np.sort(scores[same]), np.sort(scores[~same])
    fnmr = np.searchsorted(matching, thresholds, side="left") / matching.size
    fmr = 1.0 - np.searchsorted(other, thresholds, side="left") / other.size
    return thresholds, fnmr, fmr


def equal_error_rate(scores: np.ndarray, same: np.ndarray) -> float:
    """EER in [0, 1]. Arguments and errors as in `error_rates`."""
    _, fnmr, fmr = error_rates(scores, same)
    gap = fnmr - fmr  # ascends from <= 0 (accept all) to 1 (reject all)
    after = int(np.argmax(gap >= 0))
    if after == 0 or gap[after] == 0:
        return float((fnmr[after] + fmr[after]) / 2)
    before = after - 1
    share = -gap[before] / (gap[after] - gap[before])
    return float(fnmr[before] + share * (fnmr[after] - fnmr[before]))


def minimum_detection_cost(
    scores: np.ndarray, same: np.ndarray, prior: float = 0.01, cost_miss: float = 1.0, cost_false: float = 1.0
) -> float:
    """minDCF in [0, 1], normalised.

    Args:
        scores: as in `error_rates`.
        same: as in `error_rates`.
        prior: probability of a same-speaker trial, in (0, 1).
        cost_miss: cost of rejecting one.
        cost_false: cost of accepting another.

    Raises:
        ValueError: as `error_rates`, or the prior is outside (0, 1).
    """
    if not 0.0 < prior < 1.0:
        raise ValueError(f"prior is {prior}; expected a probability between 0 and 1")
    _, fnmr, fmr = error_rates(scores, same)
    cost = cost_miss * prior * fnmr + cost_false * (1.0 - prior) * fmr
    return float(cost.min() / min(cost_miss * prior, cost_false * (1.0 - prior)))


def all_pairs(embeddings: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Every pair of items once, as trials.

    Args:
        embeddings: `(N, D)` unit vectors.
        labels: `(N,)` speaker of each.

    Returns:
        `(scores, same, first, second)`, each `(N (N - 1) / 2,)`: cosines, whether the speaker is the same, and the
        indices of the two items.
    """
    first, second = np.triu_indices(len(embeddings), 1)
    scores = (embeddings @ embeddings.T)[first, second]
    labels = np.asarray(labels)
    return scores, labels[first] == labels[second], first, second

"""Whether one method errs less than another: a paired test over clips and seeds together.

Both are samples: other clips and other seeds would have given other figures. With d_sc the difference on clip c with
seed s, the model is d_sc = mu + a_s + b_c + e_sc, all three random (two-way crossed, one value a cell; Clark 1973, as
in multi-reader studies, Obuchowski and Rockette 1995). The variance of the mean is estimated by the mean squares,

    (max(MS_s, MS_e) + max(MS_c, MS_e) - MS_e) / (S C),

its degrees of freedom by Satterthwaite (1946), and the mean difference is tested by t. With one seed this is the
paired t-test over clips, which says nothing about other seeds; with one clip, over seeds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats


@dataclass(frozen=True)
class CrossedTest:
    """A mean difference and what it is worth."""

    difference: float
    low: float
    high: float
    """of the 95 % interval"""
    p: float
    """two-sided; nan with a single clip and seed"""
    freedom: float
    seeds: int
    clips: int


def crossed_test(differences: np.ndarray, confidence: float = 0.95) -> CrossedTest:
    """Test that the mean of paired differences is zero.

    Args:
        differences: `(seeds, clips)`; a clip with nan is left out.
        confidence: of the interval.

    Raises:
        ValueError: another shape, or no clip is left.
    """
    differences = np.asarray(differences, dtype=np.float64)
    if differences.ndim != 2:
        raise ValueError(f"differences are {differences.shape}; expected (seeds, clips)")
    differences = differences[:, np.isfinite(differences).all(0)]
    seeds, clips = differences.shape
    if not differences.size:
        raise ValueError("no clip has a difference for every seed")
    mean = float(differences.mean())
    terms = _mean_squares(differences)
    variance = sum(sign * square for sign, square, _ in terms)
    spread = sum((sign * square) ** 2 / freedom for sign, square, freedom in terms)
    if not terms:
        return CrossedTest(mean, math.nan, math.nan, math.nan, 0, seeds, clips)
    error = math.sqrt(variance / (seeds * clips))
    if error == 0:  # every difference is the same
        return CrossedTest(mean, mean, mean, 1.0 if mean == 0 else 0.0, math.inf, seeds, clips)
    freedom = variance**2 / spread
    reach = float(stats.t.ppf((1 + confidence) / 2, freedom)) * error
    p = float(2 * stats.t.sf(abs(mean) / error, freedom))
    return CrossedTest(mean, mean - reach, mean + reach, p, freedom, seeds, clips)


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values adjusted for their number (Holm 1979), in the order given; nan stays and does not count."""
    known = sorted((p, place) for place, p in enumerate(p_values) if p == p)
    adjusted, largest = list(p_values), 0.0
    for number, (p, place) in enumerate(known):
        largest = max(largest, min(1.0, (len(known) - number) * p))
        adjusted[place] = largest
    return adjusted


def _mean_squares(differences: np.ndarray) -> list[tuple[int, float, float]]:
    """The terms of the variance: sign, mean square, degrees of freedom."""
    seeds, clips = differences.shape
    by_seed = clips * float(differences.mean(1).var(ddof=1)) if seeds > 1 else 0.0
    by_clip = seeds * float(differences.mean(0).var(ddof=1)) if clips > 1 else 0.0
    if seeds == 1 or clips == 1:
        return [(1, by_seed or by_clip, max(seeds, clips) - 1)] if max(seeds, clips) > 1 else []
    rest = differences - differences.mean(1, keepdims=True) - differences.mean(0) + differences.mean()
    freedom = (seeds - 1) * (clips - 1)
    error = float(np.square(rest).sum() / freedom)
    terms = [(1, by_seed, seeds - 1.0)] * (by_seed > error) + [(1, by_clip, clips - 1.0)] * (by_clip > error)
    sign = 1 - len(terms)
    return [*terms, (sign, error, float(freedom))] if sign else terms

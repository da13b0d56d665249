"""Least squares whose errors hang together twice: answers of one participant are alike, and answers to one item.

Ordinary tests take every answer for that of another participant about another item, and find too much. Here the
covariance is clustered in both ways (Cameron, Gelbach & Miller 2011, "Robust inference with multiway clustering", eq.
2.11), with t on the smaller number of clusters less one (Cameron & Miller 2015, section V). The difference of three
that it is can come out too small by chance, even below zero: the largest of it and of the two one-way errors is taken
(MacKinnon, Nielsen & Webb 2021).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.stats


@dataclass(frozen=True)
class Estimate:
    """A number with what is known about it."""

    value: float
    error: float
    """standard error"""
    low: float
    high: float
    """95 % interval"""
    p: float
    """two-sided, of being zero"""
    degrees: float
    """of freedom of the t distribution"""


@dataclass(frozen=True)
class Fit:
    """Coefficients of a linear model."""

    coefficients: np.ndarray  # (m,)
    covariances: tuple[np.ndarray, ...]  # (m, m) each: clustered both ways, by participants, by items
    degrees: int

    def estimate(self, weights: Sequence[float] | np.ndarray) -> Estimate:
        """A weighted sum of the coefficients, as a difference of two."""
        at = np.asarray(weights, dtype=np.float64)
        value = float(at @ self.coefficients)
        error = float(np.sqrt(max(0.0, *(at @ covariance @ at for covariance in self.covariances))))
        reach = float(scipy.stats.t.ppf(0.975, self.degrees)) * error
        p = float(2 * scipy.stats.t.sf(abs(value) / error, self.degrees)) if error > 0 else float(value == 0)
        return Estimate(value, error, value - reach, value + reach, p, self.degrees)

    def all_equal(self) -> tuple[float, float]:
        """F and p of all coefficients being the same (Wald test)."""
        count = len(self.coefficients) - 1
        contrast = np.hstack([np.ones((count, 1)), -np.eye(count)])
        away = contrast @ self.coefficients
        if not any(covariance.any() for covariance in self.covariances):  # not a single answer strays from its mean
            return (float("inf"), 0.0) if away.any() else (0.0, 1.0)
        spreads = [contrast @ covariance @ contrast.T for covariance in self.covariances]
        definite = [spread for spread in spreads if np.linalg.eigvalsh(spread)[0] > 0] or spreads[1:]
        f = min(float(away @ np.linalg.pinv(spread) @ away) / count for spread in definite)
        return f, float(scipy.stats.f.sf(f, count, self.degrees))


def fit(design: np.ndarray, values: np.ndarray, participants: Sequence[str], items: Sequence[str]) -> Fit:
    """Least squares with a covariance clustered by participants and by items.

    Args:
        design: (n, m) regressors; a column of ones for a mean.
        values: (n,) answers.
        participants, items: (n,) who answered, and about what.

    Raises:
        ValueError: fewer than two participants or items, or regressors that say the same.
    """
    design, values = np.asarray(design, np.float64), np.asarray(values, np.float64)
    one, two = _numbers(participants), _numbers(items)
    if one.max() < 1 or two.max() < 1:
        raise ValueError("at least two participants and two items are needed")
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise ValueError("the regressors say the same")
    bread = np.linalg.inv(design.T @ design)
    coefficients = bread @ design.T @ values
    scores = design * (values - design @ coefficients)[:, None]
    both = one * (two.max() + 1) + two
    by_participant, by_item = _meat(scores, one), _meat(scores, two)
    meats = (by_participant + by_item - _meat(scores, _numbers(both)), by_participant, by_item)
    return Fit(coefficients, tuple(bread @ meat @ bread for meat in meats), int(min(one.max(), two.max())))


def _numbers(names: Sequence[str] | np.ndarray) -> np.ndarray:
    return np.unique(np.asarray(names), return_inverse=True)[1]


def _meat(scores: np.ndarray, cluster: np.ndarray) -> np.ndarray:
    count = cluster.max() + 1
    sums = np.zeros((count, scores.shape[1]))
    np.add.at(sums, cluster, scores)
    few = count / (count - 1)  # clusters are few, and their own residuals too small for it
    return few * sums.T @ sums

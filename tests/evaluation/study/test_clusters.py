from __future__ import annotations

import numpy as np
import pytest

from evaluation.study.clusters import fit
from evaluation.study.components import Components


def crossed(rng, participants, items, person, item, rest, mean=0.0):
    """Values, who and what of a full table of a crossed random-effects model (standard deviations)."""
    table = mean + rng.normal(0, rest, (participants, items))
    table += rng.normal(0, person, (participants, 1)) + rng.normal(0, item, (1, items))
    who, what = np.meshgrid(np.arange(participants), np.arange(items), indexing="ij")
    return table.ravel(), who.ravel().astype(str), what.ravel().astype(str)


def test_the_mean_by_hand():
    """Two participants, two items: residuals (1, 0, 0, -1), sums by participant (1, -1), by item (1, -1)."""
    found = fit(np.ones((4, 1)), np.array([3.0, 2.0, 2.0, 1.0]), ["a", "a", "b", "b"], ["x", "y", "x", "y"])
    assert found.coefficients[0] == pytest.approx(2.0)
    # factors of few clusters: 2, 2 and 4/3; sums of squares 2, 2 and 2; all over 4 squared
    assert found.estimate([1]).error ** 2 == pytest.approx((2 * 2 + 2 * 2 - 4 / 3 * 2) / 16)
    assert found.degrees == 1


def test_intervals_hold_the_truth_where_plain_ones_do_not():
    """27 participants, 16 items, as in the paper: the truth lies inside in about 95 of 100 studies."""
    rng = np.random.default_rng(0)
    inside = plain = 0
    for _ in range(400):
        values, who, what = crossed(rng, 27, 16, 0.3, 0.5, 0.8, mean=0.2)
        estimate = fit(np.ones((len(values), 1)), values, who, what).estimate([1.0])
        inside += estimate.low <= 0.2 <= estimate.high
        plain += abs(values.mean() - 0.2) <= 1.96 * values.std(ddof=1) / np.sqrt(len(values))
    assert 0.92 <= inside / 400 <= 0.98
    assert plain / 400 < 0.7


def test_as_statsmodels():
    """Its cov_cluster of each way and of their crossing (0.15.0), with G / (G - 1) and joined as eq. 2.11 says."""
    who, what = (axis.ravel() for axis in np.meshgrid(np.arange(7), np.arange(5), indexing="ij"))
    method = (who * 3 + what * 2) % 3
    values = np.round(np.sin(1.7 * who) + np.cos(2.3 * what) + 0.5 * method + np.sin(11.0 * who * what), 3)
    found = fit(np.eye(3)[method], values, who.astype(str), what.astype(str))
    assert found.coefficients == pytest.approx([1.03292857, 0.44914286, 0.19078571])
    wanted = [
        [0.08220084, 0.10874431, 0.06153876],
        [0.10874431, 0.00888498, 0.04514416],
        [0.06153876, 0.04514416, 0.01159494],
    ]
    assert found.covariances[0] == pytest.approx(np.array(wanted), abs=1e-8)
    assert np.diag(found.covariances[1]) * 6 / 7 == pytest.approx([0.1371523, 0.06473345, 0.02676661])


def test_errors_never_fall_below_those_of_one_way():
    """Participants who balance each other out within every item: the two-way variance is below zero."""
    values, who, what = np.array([1.0, -1, -1, 1]), list("aabb"), list("xyxy")
    assert fit(np.ones((4, 1)), values, who, what).estimate([1]).error == 0  # all sums are zero
    values = np.array([1.0, -1, -1, 2])
    estimate = fit(np.ones((4, 1)), values, who, what).estimate([1])
    assert estimate.error > 0 and estimate.p > 0.5


def test_unanimous_answers():
    ones, who, what = np.ones(4), list("aabb"), list("xyxy")
    assert fit(np.ones((4, 1)), ones, who, what).estimate([1]).p == 0
    methods = np.eye(2)[[0, 1, 0, 1]]
    assert fit(methods, np.array([1.0, 2, 1, 2]), who, what).all_equal() == (float("inf"), 0.0)
    assert fit(methods, ones, who, what).all_equal() == (0.0, 1.0)


def test_differences_of_methods_and_all_of_them():
    rng = np.random.default_rng(1)
    values, who, what = crossed(rng, 20, 12, 0.5, 0.5, 0.5)
    method = rng.integers(3, size=len(values))
    values = values + np.array([0.0, 0.0, 1.0])[method]
    found = fit(np.eye(3)[method], values, who, what)
    assert found.estimate([-1, 0, 1]).low < 1 < found.estimate([-1, 0, 1]).high
    assert found.estimate([-1, 0, 1]).p < 0.001 < found.estimate([-1, 1, 0]).p
    assert found.all_equal()[1] < 0.001
    two = fit(np.eye(3)[method][:, :2], values, who, what)
    f, p = two.all_equal()
    difference = two.estimate([1, -1])
    assert f == pytest.approx((difference.value / difference.error) ** 2) and p == pytest.approx(difference.p)


def test_what_cannot_be_fitted():
    with pytest.raises(ValueError, match="at least two"):
        fit(np.ones((2, 1)), np.zeros(2), ["a", "b"], ["x", "x"])
    with pytest.raises(ValueError, match="say the same"):
        fit(np.ones((4, 2)), np.zeros(4), list("aabb"), list("xyxy"))


def test_power_is_what_simulated_studies_find():
    rng, parts = np.random.default_rng(3), Components(0.3**2, 0.4**2, 0.9**2)
    found = 0
    for _ in range(300):
        values, who, what = crossed(rng, 20, 16, 0.3, 0.4, 0.9, mean=0.35)
        found += fit(np.ones((len(values), 1)), values, who, what).estimate([1.0]).p < 0.05
    assert parts.power(0.35, 20, 16) == pytest.approx(found / 300, abs=0.07)
    assert parts.power(0.0, 20, 16) == pytest.approx(0.05, abs=1e-6)


def test_participants_alone_do_not_mend_few_items():
    parts = Components(0.1, 0.5, 0.5)
    assert parts.participants_for(0.2, items=16) is None
    enough = parts.participants_for(0.2, items=160)
    assert enough is not None
    assert parts.power(0.2, enough, 160) >= 0.8 > parts.power(0.2, enough - 1, 160)

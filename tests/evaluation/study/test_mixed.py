from __future__ import annotations

import numpy as np
import pytest

from evaluation.crossed import crossed_test
from evaluation.study.mixed import mixed
from tests.evaluation.study.test_clusters import crossed


def mean_squares(table: np.ndarray) -> tuple[float, float, float]:
    """Components of participants, items and rest by the analysis of variance of a complete table."""
    people, items = table.shape
    rest = table - table.mean(1, keepdims=True) - table.mean(0) + table.mean()
    error = float(np.square(rest).sum() / (people - 1) / (items - 1))
    by_person, by_item = items * table.mean(1).var(ddof=1), people * table.mean(0).var(ddof=1)
    return (by_person - error) / items, (by_item - error) / people, error


def test_complete_tables_give_what_the_analysis_of_variance_gives():
    """Variances, error and Satterthwaite's degrees of freedom have closed forms there."""
    for seed, size in enumerate(((27, 16), (5, 40), (12, 4))):
        values, who, what = crossed(np.random.default_rng(seed), *size, 0.6, 0.7, 0.8, mean=0.2)
        found, wanted = mixed(values, who, what), mean_squares(values.reshape(size))
        parts = found.components
        assert (parts.participant, parts.item, parts.rest) == pytest.approx(wanted, rel=1e-3)
        test = crossed_test(values.reshape(size))
        assert found.mean.value == pytest.approx(values.mean()) and found.mean.p == pytest.approx(test.p, rel=1e-2)
        assert (found.mean.low, found.mean.degrees) == pytest.approx((test.low, test.freedom), rel=1e-2)


def test_a_variance_that_is_not_there_is_zero():
    table = np.array([[1.0, 2, 0, 1], [2, 1, 1, 0], [0, 1, 2, 1]])  # people agree more than chance would have it
    assert mean_squares(table)[0] < 0
    who, what = np.repeat(list("abc"), 4), np.tile(list("wxyz"), 3)
    found = mixed(table.ravel(), who, what)
    assert found.components.participant == 0 and found.components.rest > 0
    assert np.isfinite([found.mean.low, found.mean.high]).all()


def test_the_truth_is_recovered_from_tables_with_gaps():
    rng = np.random.default_rng(2)
    found, inside = [], 0
    for _ in range(40):
        values, who, what = crossed(rng, 24, 12, 0.5, 0.7, 0.9, mean=0.4)
        kept = rng.random(len(values)) < 0.7
        fit = mixed(values[kept], who[kept], what[kept])
        found.append([fit.components.participant, fit.components.item, fit.components.rest, fit.mean.value])
        inside += fit.mean.low <= 0.4 <= fit.mean.high
    assert np.mean(found, axis=0) == pytest.approx([0.25, 0.49, 0.81, 0.4], rel=0.2)
    assert inside >= 35  # 38 of 40 are expected


def test_the_scale_of_the_answers_does_not_matter():
    values, who, what = crossed(np.random.default_rng(5), 8, 6, 0.5, 0.5, 0.5, mean=0.3)
    one, other = mixed(values, who, what), mixed(1000 * values, who, what)
    assert other.mean.error == pytest.approx(1000 * one.mean.error, rel=1e-4)
    assert other.mean.p == pytest.approx(one.mean.p, rel=1e-3)


def test_components_by_hand():
    """Rows differ by 2, columns not at all."""
    parts = mixed(np.array([1.0, 1, 1, -1, -1, -1]), list("aaabbb"), list("xyzxyz")).components
    assert parts.participant == pytest.approx(2.0, rel=1e-3)
    assert parts.item == 0 and parts.rest == pytest.approx(0, abs=1e-5)


def test_unanimous_answers_and_what_cannot_be_fitted():
    same = mixed(np.ones(4), list("aabb"), list("xyxy"))
    assert same.mean.p == 0 and same.mean.low == same.mean.high == 1 and same.components.rest == 0
    with pytest.raises(ValueError, match="two participants and two items"):
        mixed(np.ones(2), list("ab"), list("xx"))
    with pytest.raises(ValueError, match="answered twice"):
        mixed(np.arange(3.0), list("abc"), list("xyz"))

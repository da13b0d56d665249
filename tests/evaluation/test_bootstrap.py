from __future__ import annotations

import json
import math

import numpy as np
import pytest
from scipy import stats

from evaluation.bootstrap import Figure, bootstrap, mean_of, ratio_of, share_of


def test_interval_of_a_mean_is_the_one_that_theory_gives():
    values = np.random.default_rng(1).normal(3.0, 2.0, 400)
    figure = mean_of(values, "clips")
    error = values.std(ddof=1) / 20
    assert figure.value == pytest.approx(values.mean()) and (figure.items, figure.of) == (400, "clips")
    assert figure.low == pytest.approx(values.mean() - 1.96 * error, abs=0.15 * error)
    assert figure.high == pytest.approx(values.mean() + 1.96 * error, abs=0.15 * error)
    assert mean_of(values, "clips") == figure


def test_intervals_hold_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(0)
    held = [figure.low <= 1.0 <= figure.high for figure in (mean_of(rng.exponential(size=60), "x") for _ in range(200))]
    assert 0.88 <= np.mean(held) <= 0.98


def test_items_of_a_group_are_drawn_together():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(20), 30)
    values = rng.normal(size=20)[groups] + 0.01 * rng.normal(size=600)
    grouped, alone = mean_of(values, "videos", groups), mean_of(values, "cuts")
    assert grouped.items == 20 and grouped.value == pytest.approx(alone.value)
    assert grouped.high - grouped.low > 3 * (alone.high - alone.low)


def test_ratio_weighs_items_by_their_size():
    figure = ratio_of([1, 0, 9], [10, 10, 20], "sentences")
    assert figure.value == pytest.approx(10 / 40) and figure.low < 0.25 < figure.high


def test_what_is_not_defined_is_left_out():
    assert mean_of([1.0, math.nan, 3.0], "clips").value == 2.0
    assert mean_of([1.0, math.nan, 3.0], "clips").items == 2
    nothing = mean_of([math.nan], "clips")
    assert math.isnan(nothing.value) and not nothing.has_interval and nothing.items == 0
    assert not mean_of([1.0], "clips").has_interval  # one item says nothing about others


def test_a_share_without_exceptions_is_bounded_exactly():
    nought, one = share_of(np.zeros(100, bool), "sentences"), share_of(np.ones(30, bool), "sentences")
    exact = stats.binomtest(0, 100).proportion_ci(0.95, method="exact")
    assert (nought.low, nought.high) == pytest.approx((exact.low, exact.high))
    exact = stats.binomtest(30, 30).proportion_ci(0.95, method="exact")
    assert (one.low, one.high) == pytest.approx((exact.low, exact.high))
    some = share_of([True, False, True, True], "sentences")
    assert some.value == 0.75 and some.low < 0.75


def test_any_statistic():
    values = np.random.default_rng(2).normal(size=300)
    weighted = bootstrap(lambda counts: float(counts @ values / counts.sum()), 300, "items")
    assert weighted.value == pytest.approx(values.mean())
    assert weighted == pytest.approx(mean_of(values, "items")) or weighted.low == pytest.approx(
        mean_of(values, "items").low
    )


def test_json_knows_no_nan():
    assert json.loads(json.dumps(Figure(2.0).as_dict(), allow_nan=False)) == {
        "value": 2.0, "low": None, "high": None, "items": 0, "of": "",
    }  # fmt: skip

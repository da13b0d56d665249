from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from evaluation.crossed import crossed_test, holm


def simulated(mean: float, seeds: int, clips: int, rng: np.random.Generator) -> np.ndarray:
    """Differences whose seeds, clips and rest each vary."""
    return mean + rng.normal(size=(seeds, 1)) * 0.5 + rng.normal(size=clips) + rng.normal(size=(seeds, clips))


def test_one_seed_is_the_paired_t_test():
    values = np.random.default_rng(0).normal(0.3, 1.0, (1, 25))
    found, known = crossed_test(values), stats.ttest_1samp(values[0], 0.0)
    assert found.p == pytest.approx(known.pvalue) and found.freedom == 24
    interval = known.confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))
    assert crossed_test(values.T).p == pytest.approx(known.pvalue)


def test_it_errs_as_often_as_it_says_and_finds_what_is_there():
    rng = np.random.default_rng(1)
    wrong = np.mean([crossed_test(simulated(0.0, 4, 12, rng)).p < 0.05 for _ in range(1000)])
    assert 0.02 <= wrong <= 0.075
    assert np.mean([crossed_test(simulated(2.0, 4, 12, rng)).p < 0.05 for _ in range(200)]) > 0.8


def test_taking_seeds_for_more_clips_would_err_more():
    rng = np.random.default_rng(1)
    trials = [simulated(0.0, 4, 12, rng) for _ in range(300)]
    naive = np.mean([stats.ttest_1samp(trial.ravel(), 0.0).pvalue < 0.05 for trial in trials])
    assert naive > 3 * np.mean([crossed_test(trial).p < 0.05 for trial in trials])


def test_clips_without_a_figure_are_left_out():
    values = np.random.default_rng(0).normal(size=(3, 6))
    spoilt = values.copy()
    spoilt[1, 2] = math.nan
    assert crossed_test(spoilt) == crossed_test(np.delete(values, 2, axis=1))
    with pytest.raises(ValueError, match="no clip"):
        crossed_test(np.full((2, 2), math.nan))
    with pytest.raises(ValueError, match="expected"):
        crossed_test(np.zeros(4))


def test_ends_of_the_scale():
    assert crossed_test(np.zeros((2, 5))).p == 1.0 and crossed_test(np.ones((2, 5))).p == 0.0
    assert math.isnan(crossed_test(np.ones((1, 1))).p)


def test_holm():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]) == pytest.approx([1.0, 1.0])
    assert holm([math.nan, 0.02])[1] == 0.02 and math.isnan(holm([math.nan, 0.02])[0])

import numpy as np
import pytest

from anyonenet.metrics.verification import all_pairs, equal_error_rate, minimum_detection_cost


def brute_force_rates(scores, same):
    thresholds = sorted({*scores.tolist(), np.inf})
    fnmr = [np.mean([score < t for score in scores[same]]) for t in thresholds]
    fmr = [np.mean([score >= t for score in scores[~same]]) for t in thresholds]
    return np.array(fnmr), np.array(fmr)


@pytest.mark.parametrize("seed", range(8))
def test_against_brute_force(seed):
    rng = np.random.default_rng(seed)
    same = rng.random(60) < 0.4
    scores = np.round(rng.normal(size=60) + same * rng.uniform(0, 3), 1)  # rounded: with ties
    fnmr, fmr = brute_force_rates(scores, same)
    eer = equal_error_rate(scores, same)
    assert np.min(np.maximum(fnmr, fmr)) >= eer - 1e-12 >= np.max(np.minimum(fnmr, fmr)) - 1e-9
    cost = (0.05 * 2 * fnmr + 0.95 * fmr).min() / min(0.05 * 2, 0.95)
    assert minimum_detection_cost(scores, same, 0.05, cost_miss=2.0) == pytest.approx(cost)


def test_known_values():
    same = np.array([True, True, False, False])
    assert equal_error_rate(np.array([0.9, 0.8, 0.2, 0.1]), same) == 0.0
    assert equal_error_rate(np.array([0.1, 0.2, 0.8, 0.9]), same) == 1.0
    assert equal_error_rate(np.array([0.9, 0.2, 0.8, 0.1]), same) == pytest.approx(0.5)
    assert equal_error_rate(np.zeros(4), same) == pytest.approx(0.5)
    assert minimum_detection_cost(np.zeros(4), same) == 1.0


def test_large_gaussian_sample_agrees_with_theory():
    rng = np.random.default_rng(0)
    same = np.arange(40_000) % 2 == 0
    eer = equal_error_rate(rng.normal(size=40_000) + 2.0 * same, same)
    assert eer == pytest.approx(0.1587, abs=0.006)  # Phi(-1)


def test_all_pairs():
    scores, same, first, second = all_pairs(np.eye(3), np.array(["a", "b", "a"]))
    assert scores.tolist() == [0, 0, 0] and same.tolist() == [False, True, False]
    assert list(zip(first, second, strict=True)) == [(0, 1), (0, 2), (1, 2)]


def test_errors_say_what_is_missing():
    with pytest.raises(ValueError, match="3 same-speaker and 0 other"):
        equal_error_rate(np.ones(3), np.ones(3, bool))
    with pytest.raises(ValueError, match="not finite"):
        equal_error_rate(np.array([1.0, np.nan]), np.array([True, False]))
    with pytest.raises(ValueError, match="one a trial"):
        equal_error_rate(np.ones(3), np.ones(2, bool))
    with pytest.raises(ValueError, match="prior is 1"):
        minimum_detection_cost(np.arange(2), np.array([True, False]), prior=1)

from __future__ import annotations

import numpy as np
import pytest

from anyonenet.metrics.verification import all_pairs, equal_error_rate, minimum_detection_cost
from evaluation.trials import Trials


def voices(speakers: int, each: int = 5, noise: float = 0.6, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors `(N, 8)` and the speaker of each."""
    rng = np.random.default_rng(seed)
    names = np.repeat(np.arange(speakers), each)
    vectors = rng.normal(size=(speakers, 8))[names] + noise * rng.normal(size=(len(names), 8))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True), names


def trials_of(embeddings: np.ndarray, names: np.ndarray) -> tuple[Trials, np.ndarray, np.ndarray]:
    scores, same, first, second = all_pairs(embeddings, names)
    return Trials(scores, same, names[first], names[second]), scores, same


def test_values_are_those_of_the_definitions():
    found, scores, same = trials_of(*voices(12))
    assert found.equal_error_rate().value == pytest.approx(equal_error_rate(scores, same), abs=1e-12)
    assert found.minimum_detection_cost().value == pytest.approx(minimum_detection_cost(scores, same), abs=1e-12)
    tied = np.round(scores, 1)  # many equal scores
    first, second = np.triu_indices(60, 1)
    names = voices(12)[1]
    again = Trials(tied, same, names[first], names[second])
    assert again.equal_error_rate().value == pytest.approx(equal_error_rate(tied, same), abs=1e-12)


def test_a_speaker_drawn_twice_counts_in_trials_with_others_twice():
    embeddings, names = voices(4)
    found, _, _ = trials_of(embeddings, names)
    counts = np.array([2, 1, 1, 0])
    repeated = np.concatenate([names[:5], names[:15]])
    pairs = all_pairs(np.concatenate([embeddings[:5], embeddings[:15]]), repeated)
    copies = np.concatenate([np.full(5, 9), names[:15]])  # the copy stands beside others, never against itself
    scores, same, first, second = (values[np.ones(len(pairs[0]), bool)] for values in pairs)
    kept = ~((repeated[first] == repeated[second]) & (copies[first] != copies[second]))
    fnmr, fmr = found._error_rates(counts)
    rates = Trials(scores[kept], same[kept], copies[first][kept], copies[second][kept])._error_rates(np.ones(4, int))
    assert rates is not None
    np.testing.assert_allclose(np.unique(fmr), np.unique(rates[1]), atol=1e-12)
    np.testing.assert_allclose(np.unique(fnmr), np.unique(rates[0]), atol=1e-12)


def test_intervals_are_over_speakers_and_shrink_with_their_number():
    few, many = (trials_of(*voices(number))[0].equal_error_rate() for number in (8, 60))
    assert (few.items, few.of) == (8, "speakers") and many.items == 60
    assert few.low <= few.value <= few.high and many.high - many.low < 0.7 * (few.high - few.low)

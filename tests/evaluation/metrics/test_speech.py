"""Speech metrics on cases worked out by hand."""

from __future__ import annotations

import functools
import math

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist

from anyonenet.audio.mel import MelSettings
from evaluation.metrics.speech import (
    MelCepstralDistance,
    mel_cepstra,
    mel_cepstral_distance,
    warping_path,
)
from evaluation.metrics.transcription import edit_distance, phoneme_error_rate


def test_cepstra_are_the_cosine_series_of_the_log_spectrum() -> None:
    settings = MelSettings()
    angles = (np.arange(80) + 0.5) / 80 * math.pi
    logarithm = -5.0 + 0.7 * np.cos(3 * angles)
    cepstra = mel_cepstra(((logarithm - settings.centre) / settings.scale)[None])
    expected = np.zeros(24)
    expected[2] = 0.7
    assert np.allclose(cepstra, expected, atol=1e-9)


def test_distance_is_the_root_mean_square_in_decibels_and_forgives_timing() -> None:
    settings = MelSettings()
    angles = (np.arange(80) + 0.5) / 80 * math.pi
    ripple = 0.5 * np.cos(4 * angles) / settings.scale
    one = np.random.default_rng(0).normal(size=(30, 80))
    assert mel_cepstral_distance(one, one + ripple) <= 10 / math.log(10) * math.sqrt(2) * 0.5 + 1e-6
    flat = np.zeros((5, 80))
    assert mel_cepstral_distance(flat, flat + ripple) == pytest.approx(10 / math.log(10) * math.sqrt(2) * 0.5)
    assert mel_cepstral_distance(one, np.repeat(one, 2, axis=0)) == pytest.approx(0.0, abs=1e-5)
    assert mel_cepstral_distance(flat, flat + 3.0) == pytest.approx(0.0, abs=1e-9)  # loudness does not count


def test_warping_path_by_hand() -> None:
    distances = np.array([[0.0, 9, 9], [0, 9, 9], [9, 0, 0]])
    assert warping_path(distances).tolist() == [[0, 0], [1, 0], [2, 1], [2, 2]]


@pytest.mark.parametrize(
    ("reference", "heard", "errors"),
    [([1, 2, 3], [1, 2, 3], 0), ([1, 2, 3], [], 3), ([], [4], 1), ([1, 2, 3, 4], [2, 3, 5, 4], 2), ([1, 1], [1], 1)],
)
def test_edit_distance(reference: list[int], heard: list[int], errors: int) -> None:
    assert edit_distance(reference, heard) == errors


def test_phoneme_error_rate_weighs_by_length_and_refuses_nonsense() -> None:
    assert phoneme_error_rate([[1, 2, 3], [4]], [[1, 2, 3], [5]]) == pytest.approx(0.25)
    with pytest.raises(ValueError, match="1 references and 0 recognised"):
        phoneme_error_rate([[1]], [])
    with pytest.raises(ValueError, match="no symbols"):
        phoneme_error_rate([[]], [[]])


def test_distance_agrees_with_a_plain_search_of_the_best_warping() -> None:
    """All monotone paths by recursion, of cepstra by SciPy's own distances."""
    rng = np.random.default_rng(3)
    one, other = rng.normal(size=(6, 80)), rng.normal(size=(5, 80))
    distances = 10 / math.log(10) * math.sqrt(2) * cdist(mel_cepstra(one), mel_cepstra(other))

    @functools.cache
    def best(i: int, j: int) -> tuple[float, int]:
        if i == 0 and j == 0:
            return distances[0, 0], 1
        before = [best(a, b) for a, b in ((i - 1, j - 1), (i - 1, j), (i, j - 1)) if a >= 0 and b >= 0]
        total, steps = min(before, key=lambda pair: pair[0])
        return total + distances[i, j], steps + 1

    total, steps = best(5, 4)
    assert mel_cepstral_distance(one, other) == pytest.approx(total / steps)
    metric = MelCepstralDistance()
    metric.update([one], [other])
    metric.update([torch.from_numpy(one)], [torch.from_numpy(one)])
    assert float(metric.compute()) == pytest.approx(total / steps / 2, rel=1e-5)


def test_mels_that_cannot_be_compared_are_refused() -> None:
    with pytest.raises(ValueError, match=r"mels are \(5, 80\) and \(0, 80\)"):
        mel_cepstral_distance(np.zeros((5, 80)), np.zeros((0, 80)))
    with pytest.raises(ValueError, match=r"mels are \(5, 80\) and \(5, 40\)"):
        MelCepstralDistance().update([np.zeros((5, 80))], [np.zeros((5, 40))])
    with pytest.raises(ValueError, match="2 made and 1 reference mels"):
        MelCepstralDistance().update([np.zeros((5, 80))] * 2, [np.zeros((5, 80))])

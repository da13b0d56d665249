import math

import numpy as np
import pytest
import torch

from evaluation.metrics.sync import FLOOR_DECIBELS, SpeechMouthSync, speech_loudness, speech_mouth_sync


def curve(frames: int, seed: int = 0) -> np.ndarray:
    """Smooth noise, some syllables a second at 25 frames a second."""
    noise = np.random.default_rng(seed).normal(size=frames + 12)
    return np.convolve(noise, np.hanning(7), mode="same")[6 : frames + 6]


@pytest.mark.parametrize("late", [-7, -1, 0, 4, 12])
def test_a_shift_is_found_to_the_frame(late):
    long = curve(200)
    sound, mouth = long[20:170], long[20 - late : 170 - late]
    lag, correlation = speech_mouth_sync(3 * mouth + 7, sound, 25.0, longest_lag=0.5)
    assert lag == pytest.approx(late / 25, abs=0.004)
    assert correlation == pytest.approx(1, abs=0.02)


def test_half_frames_are_found():
    time = np.arange(150) / 25
    wave = np.sin(2 * np.pi * 1.3 * time) + np.sin(2 * np.pi * 0.7 * time + 1)
    shifted = np.sin(2 * np.pi * 1.3 * (time - 0.06)) + np.sin(2 * np.pi * 0.7 * (time - 0.06) + 1)
    assert speech_mouth_sync(shifted, wave, 25.0)[0] == pytest.approx(0.06, abs=0.01)


def test_the_correlation_is_pearsons():
    mouth, sound = curve(60, 1), curve(60, 2)
    lag, correlation = speech_mouth_sync(mouth, sound, 25.0, longest_lag=0.12)
    expected = {}
    for shift in range(-3, 4):
        one, other = mouth[max(shift, 0) : 60 + min(shift, 0)], sound[max(-shift, 0) : 60 - max(shift, 0)]
        expected[shift] = np.corrcoef(one, other)[0, 1]
    best = max(expected, key=expected.__getitem__)
    assert abs(lag * 25 - best) <= 0.5
    assert expected[best] <= correlation < expected[best] + 0.05


def test_loudness_by_hand():
    rate = 16000
    loud, soft = np.ones(rate), 0.1 * np.ones(rate)
    levels = speech_loudness(np.concatenate([loud, soft, np.zeros(rate)]), rate, 25.0, 75)
    assert levels[5:20].tolist() == pytest.approx([0] * 15, abs=1e-9)
    assert levels[30:45].tolist() == pytest.approx([-20] * 15)
    assert levels[55:].tolist() == [-FLOOR_DECIBELS] * 20
    assert speech_loudness(np.zeros(1000), rate, 25.0, 3).tolist() == [0, 0, 0]


def test_means_over_clips():
    long = curve(120)
    mouths = np.stack([long[10:90], long[15:95], np.zeros(80)])
    sounds = np.stack([long[12:92], long[14:94], long[:80]])
    metric = SpeechMouthSync(25.0, 0.4)
    metric.update(torch.from_numpy(mouths[:1]), torch.from_numpy(sounds[:1]))
    metric.update(torch.from_numpy(mouths[1:]), torch.from_numpy(sounds[1:]), torch.tensor([80, 70]))
    lags = np.array([speech_mouth_sync(mouths[i], sounds[i], 25.0, 0.4)[0] for i in range(2)])
    figures = metric.compute()
    assert lags == pytest.approx([2 / 25, -1 / 25], abs=0.01)
    assert float(figures["lag"]) == pytest.approx(lags.mean(), abs=1e-6)
    assert float(figures["absolute_lag"]) == pytest.approx(np.abs(lags).mean())
    assert figures["undefined"] == 1


def test_what_does_not_move_has_no_lag():
    assert all(math.isnan(value) for value in speech_mouth_sync(np.zeros(80), curve(80), 25.0))


def test_mistakes_are_named():
    with pytest.raises(ValueError, match=r"opening is \(80,\), loudness \(81,\)"):
        speech_mouth_sync(curve(80), curve(81), 25.0)
    with pytest.raises(ValueError, match="the clip has 30 frames; lags of up to 0.3 s at 25 Hz need 32"):
        speech_mouth_sync(curve(30), curve(30), 25.0)
    with pytest.raises(ValueError, match="not finite"):
        speech_mouth_sync(np.full(80, np.nan), curve(80), 25.0)
    with pytest.raises(ValueError, match=r"the waveform is \(0,\)"):
        speech_loudness(np.zeros(0), 16000, 25.0, 3)
    with pytest.raises(ValueError, match=r"opening is \(80,\), loudness \(80,\); expected \(batch, frames\)"):
        SpeechMouthSync(25.0).update(torch.zeros(80), torch.zeros(80))

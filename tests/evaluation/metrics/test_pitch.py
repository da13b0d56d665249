import numpy as np
import pytest

from evaluation.metrics.pitch import median_f0, track_f0


def voiced(f0: float, seconds: float = 0.5, rate: int = 16000) -> np.ndarray:
    time = np.arange(int(seconds * rate)) / rate
    return sum(np.sin(2 * np.pi * f0 * k * time) / k for k in range(1, 15)) * 0.1


@pytest.mark.parametrize("f0", [70.0, 118.0, 205.3, 333.0])
def test_harmonic_sounds(f0):
    assert median_f0(voiced(f0), 16000) == pytest.approx(f0, rel=0.01)


def test_silence_and_noise_are_unvoiced():
    assert np.isnan(median_f0(np.zeros(8000), 16000))
    noise = np.random.default_rng(0).normal(0, 0.1, 16000)
    assert np.isfinite(track_f0(noise, 16000)).mean() < 0.1


def test_a_glide_is_followed_frame_by_frame():
    rate = 16000
    f0 = np.linspace(120, 220, rate)
    phase = 2 * np.pi * np.cumsum(f0) / rate
    track = track_f0(sum(np.sin(k * phase) / k for k in range(1, 10)), rate, hop_seconds=0.0125)
    assert len(track) == 80
    found = np.isfinite(track)
    assert found[5:75].mean() > 0.8
    np.testing.assert_allclose(track[found], f0[np.arange(80) * 200][found], rtol=0.03)

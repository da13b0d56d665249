"""Resampling by a matrix product, against SciPy's polyphase filter."""

from __future__ import annotations

from math import gcd

import numpy as np
import pytest
from scipy.signal import firwin, resample_poly

from anyonenet.audio.resampling import joined, resample, resample_blocks


def _tone(hertz: float, rate: int, seconds: float = 1.0) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(round(rate * seconds)) / rate)).astype(np.float32)


def _level(waveform: np.ndarray) -> float:
    """dB relative to a tone of amplitude 0.5, ends left out."""
    return float(20 * np.log10(np.sqrt(2 * np.mean(waveform[1000:-1000] ** 2)) / 0.5 + 1e-9))


@pytest.mark.parametrize("rate", [48000, 44100, 24000, 22050, 8000, 11025, 16001])
@pytest.mark.parametrize("samples", [0, 1, 37, 5001])
def test_as_a_polyphase_filter_sample_by_sample(rate: int, samples: int) -> None:
    waveform = np.random.default_rng(samples).normal(0, 0.1, samples).astype(np.float32)
    divisor = gcd(rate, 16000)
    up, down = 16000 // divisor, rate // divisor
    taps = firwin(160 * max(up, down) + 1, 0.975 / max(up, down), window=("kaiser", 9.5))
    expected = resample_poly(waveform, up, down, window=taps).astype(np.float32) if samples else waveform
    found = resample(waveform, rate, 16000)
    assert found.dtype == np.float32 and found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-12)


def test_it_keeps_the_band_and_no_more() -> None:
    for hertz in (100, 7400):
        assert _level(resample(_tone(hertz, 44100), 44100, 16000)) == pytest.approx(0, abs=0.05)
    for hertz in (8400, 15000):
        assert _level(resample(_tone(hertz, 44100), 44100, 16000)) < -85
    np.testing.assert_allclose(
        resample(_tone(440, 44100), 44100, 16000)[1000:-1000], _tone(440, 16000)[1000:-1000], atol=1e-3
    )
    assert len(resample(np.zeros(1001, np.float32), 48000, 16000)) == 334


@pytest.mark.parametrize("rate", [48000, 22050, 16001, 16000])
def test_in_blocks_it_is_the_same_bit_by_bit(rate: int) -> None:
    waveform = np.random.default_rng(0).normal(0, 0.1, 50_001).astype(np.float32)
    blocks = np.split(waveform, [0, 1, 1000, 1000, 30_000])
    assert np.array_equal(joined(resample_blocks(blocks, rate, 16000)), resample(waveform, rate, 16000))

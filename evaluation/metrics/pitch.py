"""Fundamental frequency by normalised autocorrelation (Boersma 1993, without its path search)."""

from __future__ import annotations

import numpy as np

VOICED = 0.6
"""smallest normalised autocorrelation of a voiced frame"""


def track_f0(
    waveform: np.ndarray,
    sample_rate: int,
    hop_seconds: float = 0.0125,
    lowest_hz: float = 60.0,
    highest_hz: float = 400.0,
) -> np.ndarray:
    """F0 of each frame.

    Args:
        waveform: `(samples,)` in [-1, 1].
        sample_rate: Hz.
        hop_seconds: between frames; frame t is centred on `t * hop_seconds`.
        lowest_hz: of the search.
        highest_hz: of the search.

    Returns:
        `(T,)` float64 Hz, NaN where the frame is unvoiced or silent.
    """
    hop = round(hop_seconds * sample_rate)
    size = round(3.0 / lowest_hz * sample_rate)  # three periods of the lowest
    padded = np.pad(np.asarray(waveform, dtype=np.float64), size // 2 + 1)
    count = max(1, -(-len(waveform) // hop))
    starts = np.minimum(np.arange(count) * hop, len(padded) - size)
    frames = padded[starts[:, None] + np.arange(size)]
    frames = frames - frames.mean(1, keepdims=True)
    window = np.hanning(size)
    length = 1 << (2 * size - 1).bit_length()
    correlation = _autocorrelation(frames * window, length)
    lags = np.arange(int(sample_rate / highest_hz) - 1, int(sample_rate / lowest_hz) + 2)
    taper = _autocorrelation(window[None], length)[0]
    normalised = correlation[:, lags] / np.maximum(correlation[:, :1], 1e-12) * (taper[0] / taper[lags])
    # an octave lower fits as well: prefer the shorter of nearly equal lags
    preferred = normalised - 0.02 * np.log2(lags / lags[0])
    best = 1 + preferred[:, 1:-1].argmax(1)
    rows = np.arange(count)
    left, middle, right = (normalised[rows, best + step] for step in (-1, 0, 1))
    curve = left - 2 * middle + right
    shift = np.where(curve < 0, 0.5 * (left - right) / np.where(curve < 0, curve, -1.0), 0.0)
    f0 = sample_rate / (lags[best] + np.clip(shift, -0.5, 0.5))
    power = np.square(frames).mean(1)
    voiced = (middle > VOICED) & (middle >= left) & (middle >= right) & (power > 1e-3 * power.max()) & (power > 1e-9)
    return np.where(voiced, f0, np.nan)


def median_f0(waveform: np.ndarray, sample_rate: int) -> float:
    """Median F0 of the voiced frames of `(samples,)`, Hz; NaN where none is voiced."""
    f0 = track_f0(waveform, sample_rate)
    return float(np.nanmedian(f0)) if np.isfinite(f0).any() else float("nan")


def _autocorrelation(frames: np.ndarray, length: int) -> np.ndarray:
    """`(T, size)` -> `(T, length)` by the Fourier transform."""
    return np.fft.irfft(np.abs(np.fft.rfft(frames, length)) ** 2)

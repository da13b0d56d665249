"""Rooms, microphones and noise, put on a mel spectrogram, so that a speaker encoder looks at the voice alone.

Everything happens on mel magnitudes: a few hundred microseconds a crop, no waveform needed. What is varied is what a
recording adds; pitch, formants, tempo and breath are the speaker's and stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.signal import lfilter

from anyonenet.audio.mel import MelSettings, mel_filterbank


@dataclass(frozen=True)
class MelAugmentation:
    """How often and how strongly. Probabilities in [0, 1]; the defaults are for clean or synthetic speech."""

    gain_db: float = 12.0
    """level is moved by up to this, either way"""
    tilt_db: float = 1.0
    """the microphone's slope, up to this many dB an octave, either way"""
    ripple_db: float = 3.0
    """standard deviation of a smooth random frequency response"""
    noise: float = 0.7
    """probability of steady coloured noise"""
    noise_snr_db: tuple[float, float] = (3.0, 35.0)
    room: float = 0.4
    """probability of reverberation"""
    room_seconds: tuple[float, float] = (0.1, 0.6)
    """range of the time for 60 dB of decay"""
    band_limit: float = 0.3
    """probability of a narrower band, as from a telephone or a codec"""

    def __call__(self, mel: np.ndarray, rng: np.random.Generator, settings: MelSettings) -> np.ndarray:
        """`(T, bands)` standardised log-mel -> the same shape, float32, not below `settings.silence`."""
        power = np.exp(2.0 * (mel.astype(np.float64) * settings.scale + settings.centre))
        octaves = np.log2(band_centres_hz(settings) / 1000.0)
        if rng.random() < self.room:
            power = _reverberated(power, rng, self.room_seconds, settings.frame_rate)
        response_db = rng.uniform(-1, 1) * self.gain_db + rng.uniform(-1, 1) * self.tilt_db * octaves
        response_db = response_db + _smooth_noise(rng, len(octaves)) * self.ripple_db
        power = power * 10 ** (response_db / 10)
        if rng.random() < self.noise:
            power = power + _noise(power, rng, self.noise_snr_db, octaves)
        if rng.random() < self.band_limit:
            power = power * 10 ** (_band_limit_db(rng, band_centres_hz(settings)) / 10)
        log = 0.5 * np.log(np.maximum(power, settings.floor**2))
        return ((log - settings.centre) / settings.scale).astype(np.float32)


@lru_cache(maxsize=8)
def band_centres_hz(settings: MelSettings) -> np.ndarray:
    """`(bands,)` centre frequencies of the mel bands, Hz."""
    filters = mel_filterbank(settings).numpy().astype(np.float64)
    bins = np.linspace(0, settings.sample_rate / 2, filters.shape[1])
    return (filters @ bins) / filters.sum(1)


def _smooth_noise(rng: np.random.Generator, size: int, knots: int = 7) -> np.ndarray:
    """A smooth random curve of unit deviation at its knots."""
    return np.interp(np.linspace(0, knots - 1, size), np.arange(knots), rng.normal(size=knots))


def _reverberated(
    power: np.ndarray, rng: np.random.Generator, seconds: tuple[float, float], frame_rate: float
) -> np.ndarray:
    """Add an exponentially decaying tail, its energy from 20 to 2 dB below the direct sound."""
    decay = 10 ** (-6.0 / (rng.uniform(*seconds) * frame_rate))
    tail = lfilter([1.0 - decay], [1.0, -decay], power, axis=0)
    return power + tail * 10 ** (rng.uniform(-20, -2) / 10)


def _noise(power: np.ndarray, rng: np.random.Generator, snr_db: tuple[float, float], octaves: np.ndarray) -> np.ndarray:
    """Coloured noise at a random ratio to the mean power; its mel power fluctuates as few-bin averages do."""
    colour = 10 ** ((rng.uniform(-6, 1) * octaves + 3 * _smooth_noise(rng, len(octaves))) / 10)
    level = power.mean() / colour.mean() * 10 ** (-rng.uniform(*snr_db) / 10)
    return level * colour * rng.gamma(3.0, 1 / 3.0, size=power.shape)


def _band_limit_db(rng: np.random.Generator, centres_hz: np.ndarray) -> np.ndarray:
    """Attenuation in dB (at most 0) above a random cut-off, and half of the time below another."""
    slope = rng.uniform(24, 60)  # dB an octave
    attenuation = -slope * np.maximum(np.log2(centres_hz / rng.uniform(3000, 7000)), 0)
    if rng.random() < 0.5:
        attenuation = attenuation - 12 * np.maximum(np.log2(rng.uniform(60, 250) / centres_hz), 0)
    return np.maximum(attenuation, -60)

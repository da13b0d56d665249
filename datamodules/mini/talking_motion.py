"""What a drawn person does besides the mouth while speaking: head, lids, brows; and all of it as one performance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

from datamodules.mini.faces_controls import CONTROLS
from datamodules.mini.faces_pose import from_angles
from datamodules.mini.talking import TimedPhoneme, mouth_controls

PROSODY_RATE = 100.0
"""Hz of the prosody tracks"""


@dataclass(frozen=True)
class Manner:
    """How a person moves: drawn once a person."""

    liveliness: float
    nod: float
    """degrees of a strong nod"""
    sway: float
    """degrees (spread) of the slow sway"""
    blink_seconds: float
    """mean time between blinks"""
    smile: float
    brows: float
    rest: np.ndarray
    """(3,) degrees: how the head is usually held (yaw, pitch, roll)"""


def draw_manner(rng: np.random.Generator) -> Manner:
    """A person's way of moving at random."""
    return Manner(
        liveliness=float(np.clip(rng.normal(1.0, 0.10), 0.78, 1.2)),
        nod=float(rng.uniform(2.0, 5.0)),
        sway=float(rng.uniform(1.5, 3.8)),
        blink_seconds=float(rng.uniform(2.2, 5.0)),
        smile=float(max(rng.normal(0.08, 0.12), 0)),
        brows=float(rng.uniform(0.2, 0.8)),
        rest=rng.normal(0, (4.0, 2.5, 1.5)),
    )


@dataclass(frozen=True)
class Performance:
    """A person speaking: `controls` (F, 12), `quaternions` (F, 4) sign-continuous, `moves` (F, 3) in outer-eye
    distances; frame k stands at k / fps seconds."""

    controls: np.ndarray
    quaternions: np.ndarray
    moves: np.ndarray
    fps: float


def prosody(waveform: np.ndarray, sample_rate: int) -> tuple[np.ndarray, np.ndarray]:
    """Loudness and pitch at `PROSODY_RATE`: (energy (N,) 0 to 1, F0 (N,) Hz, 0 where unvoiced)."""
    hop = int(sample_rate / PROSODY_RATE)
    window = int(0.04 * sample_rate)
    count = max(len(waveform) // hop, 1)
    padded = np.pad(waveform.astype(np.float32), (window // 2, window))
    frames = np.lib.stride_tricks.sliding_window_view(padded, window)[::hop][:count]
    power = np.sqrt((frames**2).mean(1))
    energy = power / (np.quantile(power, 0.95) + 1e-6)
    size = 1 << (2 * window - 1).bit_length()
    spectrum = np.fft.rfft(frames * np.hanning(window).astype(np.float32), size)
    correlation = np.fft.irfft(np.abs(spectrum) ** 2)[:, : window // 2]
    low, high = int(sample_rate / 400), int(sample_rate / 65)
    lag = correlation[:, low:high].argmax(1) + low
    strength = correlation[np.arange(count), lag] / (correlation[:, 0] + 1e-9)
    voiced = (strength > 0.35) & (energy > 0.15)
    return np.clip(energy, 0, 1.5), np.where(voiced, sample_rate / lag, 0.0)


def perform(
    waveform: np.ndarray,
    sample_rate: int,
    phonemes: Sequence[TimedPhoneme],
    manner: Manner,
    rng: np.random.Generator,
    fps: float = 25.0,
) -> Performance:
    """Turn speech into motion.

    Args:
        waveform: `(samples,)` float32.
        phonemes: its sounds with their times.
        rng: for sway and blinks; the mouth and the nods follow the speech alone.

    Returns:
        `round(seconds * fps)` frames, at least one.
    """
    seconds = len(waveform) / sample_rate
    frames = max(round(seconds * fps), 1)
    times = np.arange(frames) / fps
    controls = mouth_controls(phonemes, times, manner.liveliness)
    column = {name: k for k, name in enumerate(CONTROLS)}
    beat, stress = beats(waveform, sample_rate, times)
    drift = slow_drift(rng, frames, fps, 2.5)
    controls[:, column["smile"]] = np.clip(manner.smile * (1 + 0.4 * drift[:, 0]), 0, 0.5) * (
        1 - controls[:, column["round"]]
    )
    lift = manner.brows * np.clip(0.55 * stress + 0.12 * drift[:, 1], 0, 1)
    controls[:, column["brows"]] = lift
    controls[:, column["frown"]] = np.clip(0.25 * drift[:, 2], 0, 0.6)
    lids = _blinks(rng, times, manner.blink_seconds)
    controls[:, column["blink_left"]] = controls[:, column["blink_right"]] = lids
    sway = slow_drift(rng, frames, fps, 1.1) * manner.sway * (1.0, 0.6, 0.5) + slow_drift(
        rng, frames, fps, 3.5
    ) * manner.sway * (
        1.2,
        0.6,
        0.5,
    )
    angles = manner.rest + sway
    angles[:, 1] += manner.nod * beat
    angles[:, 0] += 0.25 * manner.nod * np.gradient(beat) * fps * 0.1
    angles = np.deg2rad(14.5) * np.tanh(np.deg2rad(angles) / np.deg2rad(14.5))
    quaternions = np.stack([from_angles(*a) for a in angles])
    moves = np.zeros((frames, 3))
    moves[:, :2] = slow_drift(rng, frames, fps, 3.0)[:, :2] * 0.018
    moves[:, 1] += 0.010 * beat
    return Performance(controls, quaternions.astype(np.float64), moves, fps)


def slow_drift(rng: np.random.Generator, frames: int, fps: float, period: float) -> np.ndarray:
    """Smooth wandering (F, 3) of unit spread, correlated over about `period` / 4 seconds."""
    sigma = period * fps / 4
    extra = int(4 * sigma)
    raw = rng.normal(size=(frames + 2 * extra, 3))
    smooth = gaussian_filter1d(raw, sigma, axis=0)[extra : extra + frames]
    return smooth * np.sqrt(2 * sigma * np.sqrt(np.pi))


def beats(waveform: np.ndarray, sample_rate: int, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(nods, stress), each (F,): a nod for every prominent syllable, and the smoothed prominence."""
    energy, pitch = prosody(waveform, sample_rate)
    clock = np.arange(len(energy)) / PROSODY_RATE
    loud = gaussian_filter1d(energy, 0.05 * PROSODY_RATE)
    voiced = pitch > 0
    prominence = loud.copy()
    if voiced.any():
        semitones = np.where(voiced, 12 * np.log2(np.where(voiced, pitch, 1) / np.median(pitch[voiced])), 0)
        prominence += 0.06 * gaussian_filter1d(np.clip(semitones, -8, 8), 0.05 * PROSODY_RATE)
    peaks, details = find_peaks(prominence, height=0.75, distance=int(0.28 * PROSODY_RATE), prominence=0.15)
    nods = np.zeros(len(times))
    for peak, height in zip(peaks, details["peak_heights"], strict=True):
        since = times - clock[peak]
        nods += min(height - 0.55, 0.8) * np.exp(-0.5 * (since / 0.13) ** 2)
    stress = np.interp(times, clock, gaussian_filter1d(np.clip(prominence - 0.7, 0, 1), 0.15 * PROSODY_RATE))
    return nods, stress * 2


def _blinks(rng: np.random.Generator, times: np.ndarray, every: float) -> np.ndarray:
    """Lid closure (F,): about 80 ms down, 160 ms up, at irregular intervals."""
    lids = np.zeros(len(times))
    at = rng.uniform(0.2, every)
    while at < times[-1]:
        since = times - at
        down = np.clip(1 + since / 0.09, 0, 1) * (since <= 0)
        up = np.clip(1 - since / 0.17, 0, 1) * (since > 0)
        lids = np.maximum(lids, np.maximum(down, up) ** 0.8)
        at += every * rng.uniform(0.5, 1.6)
    return np.clip(lids * 1.06, 0, 1)

"""Log-mel spectrograms: the one speech representation of every stage (AnyoneNet section IV-A4).

50 ms window and 12.5 ms hop give 80 frames a second. A *mel* everywhere in this project is the natural logarithm
of the mel-filtered magnitude, floored and standardised by constants: `(ln(max(m, floor)) - centre) / scale`.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class MelSettings:
    """Numbers of the mel spectrogram. 24 kHz: `MelSettings(sample_rate=24000)` (1200/300 samples)."""

    sample_rate: int = 16000
    """Hz"""
    window_seconds: float = 0.05
    hop_seconds: float = 0.0125
    bands: int = 80
    lowest_hz: float = 50.0
    highest_hz: float = 7600.0
    floor: float = 1e-5
    """smallest mel magnitude kept"""
    centre: float = -5.0
    """subtracted from the log-mel (natural logarithm)"""
    scale: float = 2.5
    """divides the centred log-mel"""

    def __post_init__(self) -> None:
        for name in ("window_seconds", "hop_seconds"):
            samples = getattr(self, name) * self.sample_rate
            if abs(samples - round(samples)) > 1e-6:
                raise ValueError(
                    f"{name} = {getattr(self, name)} is {samples:.3f} samples at {self.sample_rate} Hz; "
                    "choose a sample rate that gives a whole number (16000 or 24000)"
                )

    @property
    def window_samples(self) -> int:
        return round(self.window_seconds * self.sample_rate)

    @property
    def hop_samples(self) -> int:
        return round(self.hop_seconds * self.sample_rate)

    @property
    def fft_samples(self) -> int:
        return 2 ** math.ceil(math.log2(self.window_samples))

    @property
    def frame_rate(self) -> float:
        """Mel frames a second."""
        return self.sample_rate / self.hop_samples

    @property
    def silence(self) -> float:
        """The standardised value of digital silence."""
        return (math.log(self.floor) - self.centre) / self.scale

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


_SLANEY_HZ_A_MEL = 200.0 / 3
_SLANEY_KNEE_HZ = 1000.0
_SLANEY_LOG_STEP = math.log(6.4) / 27


def _hz_of_mels(mels: np.ndarray) -> np.ndarray:
    """Slaney's auditory scale: linear below 1 kHz, logarithmic above."""
    knee = _SLANEY_KNEE_HZ / _SLANEY_HZ_A_MEL
    linear = mels * _SLANEY_HZ_A_MEL
    logarithmic = _SLANEY_KNEE_HZ * np.exp(_SLANEY_LOG_STEP * (mels - knee))
    return np.where(mels < knee, linear, logarithmic)


def _mel_of_hz(hz: float) -> float:
    if hz < _SLANEY_KNEE_HZ:
        return hz / _SLANEY_HZ_A_MEL
    return _SLANEY_KNEE_HZ / _SLANEY_HZ_A_MEL + math.log(hz / _SLANEY_KNEE_HZ) / _SLANEY_LOG_STEP


@lru_cache(maxsize=8)
def mel_filterbank(settings: MelSettings) -> Tensor:
    """Slaney-normalised triangular filters (Slaney 1998, Auditory Toolbox), `(bands, fft_samples // 2 + 1)` float32.

    Computed here because importing an audio library for these lines takes a second of every start.
    """
    highest = min(settings.highest_hz, settings.sample_rate / 2)
    edges = _hz_of_mels(np.linspace(_mel_of_hz(settings.lowest_hz), _mel_of_hz(highest), settings.bands + 2))
    bins = np.linspace(0, settings.sample_rate / 2, settings.fft_samples // 2 + 1)
    left, middle, right = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising = (bins - left) / (middle - left)
    falling = (right - bins) / (right - middle)
    triangles = np.maximum(0, np.minimum(rising, falling))
    with torch.inference_mode(False):  # kept: whoever asks first must not decide that nobody may train through it
        return torch.from_numpy((triangles * 2 / (right - left)).astype(np.float32))  # each of unit area


def frames_of(samples: int, settings: MelSettings) -> int:
    """Number of mel frames of a waveform of `samples` samples: one a started hop."""
    return -(-samples // settings.hop_samples)


def log_mel(waveform: Tensor, settings: MelSettings | None = None) -> Tensor:
    """Standardised log-mel spectrogram.

    Args:
        waveform: `(..., samples)` float32 in [-1, 1], at `settings.sample_rate`.
        settings: the project's numbers when None.

    Returns:
        `(..., frames, bands)` float32; frame t is centred on sample `t * hop_samples`.

    Raises:
        ValueError: the waveform is empty.
    """
    settings = settings or MelSettings()
    samples = waveform.shape[-1]
    if samples == 0:
        raise ValueError("the waveform is empty; expected at least one sample")
    frames, hop = frames_of(samples, settings), settings.hop_samples
    reach = settings.fft_samples // 2
    pieces = []
    for first in range(0, frames, _TOGETHER):
        last = min(first + _TOGETHER, frames) - 1
        begin, end = first * hop - reach, last * hop + reach
        piece = torch.nn.functional.pad(
            waveform[..., max(begin, 0) : min(end, samples)], (max(-begin, 0), max(end - samples, 0))
        )
        pieces.append(_mel_frames(piece, settings))
    return torch.cat(pieces, dim=-2) if len(pieces) > 1 else pieces[0]


def _mel_frames(samples: Tensor, settings: MelSettings) -> Tensor:
    """`(..., (frames - 1) * hop + fft_samples)` -> `(..., frames, bands)`, standardised."""
    spectrum = torch.stft(
        samples.reshape(-1, samples.shape[-1]),
        settings.fft_samples,
        settings.hop_samples,
        settings.window_samples,
        torch.hann_window(settings.window_samples, device=samples.device),
        center=False,
        return_complex=True,
    ).abs()
    mel = mel_filterbank(settings).to(samples.device) @ spectrum
    log = mel.clamp_min(settings.floor).log()
    standardised = (log - settings.centre) / settings.scale
    return standardised.transpose(-1, -2).reshape(*samples.shape[:-1], -1, settings.bands)


_TOGETHER = 4800
"""frames, a minute, whose spectra are in memory at once: those of an hour would take two gigabytes"""


def mel_magnitude(mel: Tensor, settings: MelSettings | None = None) -> Tensor:
    """Inverse of the standardisation: `(..., frames, bands)` log-mel -> mel magnitude."""
    settings = settings or MelSettings()
    return (mel * settings.scale + settings.centre).exp()

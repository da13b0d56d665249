"""Mel-frequency cepstral coefficients: what Speech2Vid and ATVGnet hear.

They are the cosine transform of the standardised log-mel of `anyonenet.audio.mel`, taken with a shorter window and
fewer bands, and lifted so that high coefficients weigh as low ones do (Davis and Mermelstein 1980; HTK's lifter).
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from anyonenet.audio.mel import MelSettings, log_mel


@dataclass(frozen=True)
class MFCCSettings:
    """Numbers of the coefficients; the defaults are those of both papers: 25 ms windows, 100 frames a second."""

    sample_rate: int = 16000
    """Hz"""
    window_seconds: float = 0.025
    hop_seconds: float = 0.01
    bands: int = 26
    """of the mel filterbank"""
    first: int = 1
    """lowest coefficient kept; 0 is the loudness, which recordings do not agree on"""
    coefficients: int = 12
    """how many are kept"""
    lifter: int = 22
    """coefficient n is multiplied by 1 + lifter / 2 * sin(pi * n / lifter); 0: by 1"""
    preemphasis: float = 0.97
    """share of the sample before that is taken off each sample"""

    def __post_init__(self) -> None:
        if not 0 <= self.first < self.first + self.coefficients <= self.bands:
            raise ValueError(
                f"coefficients {self.first} to {self.first + self.coefficients - 1} are wanted of {self.bands} bands; "
                f"expected numbers within 0 to {self.bands - 1}"
            )

    @property
    def mel(self) -> MelSettings:
        """Of the log-mel that is transformed."""
        return MelSettings(self.sample_rate, self.window_seconds, self.hop_seconds, self.bands)

    @property
    def frame_rate(self) -> float:
        """Frames a second."""
        return self.mel.frame_rate

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def mfcc(waveform: Tensor, settings: MFCCSettings | None = None) -> Tensor:
    """Coefficients of a sound.

    Args:
        waveform: `(..., samples)` float32 in [-1, 1], at `settings.sample_rate`.
        settings: the papers' numbers when None.

    Returns:
        `(..., frames, coefficients)` float32, of the order of 3; frame t is centred on sample `t * hop`. Digital
        silence is 0 throughout (where coefficient 0 is left out).

    Raises:
        ValueError: the waveform is empty.
    """
    settings = settings or MFCCSettings()
    return cepstra(filterbank(waveform, settings), settings)


def filterbank(waveform: Tensor, settings: MFCCSettings) -> Tensor:
    """The log-mel before the cosine transform, `(..., frames, bands)`, as `anyonenet.audio.mel.log_mel` gives it."""
    before = torch.nn.functional.pad(waveform, (1, 0))[..., : waveform.shape[-1]]
    return log_mel(waveform - settings.preemphasis * before, settings.mel)


def cepstra(log_mels: Tensor, settings: MFCCSettings) -> Tensor:
    """`(..., frames, bands)` standardised log-mel -> `(..., frames, coefficients)`."""
    return log_mels @ _cosines(settings).to(log_mels)


@lru_cache(maxsize=8)
def _cosines(settings: MFCCSettings) -> Tensor:
    """`(bands, coefficients)`: the orthonormal cosine transform (DCT-II), lifted."""
    numbers = torch.arange(settings.first, settings.first + settings.coefficients, dtype=torch.float64)
    places = (torch.arange(settings.bands, dtype=torch.float64) + 0.5) / settings.bands
    cosines = torch.cos(math.pi * places[:, None] * numbers) * math.sqrt(2 / settings.bands)
    cosines[:, numbers == 0] /= math.sqrt(2)
    if settings.lifter:
        cosines = cosines * (1 + settings.lifter / 2 * torch.sin(math.pi * numbers / settings.lifter))
    return cosines.float()


def windows(features: Tensor, centres: Tensor, width: int) -> Tensor:
    """Stretches of features around given frames.

    Args:
        features: `(..., frames, coefficients)`.
        centres: `(N,)` int64, frames; window n holds `width` frames from `centres[n] - width // 2` on.
        width: frames of a window.

    Returns:
        `(..., N, width, coefficients)`; the first and the last frame are repeated beyond the ends.
    """
    places = centres[:, None] + torch.arange(width, device=centres.device) - width // 2
    return features[..., places.clamp(0, features.shape[-2] - 1), :]

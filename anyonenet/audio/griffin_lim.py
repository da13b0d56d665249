"""Waveform from a mel spectrogram: linear magnitudes by non-negative least squares, phases by fast Griffin-Lim.

Fast Griffin-Lim (Perraudin, Balazs, Sondergaard 2013) adds momentum to the alternating projections of Griffin and Lim
(1984), which AnyoneNet uses (section III-C).
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Generator, Tensor

from anyonenet.audio.frames import Frames
from anyonenet.audio.mel import MelSettings, mel_filterbank, mel_magnitude
from anyonenet.audio.starting_phase import starting_angles


def linear_magnitude(mels: Tensor, settings: MelSettings | None = None, corrections: int = 8) -> Tensor:
    """Linear-frequency magnitudes whose mel spectrogram is the one given.

    Starts from the pseudo-inverse of the filterbank, clamped at zero, and corrects it multiplicatively
    (`x <- x * F'm / F'Fx`, the non-negative least-squares update of Lee and Seung 2001).

    Args:
        mels: `(..., frames, bands)` standardised log-mel.
        settings: the project's numbers when None.
        corrections: number of updates.

    Returns:
        `(..., frames, fft_samples // 2 + 1)` float32, not negative.
    """
    settings = settings or MelSettings()
    filters = mel_filterbank(settings).to(mels.device)  # (bands, bins)
    mel = mel_magnitude(mels, settings)
    # the inverse smears each band thinly over all bins: a floor keeps the multiplicative update alive
    linear = (mel @ _inverse_filterbank(settings).to(mels.device).T).clamp_min_(1e-8)
    wanted = mel @ filters
    transposed = filters.T.contiguous()
    for _ in range(corrections):
        # band by band and back: F'F at once would be six times as many products
        linear *= wanted / ((linear @ transposed) @ filters).clamp_min_(1e-10)
    return linear


@torch.no_grad()
def griffin_lim(
    mels: Tensor,
    settings: MelSettings | None = None,
    iterations: int = 24,
    momentum: float = 0.99,
    generator: Generator | None = None,
) -> Tensor:
    """Waveform of a batch of mel spectrograms, on the device the mels are on.

    Args:
        mels: `(B, T, bands)` standardised log-mel, padded with silence where items differ in length.
        settings: the project's numbers when None.
        iterations: 24 from phases that go on from frame to frame come nearer than 32 from random ones, which with
            momentum beat 60 without.
        momentum: 0 is plain Griffin-Lim; below 1.
        generator: of the first frame's phases, on the CPU; a fixed one when None: the result is deterministic.

    Returns:
        `(B, T * hop_samples)` float32, not clipped.

    Raises:
        ValueError: no frames, no iteration, or a momentum outside [0, 1).
    """
    settings = settings or MelSettings()
    if mels.ndim != 3 or mels.shape[1] == 0:
        raise ValueError(f"mels have shape {tuple(mels.shape)}; expected (batch, frames >= 1, bands)")
    if iterations < 1 or not 0 <= momentum < 1:
        raise ValueError(f"iterations {iterations} and momentum {momentum}; expected >= 1 and in [0, 1)")
    # one more frame of silence lets the transform's last centre lie on the end of the waveform
    silence = mels.new_full((len(mels), 1, mels.shape[2]), settings.silence)
    magnitude = linear_magnitude(torch.cat([mels.float(), silence], dim=1), settings)  # (B, T + 1, bins)
    frames = Frames(len(mels), magnitude.shape[1], settings, mels.device)
    return reconstruct(magnitude, starting_angles(magnitude, settings, generator), frames, iterations, momentum)


def reconstruct(magnitude: Tensor, angles: Tensor, frames: Frames, iterations: int, momentum: float) -> Tensor:
    """Fast Griffin-Lim from given starting phases.

    Args:
        magnitude: `(B, T + 1, bins)`.
        angles: as large, radians.
        frames: the transform for these shapes.
        iterations: see `griffin_lim`.
        momentum: see `griffin_lim`.

    Returns:
        `(B, T * hop_samples)`.
    """
    spectrum = torch.polar(magnitude, angles)
    consistent, before = torch.empty_like(spectrum), torch.zeros_like(spectrum)
    scale = torch.empty_like(magnitude)
    for _ in range(iterations):
        frames.synthesise(spectrum)
        frames.analyse(out=consistent)
        torch.sub(consistent, before, alpha=momentum / (1 + momentum), out=spectrum)
        torch.mul(spectrum.real, spectrum.real, out=scale)
        scale.addcmul_(spectrum.imag, spectrum.imag).clamp_min_(1e-24).rsqrt_().mul_(magnitude)
        spectrum.mul_(scale)
        consistent, before = before, consistent
    frames.synthesise(spectrum)
    return frames.waveform()


@lru_cache(maxsize=8)
def _inverse_filterbank(settings: MelSettings) -> Tensor:
    return torch.linalg.pinv(mel_filterbank(settings))

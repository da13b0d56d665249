"""Waveform from a mel spectrogram: linear magnitudes by non-negative least squares, phases by fast Griffin-Lim.

Fast Griffin-Lim (Perraudin, Balazs, Sondergaard 2013) adds momentum to the alternating projections of Griffin and Lim
(1984), which AnyoneNet uses (section III-C).
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Generator, Tensor

from anyonenet.audio.mel import MelSettings, mel_filterbank, mel_magnitude


def linear_magnitude(mels: Tensor, settings: MelSettings | None = None, corrections: int = 8) -> Tensor:
    """Linear-frequency magnitudes whose mel spectrogram is the one given.

    Starts from the pseudo-inverse of the filterbank, clamped at zero, and corrects it multiplicatively
    (`x <- x * F'm / F'Fx`, the non-negative least-squares update of Lee and Seung 2001).

    Args:
        mels: `(..., frames, bands)` standardised log-mel.
        settings: the project's numbers when None.
        corrections: number of updates.

    Returns:
        `(..., fft_samples // 2 + 1, frames)` float32, not negative.
    """
    settings = settings or MelSettings()
    filters = mel_filterbank(settings).to(mels.device)  # (bands, bins)
    mel = mel_magnitude(mels, settings).transpose(-1, -2)  # (..., bands, frames)
    # the inverse smears each band thinly over all bins: a floor keeps the multiplicative update alive
    linear = (_inverse_filterbank(settings).to(mels.device) @ mel).clamp_min(1e-8)
    wanted = filters.T @ mel
    gram = filters.T @ filters
    for _ in range(corrections):
        linear = linear * (wanted / (gram @ linear).clamp_min(1e-10))
    return linear


def griffin_lim(
    mels: Tensor,
    settings: MelSettings | None = None,
    iterations: int = 32,
    momentum: float = 0.99,
    generator: Generator | None = None,
) -> Tensor:
    """Waveform of a batch of mel spectrograms, on the device the mels are on.

    Args:
        mels: `(B, T, bands)` standardised log-mel, padded with silence where items differ in length.
        settings: the project's numbers when None.
        iterations: 32 with momentum beat 60 without.
        momentum: 0 is plain Griffin-Lim; below 1.
        generator: of the starting phases, on the CPU; a fixed one when None, so the result is always deterministic.

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
    frames = mels.shape[1]
    samples = frames * settings.hop_samples
    # one more frame of silence lets the transform's last centre lie on the end of the waveform
    silence = mels.new_full((len(mels), 1, mels.shape[2]), settings.silence)
    magnitude = linear_magnitude(torch.cat([mels.float(), silence], dim=1), settings)  # (B, bins, T + 1)
    window = torch.hann_window(settings.window_samples, device=mels.device)
    sizes = (settings.fft_samples, settings.hop_samples, settings.window_samples, window)
    generator = generator or torch.Generator().manual_seed(0)
    angles = torch.rand(magnitude.shape, generator=generator).to(mels.device) * (2 * torch.pi)
    phases = torch.polar(torch.ones_like(angles), angles)
    before = torch.zeros_like(phases)
    for _ in range(iterations):
        waveform = torch.istft(magnitude * phases, *sizes, length=samples)
        consistent = torch.stft(waveform, *sizes, pad_mode="constant", return_complex=True)
        phases = consistent - before * (momentum / (1 + momentum))
        phases = phases / phases.abs().clamp_min(1e-12)
        before = consistent
    return torch.istft(magnitude * phases, *sizes, length=samples)


@lru_cache(maxsize=8)
def _inverse_filterbank(settings: MelSettings) -> Tensor:
    return torch.linalg.pinv(mel_filterbank(settings))

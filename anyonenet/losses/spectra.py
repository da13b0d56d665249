"""How far a made sound's spectra are from the true ones, at several resolutions (Yamamoto et al. 2020)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from anyonenet.audio.mel import MelSettings, log_mel


class SpectralLoss(nn.Module):
    """Spectral convergence and L1 of the log magnitude, of each resolution, averaged.

    Args:
        windows: samples of each Hann window and transform; the hop is a quarter of it.
        floor: smallest magnitude whose logarithm counts.
    """

    def __init__(self, windows: Sequence[int] = (256, 512, 1024, 2048), floor: float = 1e-4):
        super().__init__()
        self.windows, self.floor = tuple(windows), floor

    def forward(self, made: Tensor, target: Tensor) -> Tensor:
        """`(batch, samples)` twice -> scalar; 0 for equal sounds."""
        costs = []
        for size in self.windows:
            window = torch.hann_window(size, device=made.device)
            a, b = (
                torch.stft(sound, size, size // 4, window=window, center=True, return_complex=True).abs()
                for sound in (made, target)
            )
            missed = (a - b).square().sum((1, 2)).add(self.floor**2).sqrt() - self.floor  # the root of 0 has no slope
            converged = missed / b.square().sum((1, 2)).sqrt().clamp_min(self.floor)
            logarithm = F.l1_loss(a.clamp_min(self.floor).log(), b.clamp_min(self.floor).log())
            costs.append(converged.mean() + logarithm)
        return torch.stack(costs).mean()


def mel_l1(made: Tensor, target: Tensor, settings: MelSettings) -> Tensor:
    """Mean absolute difference of the natural log-mels of `(batch, samples)` sounds (HiFi-GAN, Eq. 5)."""
    return settings.scale * F.l1_loss(log_mel(made, settings), log_mel(target, settings))

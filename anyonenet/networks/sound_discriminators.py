"""What judges a vocoder's sound: by its periods (Kong et al. 2020, HiFi-GAN) and by its spectra (Jang et al. 2021)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm

from anyonenet.networks.base import Network

_SLOPE = 0.1


class PeriodDiscriminator(nn.Module):
    """Looks at every `period`-th sample: convolutions down the columns of sound laid out in rows of that length.

    Args:
        period: samples.
        width: channels of the first layer; four times as many in the last ones.
    """

    def __init__(self, period: int, width: int = 32):
        super().__init__()
        self.period = period
        widths = [1, width, 2 * width, 4 * width, 4 * width]
        self.layers = nn.ModuleList(
            weight_norm(nn.Conv2d(a, b, (5, 1), (3, 1), (2, 0))) for a, b in zip(widths, widths[1:], strict=False)
        )
        self.judge = weight_norm(nn.Conv2d(widths[-1], 1, (3, 1), padding=(1, 0)))

    def forward(self, sounds: Tensor) -> list[Tensor]:
        """`(batch, samples)` -> hidden layers, logits last."""
        rest = -sounds.shape[1] % self.period
        values = F.pad(sounds[:, None], (0, rest), mode="reflect").unflatten(-1, (-1, self.period))
        maps = []
        for layer in self.layers:
            values = F.leaky_relu(layer(values), _SLOPE)
            maps.append(values)
        return [*maps, self.judge(values)]


class SpectrumDiscriminator(nn.Module):
    """Looks at the magnitudes of a short-time Fourier transform.

    Args:
        window: samples of the Hann window and transform; the hop is a quarter of it.
        width: channels.
    """

    def __init__(self, window: int, width: int = 32):
        super().__init__()
        self.hop = window // 4
        self.window: Tensor
        self.register_buffer("window", torch.hann_window(window), persistent=False)
        self.layers = nn.ModuleList(
            [
                weight_norm(nn.Conv2d(1, width, (3, 7), padding=(1, 3))),
                *(weight_norm(nn.Conv2d(width, width, (3, 7), (1, 2), (1, 3))) for _ in range(3)),
                weight_norm(nn.Conv2d(width, width, 3, padding=1)),
            ]
        )
        self.judge = weight_norm(nn.Conv2d(width, 1, 3, padding=1))

    def forward(self, sounds: Tensor) -> list[Tensor]:
        """`(batch, samples)` -> hidden layers `(batch, width, frames, bins)`, logits last."""
        spectrum = torch.stft(
            sounds, len(self.window), self.hop, window=self.window, center=True, return_complex=True, pad_mode="reflect"
        )
        values = (spectrum.abs() + 1e-5).log().transpose(1, 2)[:, None] / 5
        maps = []
        for layer in self.layers:
            values = F.leaky_relu(layer(values), _SLOPE)
            maps.append(values)
        return [*maps, self.judge(values)]


class SoundDiscriminators(Network):
    """Some of both.

    Args:
        periods: of the `PeriodDiscriminator`s, samples.
        windows: of the `SpectrumDiscriminator`s, samples.
        width: channels of each one's first layer.
    """

    def __init__(
        self,
        periods: Sequence[int] = (2, 3, 5, 7, 11),
        windows: Sequence[int] = (512, 1024, 2048),
        width: int = 32,
    ):
        super().__init__()
        self.each = nn.ModuleList(
            [
                *(PeriodDiscriminator(period, width) for period in periods),
                *(SpectrumDiscriminator(window, width) for window in windows),
            ]
        )

    def forward(self, sounds: Tensor) -> list[list[Tensor]]:
        """`(batch, samples)` -> of each discriminator its hidden layers, logits last."""
        return [one(sounds) for one in self.each]

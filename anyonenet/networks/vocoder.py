"""A neural vocoder: mel spectrogram -> waveform by way of a complex spectrum (Siuzdak 2023, Vocos).

All layers work at the mel's frame rate; an inverse short-time Fourier transform makes the samples. So it costs a
hundredth of what networks do that work at the sample rate, and nothing is drawn: equal mels give equal sound.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from anyonenet.networks.base import Network

LARGEST_LOG_MAGNITUDE = 5.0
"""of the spectrum before it is transformed back: nothing in [-1, 1] is louder"""


class ConvNeXtBlock(nn.Module):
    """Depthwise convolution over time, then two layers at each frame, beside a path that skips them (Liu et al. 2022).

    Args:
        width: channels.
        inner: channels between the two layers.
        kernel: frames of the convolution, odd.
        scale: initial weight of the block beside its input.
    """

    def __init__(self, width: int, inner: int, kernel: int, scale: float):
        super().__init__()
        self.depthwise = nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=width)
        self.normalise = nn.LayerNorm(width, eps=1e-6)
        self.widen = nn.Linear(width, inner)
        self.narrow = nn.Linear(inner, width)
        self.scale = nn.Parameter(torch.full((width,), scale))

    def forward(self, values: Tensor) -> Tensor:
        """`(batch, width, frames)`, twice."""
        inside = self.normalise(self.depthwise(values).transpose(1, 2))
        inside = self.scale * self.narrow(F.gelu(self.widen(inside)))
        return values + inside.transpose(1, 2)


class Vocoder(Network):
    """ConvNeXt blocks and a head that says magnitude and phase of each bin of each frame.

    Args:
        bands: of the mels.
        width: channels of the blocks.
        inner: channels inside each block.
        blocks: how many.
        kernel: frames that a block's convolution sees.
        window_samples: of the inverse transform's Hann window, and its length.
        hop_samples: between frames; the window holds a whole number of hops, at least two.
    """

    def __init__(
        self,
        bands: int = 80,
        width: int = 512,
        inner: int = 1536,
        blocks: int = 8,
        kernel: int = 7,
        window_samples: int = 800,
        hop_samples: int = 200,
    ):
        super().__init__()
        if window_samples % hop_samples or window_samples < 2 * hop_samples:
            raise ValueError(
                f"a window of {window_samples} samples does not hold two or more whole hops of {hop_samples}"
            )
        self.hop_samples, self.window_samples = hop_samples, window_samples
        self.enter = nn.Conv1d(bands, width, kernel, padding=kernel // 2)
        self.first = nn.LayerNorm(width, eps=1e-6)
        self.blocks = nn.ModuleList([ConvNeXtBlock(width, inner, kernel, 1 / blocks) for _ in range(blocks)])
        self.last = nn.LayerNorm(width, eps=1e-6)
        self.head = nn.Linear(width, window_samples + 2)
        self.window: Tensor
        self.register_buffer("window", torch.hann_window(window_samples), persistent=False)
        for module in self.modules():
            if isinstance(module, (nn.Conv1d, nn.Linear)):
                nn.init.normal_(module.weight, std=0.02)
                assert module.bias is not None
                nn.init.zeros_(module.bias)

    def forward(self, mels: Tensor) -> Tensor:
        """Waveforms of mels.

        Args:
            mels: `(batch, T, bands)` standardised log-mel.

        Returns:
            `(batch, T * hop_samples)` float32, not clipped; frame t is centred on sample `t * hop_samples`.
        """
        # the last hop lies between the last frame and one more, as loud as it
        values = F.pad(mels.transpose(1, 2), (0, 1), mode="replicate")
        values = self.first(self.enter(values).transpose(1, 2)).transpose(1, 2)
        for block in self.blocks:
            values = block(values)
        said = self.head(self.last(values.transpose(1, 2))).float().transpose(1, 2)
        logarithm, phase = said.chunk(2, dim=1)
        spectrum = torch.polar(logarithm.clamp(max=LARGEST_LOG_MAGNITUDE).exp(), phase)
        return torch.istft(spectrum, self.window_samples, self.hop_samples, window=self.window, center=True)

"""CBHG: convolution bank, highway network and bidirectional GRU (Tacotron, Wang et al. 2017, section 3.1).

The AnyoneNet paper takes it as the second half of the text encoder (section III-C).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from anyonenet.networks.batch_norm import BatchNorm
from anyonenet.networks.recurrent import run_recurrent


class NormalisedConvolution(nn.Module):
    """1-D convolution of unchanged length, batch normalisation, and a ReLU where asked for.

    A masked position counts as zero before and after, so an item gives the same numbers alone and in a batch
    (in evaluation mode; in training the batch statistics, which leave out padding, tie the items together).
    """

    def __init__(self, in_channels: int, out_channels: int, width: int, rectify: bool):
        super().__init__()
        self.padding = ((width - 1) // 2, width // 2)
        self.convolution = nn.Conv1d(in_channels, out_channels, width, bias=False)
        self.norm = BatchNorm(out_channels)
        self.rectify = rectify

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """`(B, in, N)`, `(B, 1, N)` of 0 and 1 -> `(B, out, N)`."""
        values = self.convolution(nn.functional.pad(values, self.padding))
        values = self.norm(values, mask > 0)
        return (values.relu() if self.rectify else values) * mask


class Highway(nn.Module):
    """One highway layer: `t * relu(W_h x) + (1 - t) * x`, `t = sigmoid(W_t x)`, biased towards carrying x."""

    def __init__(self, size: int):
        super().__init__()
        self.transform = nn.Linear(size, size)
        self.gate = nn.Linear(size, size)
        nn.init.constant_(self.gate.bias, -1.0)

    def forward(self, values: Tensor) -> Tensor:
        """`(..., size)` -> `(..., size)`."""
        gate = self.gate(values).sigmoid()
        return values + gate * (self.transform(values).relu() - values)


class CBHG(nn.Module):
    """Bank of convolutions of widths 1 to K, max-pooling, two projections with a residual, highways, BiGRU.

    The defaults are Tacotron's encoder: K = 16, 128 channels, projections of 128 and 128, four highway layers,
    GRU of 128 cells in each direction.

    Args:
        in_size: features of the input.
        bank_size: K, the widest filter of the bank.
        bank_channels: filters of each width.
        projection_sizes: channels of the inner projections (width 3); a last one leads back to `in_size`.
        highway_size: features of the highway layers.
        highway_layers: how many.
        gru_size: cells in each direction; the output has twice as many features.
    """

    def __init__(
        self,
        in_size: int = 128,
        bank_size: int = 16,
        bank_channels: int = 128,
        projection_sizes: Sequence[int] = (128,),
        highway_size: int = 128,
        highway_layers: int = 4,
        gru_size: int = 128,
    ):
        super().__init__()
        self.bank = nn.ModuleList(
            NormalisedConvolution(in_size, bank_channels, width, rectify=True) for width in range(1, bank_size + 1)
        )
        sizes = [bank_size * bank_channels, *projection_sizes, in_size]
        self.projections = nn.ModuleList(
            NormalisedConvolution(before, after, 3, rectify=index < len(sizes) - 2)
            for index, (before, after) in enumerate(zip(sizes[:-1], sizes[1:]))
        )
        self.widen = nn.Identity() if in_size == highway_size else nn.Linear(in_size, highway_size, bias=False)
        self.highways = nn.Sequential(*[Highway(highway_size) for _ in range(highway_layers)])
        self.gru = nn.GRU(highway_size, gru_size, batch_first=True, bidirectional=True)
        self.out_size = 2 * gru_size

    def forward(self, values: Tensor, lengths: Tensor) -> Tensor:
        """
        Args:
            values: `(B, N, in_size)`.
            lengths: `(B,)` int64, valid positions of each item.

        Returns:
            `(B, N, 2 * gru_size)`, zero beyond each item's length.
        """
        positions = values.shape[1]
        mask = (torch.arange(positions, device=values.device) < lengths[:, None])[:, None].to(values.dtype)
        channels = values.transpose(1, 2) * mask  # (B, in, N)
        bank = torch.cat([convolution(channels, mask) for convolution in self.bank], dim=1)  # (B, K * C, N)
        hidden = nn.functional.max_pool1d(nn.functional.pad(bank, (1, 0)), kernel_size=2, stride=1) * mask
        for projection in self.projections:
            hidden = projection(hidden, mask)
        hidden = (hidden + channels).transpose(1, 2)  # (B, N, in)
        hidden = self.highways(self.widen(hidden))
        return run_recurrent(self.gru, hidden, lengths)

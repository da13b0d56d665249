"""Residual convolutions over time, of which Write-a-Speaker's generators and discriminators are stacked."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn


class Res1D(nn.Module):
    """Two convolutions over time with a skip; frames outside the mask stay zero and are read as zero.

    The paper names the layer and no more. Here: normalisation of each frame's features, since that of a whole sequence
    would tell how long it is; leaky ReLU, as in the discriminators of its time.

    Args:
        width: of the features in.
        out: of the features out; None: the same.
        kernel: of both convolutions, odd.
        dilation: of both.
    """

    def __init__(self, width: int, out: int | None = None, kernel: int = 5, dilation: int = 1):
        super().__init__()
        out = width if out is None else out
        padding = dilation * (kernel // 2)
        self.first = nn.Conv1d(width, out, kernel, padding=padding, dilation=dilation)
        self.second = nn.Conv1d(out, out, kernel, padding=padding, dilation=dilation)
        self.norm = nn.LayerNorm(width)
        self.skip = nn.Conv1d(width, out, 1) if out != width else nn.Identity()

    def forward(self, features: Tensor, mask: Tensor) -> Tensor:
        """`(batch, width, frames)` and `(batch, 1, frames)` of ones and zeros -> `(batch, out, frames)`."""
        hidden = F.leaky_relu(self.norm(features.mT).mT, 0.2) * mask
        hidden = F.leaky_relu(self.first(hidden), 0.2) * mask
        return (self.skip(features) + self.second(hidden)) * mask

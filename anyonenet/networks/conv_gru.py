"""A GRU whose gates are convolutions: memory that keeps its place in the picture (Ballas et al. 2016)."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ConvGRU(nn.Module):
    """One layer over sequences of maps. The state goes in and comes out; nothing is kept inside.

    Args:
        inputs: channels that are read.
        width: channels of the state.
        dilation: of the 3x3 convolutions.
    """

    def __init__(self, inputs: int, width: int, dilation: int = 1):
        super().__init__()
        self.width = width
        # update and reset gate and candidate read the input alike: one convolution
        self.read = nn.Conv2d(inputs, 3 * width, 3, padding=dilation, dilation=dilation)
        self.gates = nn.Conv2d(width, 2 * width, 3, padding=dilation, dilation=dilation, bias=False)
        self.candidate = nn.Conv2d(width, width, 3, padding=dilation, dilation=dilation, bias=False)

    def forward(self, maps: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """
        Args:
            maps: `(batch, frames, inputs, height, width)`.
            state: `(batch, width, height, width)` after the frames before; None: zeros.

        Returns:
            states of all frames `(batch, frames, width, height, width)`, and the last one.
        """
        read = self.read(maps.flatten(0, 1)).unflatten(0, maps.shape[:2])
        hidden = maps.new_zeros(len(maps), self.width, *maps.shape[3:]) if state is None else state
        states = []
        for frame in range(maps.shape[1]):
            update_read, reset_read, candidate_read = read[:, frame].chunk(3, dim=1)
            update, reset = self.gates(hidden).chunk(2, dim=1)
            update, reset = torch.sigmoid(update + update_read), torch.sigmoid(reset + reset_read)
            candidate = torch.tanh(candidate_read + self.candidate(reset * hidden))
            hidden = (1 - update) * hidden + update * candidate
            states.append(hidden)
        return torch.stack(states, dim=1), hidden

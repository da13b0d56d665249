"""Self-attention over the frames of a few seconds (MakeItTalk, equations (5) and (10), appendix A)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from anyonenet.networks.masked import frame_mask


class FrameAttention(nn.Module):
    """An embedding layer, positions, and encoder blocks of Vaswani et al. (2017).

    The paper attends from each frame to the 256 that follow it. Here the speech is cut into windows of so many frames,
    each half of which the next one shares; within a window all frames attend to all, and where two windows overlap one
    fades into the other. That is a sixty-fourth of the work, and the only way to have it during training on one cut.

    Args:
        inputs: features of a frame.
        width: of the model (paper: 32).
        layers: encoder blocks (paper: 2).
        heads: of the attention (paper: 2).
        window: frames that attend to each other (paper: 256).
    """

    def __init__(self, inputs: int, width: int = 32, layers: int = 2, heads: int = 2, window: int = 256):
        super().__init__()
        self.width, self.window = width, window
        self.embed = nn.Linear(inputs, width)
        block = nn.TransformerEncoderLayer(width, heads, dim_feedforward=width, dropout=0.0, batch_first=True)
        self.blocks = nn.TransformerEncoder(block, layers, enable_nested_tensor=False)
        self.register_buffer("positions", _sinusoids(window, width), persistent=False)

    def forward(self, frames: Tensor, lengths: Tensor) -> Tensor:
        """`(B, T, inputs)` and `(B,)` int64 -> `(B, T, width)`, zero beyond each item's length."""
        hidden = self.embed(frames)
        if frames.shape[1] <= self.window:
            return self._within(hidden, frame_mask(lengths.to(frames.device), frames.shape[1]))
        # one by one, so that where windows lie does not depend on the others' lengths
        attended = [self._one(item[:length]) for item, length in zip(hidden, lengths.tolist(), strict=True)]
        rest = (0, 0, 0, frames.shape[1])
        return torch.stack([nn.functional.pad(item, rest)[: frames.shape[1]] for item in attended])

    def _one(self, hidden: Tensor) -> Tensor:
        """`(T, width)` -> `(T, width)`."""
        count = len(hidden)
        size = min(self.window, count)
        begins = _begins(count, size)
        windows = torch.stack([hidden[begin : begin + size] for begin in begins])
        attended = self._within(windows, torch.ones(windows.shape[:2], dtype=torch.bool, device=hidden.device))
        # a triangle that never reaches zero: a frame of one window only has that one's answer
        shares = 1 - (torch.arange(size, device=hidden.device) * 2 + 1 - size).abs() / size + 1e-3
        total, weights = torch.zeros_like(hidden), hidden.new_zeros(count)
        for begin, window in zip(begins, attended, strict=True):
            total[begin : begin + size] += window * shares[:, None].to(hidden.dtype)
            weights[begin : begin + size] += shares.to(hidden.dtype)
        return total / weights[:, None]

    def _within(self, hidden: Tensor, mask: Tensor) -> Tensor:
        positions = self.get_buffer("positions")[: hidden.shape[1]]
        attended = self.blocks(hidden + positions, src_key_padding_mask=~mask)
        return attended.masked_fill(~mask.unsqueeze(-1), 0.0)


def _begins(frames: int, window: int) -> list[int]:
    """First frames of windows, half a window apart, the last one ending with the last frame."""
    return [*range(0, frames - window, max(1, window // 2)), frames - window]


def _sinusoids(frames: int, width: int) -> Tensor:
    """`(frames, width)`: Vaswani et al. (2017), section 3.5."""
    times = torch.arange(frames)[:, None]
    rates = torch.exp(-math.log(10000.0) * torch.arange(0, width, 2) / width)
    table = torch.zeros(frames, width)
    table[:, 0::2] = torch.sin(times * rates)
    table[:, 1::2] = torch.cos(times * rates)[:, : width // 2]
    return table

"""Layers for padded sequences: what lies beyond an item's length never changes what lies within it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from anyonenet.networks.batch_norm import BatchNorm


def frame_mask(lengths: Tensor, frames: int) -> Tensor:
    """True on the frames that count.

    Args:
        lengths: `(batch,)` int64, frames.
        frames: length of the padded axis.

    Returns:
        `(batch, frames)` bool.
    """
    return torch.arange(frames, device=lengths.device) < lengths[:, None]


class MaskedInstanceNorm(nn.Module):
    """Instance normalisation (no affine part) whose statistics leave out padding."""

    def __init__(self, epsilon: float = 1e-5):
        super().__init__()
        self.epsilon = epsilon

    def forward(self, features: Tensor, mask: Tensor) -> Tensor:
        """`(batch, frames, features)` and `(batch, frames)` bool -> the same shape; padding stays as it is."""
        weights = mask.unsqueeze(-1).to(torch.float32)
        count = weights.sum(1, keepdim=True).clamp_min(1)
        full = features.float()  # statistics in float32 under autocast too
        mean = (full * weights).sum(1, keepdim=True) / count
        centred = full - mean
        variance = (centred.square() * weights).sum(1, keepdim=True) / count
        normalised = (centred * torch.rsqrt(variance + self.epsilon)).to(features.dtype)
        return torch.where(mask.unsqueeze(-1), normalised, features)


class MaskedBatchNorm(nn.Module):
    """Batch normalisation over the frames that count, of all ranks."""

    def __init__(self, width: int):
        super().__init__()
        self.norm = BatchNorm(width)

    def forward(self, features: Tensor, mask: Tensor) -> Tensor:
        """`(batch, frames, width)` and `(batch, frames)` bool -> the same shape, zero on padding."""
        if not self.training:
            # running statistics do not mind padding, and a dense pass is faster than a gather
            flat = self.norm(features.flatten(0, 1)).unflatten(0, mask.shape)
            return flat.masked_fill(~mask.unsqueeze(-1), 0.0)
        normalised = torch.zeros_like(features)
        normalised[mask] = self.norm(features[mask]).to(features.dtype)
        return normalised

"""Where a picture's loss should look harder: around the mouth, which is small and moves most."""

from __future__ import annotations

import torch
from torch import Tensor


def mouth_emphasis(landmarks: Tensor, height: int, width: int, weight: float) -> Tensor:
    """Weights with mean 1 for each picture: `weight` at the mouth's middle against 1 far away.

    Args:
        landmarks: `(batch, 68, 2)` pixels of the picture.
        height, width: of the picture, pixels.
        weight: 1 gives 1 everywhere.

    Returns:
        `(batch, 1, height, width)`.
    """
    centre = landmarks[:, 48:68].mean(1)
    spread = 0.6 * (landmarks[:, 54] - landmarks[:, 48]).norm(dim=-1).clamp_min(1.0)
    rows = torch.arange(height, device=landmarks.device) - centre[:, 1:2]
    columns = torch.arange(width, device=landmarks.device) - centre[:, 0:1]
    square = rows.square()[:, :, None] + columns.square()[:, None, :]
    weights = 1 + (weight - 1) * torch.exp(-square / (2 * spread.square()[:, None, None]))
    return (weights / weights.mean((1, 2), keepdim=True)).unsqueeze(1)

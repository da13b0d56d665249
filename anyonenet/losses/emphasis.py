"""Where a picture's loss should look harder: around the mouth and the eyes, which are small and move most."""

from __future__ import annotations

import torch
from torch import Tensor

_MOUTH = (48, 54, slice(48, 68))
_EYES = ((36, 39, slice(36, 42)), (42, 45, slice(42, 48)))


def emphasis(landmarks: Tensor, height: int, width: int, mouth: float, eyes: float = 1.0) -> Tensor:
    """Weights with mean 1 for each picture: `mouth` and `eyes` at the middle of each against 1 far away.

    Args:
        landmarks: `(batch, 68, 2)` pixels of the picture.
        height, width: of the picture, pixels.
        mouth, eyes: 1 gives 1 everywhere.

    Returns:
        `(batch, 1, height, width)`.
    """
    rows = torch.arange(height, device=landmarks.device, dtype=torch.float32)
    columns = torch.arange(width, device=landmarks.device, dtype=torch.float32)
    weights = torch.ones(len(landmarks), height, width, device=landmarks.device)
    for (left, right, points), weight in ((_MOUTH, mouth), *((eye, eyes) for eye in _EYES)):
        if weight == 1:
            continue
        centre = landmarks[:, points].mean(1)
        spread = 0.6 * (landmarks[:, right] - landmarks[:, left]).norm(dim=-1).clamp_min(1.0)
        across = torch.exp(-(columns - centre[:, 0:1]).square() / (2 * spread.square()[:, None]))
        down = torch.exp(-(rows - centre[:, 1:2]).square() / (2 * spread.square()[:, None]))
        weights = weights + (weight - 1) * down[:, :, None] * across[:, None, :]
    return (weights / weights.mean((1, 2), keepdim=True)).unsqueeze(1)

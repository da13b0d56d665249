"""Where a picture's loss should look harder: around the mouth and the eyes, which are small and move most."""

from __future__ import annotations

import torch
from torch import Tensor

_MOUTH = (48, 54, slice(48, 68))
_EYES = ((36, 39, slice(36, 42)), (42, 45, slice(42, 48)))


def between_lips(landmarks: Tensor, height: int, width: int) -> Tensor:
    """How much of each pixel lies in the open mouth: 1 in the middle, 0 outside; a soft ellipse through the inner lips.

    Args:
        landmarks: `(batch, 68, 2)` pixels of the picture.
        height, width: of the picture, pixels.

    Returns:
        `(batch, 1, height, width)`; 0 everywhere where the lips are closed.
    """
    left, right = landmarks[:, 60], landmarks[:, 64]
    upper, lower = landmarks[:, 61:64].mean(1), landmarks[:, 65:68].mean(1)
    centre = (upper + lower) / 2
    along = right - left
    half_width = along.norm(dim=-1) / 2
    along = along / along.norm(dim=-1, keepdim=True).clamp_min(1e-6)
    down = torch.stack([-along[:, 1], along[:, 0]], dim=-1)
    half_height = ((lower - upper) * down).sum(-1) / 2
    rows = torch.arange(height, device=landmarks.device, dtype=torch.float32)
    columns = torch.arange(width, device=landmarks.device, dtype=torch.float32)
    x = columns[None, None, :] - centre[:, 0, None, None]
    y = rows[None, :, None] - centre[:, 1, None, None]
    a = (x * along[:, 0, None, None] + y * along[:, 1, None, None]) / half_width.clamp_min(1.0)[:, None, None]
    b = (x * down[:, 0, None, None] + y * down[:, 1, None, None]) / half_height.clamp_min(0.5)[:, None, None]
    inside = (2 * (1 - (a.square() + b.square()))).clamp(0, 1)
    return (inside * (half_height > 0.5)[:, None, None]).unsqueeze(1)


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

"""Frontal landmarks as a viewer sees them when the head turns about its neck, in tensors.

Stores keep no depth and no place of the head: depth is the usual face's, and the neck stays where it is.
"""

from __future__ import annotations

import torch
from torch import Tensor

from anyonenet.face.template import frontal_template
from anyonenet.portrait import NECK


def lifted(frontal: Tensor) -> Tensor:
    """`(..., 68, 2)` frontal landmarks, outer-eye distances -> `(..., 68, 3)` with the usual face's depth."""
    depth = torch.from_numpy(frontal_template()[:, 2:]).to(frontal)
    return torch.cat([frontal, depth.expand(*frontal.shape[:-1], 1)], dim=-1)


def rotations(quaternions: Tensor) -> Tensor:
    """Unit quaternions `(..., 4)` (w, x, y, z) -> rotation matrices `(..., 3, 3)`."""
    w, x, y, z = quaternions.unbind(-1)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return torch.stack([torch.stack(row, dim=-1) for row in rows], dim=-2)


def turned(vectors: Tensor, quaternions: Tensor) -> Tensor:
    """Rotate `(..., N, 3)` by unit quaternions `(..., 4)`, in the vectors' own precision under autocast too."""
    with torch.autocast(vectors.device.type, enabled=False):
        return vectors @ rotations(quaternions).mT


def posed(frontal: Tensor, quaternions: Tensor) -> Tensor:
    """Faces turned about the neck.

    Args:
        frontal: `(..., 68, 3)` outer-eye distances.
        quaternions: `(..., 4)` unit.

    Returns:
        `(..., 68, 3)`, the same unit and origin.
    """
    neck = torch.from_numpy(NECK).to(frontal)
    return turned(frontal - neck, quaternions) + neck

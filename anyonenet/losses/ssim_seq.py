"""SSIM-Seq: how alike two tracks run, each parameter by itself (Write-a-Speaker, equation (4))."""

from __future__ import annotations

import torch
from torch import Tensor

LEVEL, CONTRAST = 1e-4, 9e-4
"""delta_1 and delta_2, "two small constants": those of SSIM (Wang et al. 2004) for a range of 1"""


def ssim_seq(made: Tensor, real: Tensor, mask: Tensor, level: float = LEVEL, contrast: float = CONTRAST) -> Tensor:
    """The mean over items and parameters of SSIM over time; equation (4) is one minus this.

    Mean, deviation and covariance are over the frames of an item that count.

    Args:
        made, real: `(B, T, P)`.
        mask: `(B, T)` bool, the frames that count; items without any are left out.
        level, contrast: the constants delta_1 and delta_2, of the square of the tracks' unit.

    Returns:
        scalar in [-1, 1], 1 where they are the same.
    """
    weights = mask[..., None].float()
    count = weights.sum(1)
    present = count[:, 0] > 0
    made, real, weights, count = made.float()[present], real.float()[present], weights[present], count[present]
    mean, mean_real = ((track * weights).sum(1) / count for track in (made, real))
    off, off_real = made - mean[:, None], real - mean_real[:, None]
    variance, variance_real, covariance = (
        (product * weights).sum(1) / count for product in (off * off, off_real * off_real, off * off_real)
    )
    alike = (2 * mean * mean_real + level) * (2 * covariance + contrast)
    total = (mean.square() + mean_real.square() + level) * (variance + variance_real + contrast)
    return torch.mean(alike / total)

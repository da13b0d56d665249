"""Sharpness of pictures without a reference: CPBD (Narvekar and Karam 2011).

An edge looks blurred with probability P = 1 - exp(-(w / w_jnb)^3.6), w its width in pixels and w_jnb the width at which
blur is just noticed: 5 pixels where the block's contrast is at most 50 grey levels, 3 above. CPBD is the share of edges
with P <= 63 %, that is w <= w_jnb.

Edges are upright ones: Sobel's squared response above four times its mean and largest along the row, the gradient
within 22.5 degrees of the row. Their width runs along the row from one end of the monotone slope to the other, at least
one pixel to either side. Blocks are 64 x 64 pixels; those count in which Canny finds edges on more than 0.2 % of the
pixels, its upper threshold set so that 30 % of the pixels pass it, the lower one 0.4 of that.
"""

from __future__ import annotations

import numpy as np
import torch
from scipy.ndimage import gaussian_filter, sobel
from torch import Tensor

from evaluation.metrics.aggregates import ItemMean

BLOCK = 64
_LUMINANCE = (0.299, 0.587, 0.114)  # ITU-R BT.601
_EDGE_SHARE = 0.002
_CANNY_SIGMA = 2**0.5


def cumulative_blur_probability(pictures: Tensor) -> Tensor:
    """CPBD of each picture.

    Args:
        pictures: `(B, 3, H, W)` RGB in [-1, 1], at least 64 x 64.

    Returns:
        `(B,)` in [0, 1], the higher the sharper; nan where no block has edges.

    Raises:
        ValueError: another shape, or smaller.
    """
    if pictures.dim() != 4 or pictures.shape[1] != 3 or min(pictures.shape[2:]) < BLOCK:
        raise ValueError(
            f"pictures are {tuple(pictures.shape)}; expected (batch, 3, height, width) of at least 64 x 64"
        )
    weights = torch.tensor(_LUMINANCE, device=pictures.device).view(3, 1, 1)
    grey = ((pictures.float() + 1) * 127.5 * weights).sum(1).round().clamp(0, 255)
    return torch.tensor([_of_picture(picture) for picture in grey.cpu().numpy()], device=pictures.device)


def edge_widths(grey: np.ndarray) -> np.ndarray:
    """`(H, W)` grey levels -> `(H, W)` int64: width of each vertical edge at its pixel, 0 where none is."""
    across, down = sobel(grey, axis=1), sobel(grey, axis=0)
    power = across**2
    edges = (power > 4 * power.mean()) & (np.abs(down) <= np.tan(np.pi / 8) * np.abs(across))
    edges[:, 1:] &= power[:, 1:] > power[:, :-1]
    edges[:, :-1] &= power[:, :-1] >= power[:, 1:]
    steps = np.diff(grey, axis=1) * 1.0
    rising, falling = _slopes(steps > 0), _slopes(steps < 0)
    return np.where(edges, np.where(across > 0, rising, falling), 0)


class CumulativeBlurProbability(ItemMean):
    """CPBD: mean of `cumulative_blur_probability` over pictures; `undefined` counts those without edges."""

    higher_is_better = True

    def update(self, pictures: Tensor) -> None:
        """`(batch, 3, H, W)` RGB in [-1, 1], at least 64 x 64."""
        self.add(cumulative_blur_probability(pictures))


def _of_picture(grey: np.ndarray) -> float:
    from skimage.feature import canny

    widths = edge_widths(grey)
    smooth = gaussian_filter(grey, _CANNY_SIGMA)
    upper = np.quantile(np.hypot(sobel(smooth, axis=0), sobel(smooth, axis=1)), 0.7)
    outlines = canny(grey, _CANNY_SIGMA, low_threshold=0.4 * upper, high_threshold=upper)
    sharp = edges = 0
    for top in range(0, grey.shape[0] - BLOCK + 1, BLOCK):
        for left in range(0, grey.shape[1] - BLOCK + 1, BLOCK):
            block = np.s_[top : top + BLOCK, left : left + BLOCK]
            if outlines[block].mean() <= _EDGE_SHARE:
                continue
            just_noticed = 5 if np.ptp(grey[block]) <= 50 else 3
            found = widths[block][widths[block] > 0]
            edges += len(found)
            sharp += int((found <= just_noticed).sum())
    return sharp / edges if edges else float("nan")


def _slopes(monotone: np.ndarray) -> np.ndarray:
    """Steps `(H, W - 1)` that go on in one direction -> `(H, W)`: how long the slope through each pixel is."""
    height, count = monotone.shape
    left = np.zeros((height, count + 1), dtype=np.int64)  # steps on the way to the pixel
    right = np.zeros((height, count + 1), dtype=np.int64)
    for column in range(count):
        left[:, column + 1] = (left[:, column] + 1) * monotone[:, column]
    for column in range(count - 1, -1, -1):
        right[:, column] = (right[:, column + 1] + 1) * monotone[:, column]
    return np.maximum(left, 1) + np.maximum(right, 1)

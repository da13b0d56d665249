"""What the landmarks alone say about how a picture moves: a dense displacement between them.

Sparse motion made dense by Gaussian kernels, as the dense-motion stage of Siarohin et al. 2019 begins. The image
translation reads it and corrects it. Training and inference use this one function.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

GRID = 64
"""the field is computed on this many places a side and interpolated: it is smooth"""
KERNELS = ((4 / 128, 1.0), (12 / 128, 0.05), (40 / 128, 0.002))
"""standard deviations, half sides of the picture, and weights: near landmarks decide, far ones fill the gaps"""
STILLNESS = 0.01
"""weight of not moving at all, which wins where no landmark is near"""


def motion_field(landmarks: ArrayLike, photo_landmarks: ArrayLike, size: int = 256) -> NDArray[np.float32]:
    """From each pixel of the wanted picture to where the photo shows it.

    Args:
        landmarks: `(68, 2)` or `(68, 3)` pixels of the square canvas, as they are wanted; depth is ignored.
        photo_landmarks: the same points in the photo.
        size: side of the canvas.

    Returns:
        `(size, size, 3)` float32, in memory plane by plane: displacement x and y in half sides of the picture, and
        nearness to landmarks in [0, 1), which is how much of the displacement of the landmarks is left there.

    Raises:
        ValueError: a wrong shape, or values that are not finite.
    """
    wanted, known = np.asarray(landmarks, dtype=np.float64), np.asarray(photo_landmarks, dtype=np.float64)
    for points in (wanted, known):
        if points.shape not in ((68, 2), (68, 3)) or not np.isfinite(points).all():
            raise ValueError(f"expected 68 finite landmarks, got an array of shape {points.shape}")
    places = (2 * wanted[:, :2] + 1) / size - 1
    moved = 2 * (known[:, :2] - wanted[:, :2]) / size
    values = np.concatenate([moved, np.ones((68, 1))], axis=1)
    axis = (2 * np.arange(GRID) + 1) / GRID - 1
    squares = (axis - places[:, :, None]) ** 2  # (68, 2, GRID)
    sums = np.zeros((3 * GRID, GRID))
    for deviation, weight in KERNELS:
        across, down = np.exp(squares * (-0.5 / deviation**2)).swapaxes(0, 1)
        # a Gaussian of two directions is a product, so the sum over landmarks is a product of matrices
        weighted = (weight * values)[:, :, None] * down[:, None]  # (68, 3, GRID)
        sums += weighted.reshape(len(values), -1).T @ across
    field = sums.reshape(3, GRID, GRID)
    field = (field / (field[2] + STILLNESS)).astype(np.float32)
    planes = np.empty((3, size, size), np.float32)
    for plane, coarse in zip(planes, field, strict=True):
        cv2.resize(coarse, (size, size), dst=plane, interpolation=cv2.INTER_LINEAR)
    return planes.transpose(1, 2, 0)

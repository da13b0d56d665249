"""The square around a head that the image translation draws; training and inference cut it out alike."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def square_around(landmarks: ArrayLike, faces: float = 2.0, size: int = 256) -> NDArray[np.float64]:
    """`(2, 3)` affine map from a photo's pixels to those of a square with the head in its middle, hair included.

    Args:
        landmarks: `(68, 2)` or `(68, 3)`, pixels.
        faces: side of the square in heights of the face from brow to chin.
        size: pixels of the square's side.
    """
    points = np.asarray(landmarks, dtype=np.float64)[:, :2]
    left, top = points.min(axis=0)
    right, bottom = points.max(axis=0)
    side = faces * (bottom - top)
    corner = np.array([(left + right) / 2, top + 0.42 * (bottom - top)]) - side / 2
    scale = size / side
    return np.array([[scale, 0, -corner[0] * scale], [0, scale, -corner[1] * scale]])

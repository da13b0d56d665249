"""How blurred a photo is, so that what is painted into it is no sharper than the rest."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

_AGAIN = 1.5
"""pixels: the photo is blurred once more by this much"""
_EDGES = 0.995
"""quantile of slopes that counts as an edge"""
_CRISP = 0.7
"""pixels by which the edges of a sharp picture are blurred"""


def photo_blur(photo: NDArray[np.uint8], landmarks: Array) -> float:
    """Blur of a face's edges beyond that of a sharp picture, standard deviation in pixels.

    A blur of s makes edges 1 / s as steep, so the steepness that a further blur leaves tells the first one.

    Args:
        photo: (H, W, 3) uint8.
        landmarks: (68, 3) pixels.
    """
    height, width = photo.shape[:2]
    left, top = np.clip(landmarks[:, :2].min(0).astype(int), 0, (width, height))
    right, bottom = np.clip(landmarks[:, :2].max(0).astype(int) + 1, 0, (width, height))
    if right - left < 8 or bottom - top < 8:
        return 0.0
    grey = cv2.cvtColor(photo[top:bottom, left:right], cv2.COLOR_RGB2GRAY).astype(np.float32)
    before, after = _steepness(grey), _steepness(np.asarray(cv2.GaussianBlur(grey, (0, 0), _AGAIN), np.float32))
    ratio = max(before / max(after, 1e-3), 1.02)
    own = _AGAIN / float(np.sqrt(ratio**2 - 1))
    return float(np.sqrt(max(min(own, 6.0) ** 2 - _CRISP**2, 0.0)))


def _steepness(grey: Array) -> float:
    across, down = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    return float(np.quantile(np.hypot(across, down), _EDGES))

"""The canonical face of Speech2Vid (Jamaludin, Chung and Zisserman 2017/2019, section 2): pictures registered by eyes
and nose alone, so that what the mouth and the jaw do is left in them."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from anyonenet.face.template import EYES, NOSE, frontal_template

POINTS = (*EYES, *NOSE)
"""the landmarks that registration goes by: not the mouth, whose movement is what the pictures are for"""
SIDE_EYE_DISTANCES = 2.16
"""side of a canonical picture in outer-eye distances: brows, ears' fronts and the chin of an open mouth are inside"""
_DOWN = 0.03
"""how far the middle of the picture lies below the middle between brows and chin, in outer-eye distances"""
_BROW, _CHIN = 19, 8


@lru_cache(maxsize=8)
def canonical_landmarks(side: int) -> NDArray[np.float64]:
    """`(68, 2)` pixels of the mean face in a canonical picture of `side` pixels; do not write into it."""
    points = frontal_template()[:, :2]
    centre = np.array([0.0, (points[_BROW, 1] + points[_CHIN, 1]) / 2 + _DOWN])
    return (points - centre) * (side / SIDE_EYE_DISTANCES) + (side - 1) / 2


def canonical_matrix(landmarks: ArrayLike, side: int) -> NDArray[np.float64]:
    """`(..., 2, 3)` similarity (scale, rotation, translation) from pixels of a picture to those of the canonical one.

    Least squares over `POINTS` (Umeyama 1991; in two dimensions a complex division).

    Args:
        landmarks: `(..., 68, 2 or 3)` pixels.
        side: pixels of the canonical picture's side.

    Raises:
        ValueError: not landmarks, or those of eyes and nose all lie in one place.
    """
    points = np.asarray(landmarks, dtype=np.float64)
    if points.ndim < 2 or points.shape[-2] != 68 or points.shape[-1] not in (2, 3):
        raise ValueError(f"expected landmarks of shape (..., 68, 2 or 3), got {points.shape}")
    found = points[..., POINTS, 0] + 1j * points[..., POINTS, 1]
    wanted = canonical_landmarks(side)[list(POINTS)] @ np.array([1, 1j])
    middle = found.mean(-1, keepdims=True)
    spread = (np.abs(found - middle) ** 2).sum(-1)
    if np.any(spread < 1e-9):
        raise ValueError("the landmarks of eyes and nose all lie in one place")
    turn = ((wanted - wanted.mean()) * (found - middle).conj()).sum(-1) / spread
    shift = wanted.mean() - turn * middle[..., 0]
    rows = [np.stack([turn.real, -turn.imag, shift.real], -1), np.stack([turn.imag, turn.real, shift.imag], -1)]
    return np.stack(rows, axis=-2)


def registered(picture: NDArray[np.uint8], matrix: NDArray[np.float64], side: int) -> NDArray[np.uint8]:
    """The canonical picture `(side, side, 3)` uint8 of a picture `(H, W, 3)`; its edge is repeated beyond it.

    Args:
        picture: uint8.
        matrix: `(2, 3)`, from `canonical_matrix`.
        side: pixels.
    """
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    if scale < 0.6:  # a pixel stands for several: without a blur fine lines would flicker
        picture = cv2.GaussianBlur(picture, (0, 0), 0.45 / scale)  # type: ignore[assignment]
    warped = cv2.warpAffine(picture, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, dtype=np.uint8)


def moved(points: ArrayLike, matrix: NDArray[np.float64]) -> NDArray[np.float32]:
    """`(..., N, 2 or more)` pixels -> `(..., N, 2)` float32 pixels of the canonical picture."""
    flat = np.asarray(points, dtype=np.float64)[..., :2]
    return (flat @ np.swapaxes(matrix[..., :2], -1, -2) + matrix[..., None, :, 2]).astype(np.float32)

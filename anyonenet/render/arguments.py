"""What renderers are given, checked before anything is drawn."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anyonenet.errors import InputError


def checked(values: ArrayLike, shape: tuple[int, ...], what: str) -> NDArray[np.float32]:
    """The values as finite float32 of a shape.

    Raises:
        InputError: another shape, or values that are not finite; the line begins with `what`.
    """
    array = np.asarray(values, dtype=np.float32)
    if array.shape != shape:
        raise InputError(f"{what} must have shape {shape}, got {array.shape}")
    if not np.isfinite(array).all():
        raise InputError(f"{what} hold values that are not finite; check the motion that made them")
    return array


def checked_photo(photo: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The photo, contiguous.

    Raises:
        InputError: not (H, W, 3) uint8 of at least 2 x 2 pixels.
    """
    photo = np.asarray(photo)
    if photo.ndim != 3 or photo.shape[2] != 3 or photo.dtype != np.uint8 or min(photo.shape[:2]) < 2:
        raise InputError(
            f"the photo must be (height, width, 3) uint8 of at least 2 x 2 pixels, got {photo.shape} "
            f"{photo.dtype}; read it with load_photo"
        )
    return np.ascontiguousarray(photo)


def checked_face(landmarks: ArrayLike) -> NDArray[np.float32]:
    """(68, 3) pixels of a photo's face.

    Raises:
        InputError: a wrong shape, values that are not finite, or a face without extent.
    """
    points = checked(landmarks, (68, 3), "the photo's landmarks")
    if np.linalg.norm(points[45, :2] - points[36, :2]) < 1.0:
        raise InputError("the photo's landmarks have their eye corners within one pixel; give a larger face")
    return points

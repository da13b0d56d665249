"""Small helpers on pixels that the parts of the warp share."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray


def smoothstep(x: NDArray[Any]) -> NDArray[Any]:
    """0 below 0, 1 above 1, with flat ends between (quintic)."""
    t = np.clip(x, 0.0, 1.0)
    return t * t * t * (t * (6 * t - 15) + 10)


def ramp(x: float) -> float:
    """`smoothstep` of one number."""
    t = min(max(x, 0.0), 1.0)
    return t * t * t * (t * (6 * t - 15) + 10)


def to_planes(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(h, w, C) -> (C, h, w): sums over planes are several times as fast as over pixels of three values."""
    return np.stack(cv2.split(pixels)).astype(np.float32)


def from_planes(planes: NDArray[np.float32], pixels: NDArray[np.uint8]) -> None:
    """Write (3, h, w), rounded and limited to 0 to 255, into (h, w, 3)."""
    cv2.merge([cv2.convertScaleAbs(np.maximum(plane, 0)) for plane in planes], dst=pixels)


def sample(
    picture: NDArray[Any],
    places: NDArray[np.float32],
    interpolation: int = cv2.INTER_LINEAR,
    border: int = cv2.BORDER_REPLICATE,
) -> NDArray[Any]:
    """(H, W, C) picture at (2, h, w) places, a plane of x and a plane of y -> (h, w, C) of the same type."""
    return np.asarray(cv2.remap(picture, places[0], places[1], interpolation, borderMode=border))


def fill_polygon(
    mask: NDArray[np.uint8], polygon: NDArray[np.floating], value: int = 255, smooth: bool = False
) -> None:
    """Fill (N, 2) pixels in `mask`, in place, to a sixteenth of a pixel; `smooth` antialiases the edge."""
    points: Any = np.round(np.clip(polygon, -4096, 16384) * 16).astype(np.int32)
    cv2.fillPoly(mask, [points], value, cv2.LINE_AA if smooth else cv2.LINE_8, 4)

"""What cameras and files do to pictures: blur, grain, compression; alike for a pair of frames."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np


@dataclass(frozen=True)
class CameraVariation:
    """One draw, to be put on both frames of a pair."""

    blur: float
    """spread in pixels; 0 leaves the picture sharp"""
    resolution: float
    """the picture is made smaller by this factor and enlarged again; 1 leaves it"""
    grain: np.ndarray | None  # (side, side, 1 or 3) int16, added
    quality: int | None
    """of JPEG, 0 to 100; None does not compress"""

    def picture(self, picture: np.ndarray) -> np.ndarray:
        """`(side, side, 3)` uint8 -> the same shape."""
        made: Any = picture
        if self.resolution < 1:
            small = cv2.resize(made, None, fx=self.resolution, fy=self.resolution, interpolation=cv2.INTER_AREA)
            made = cv2.resize(small, picture.shape[1::-1], interpolation=cv2.INTER_CUBIC)
        if self.blur > 0:
            made = cv2.GaussianBlur(made, (0, 0), self.blur)
        if self.grain is not None:
            made = cv2.add(made, self.grain, dtype=cv2.CV_8U)
        if self.quality is not None:
            made = cv2.imdecode(cv2.imencode(".jpg", made, [cv2.IMWRITE_JPEG_QUALITY, self.quality])[1], 1)
        return made


def draw_camera(side: int, generator: np.random.Generator) -> CameraVariation:
    """A random camera for pictures of `side` pixels; half of the pictures stay as they are."""
    if generator.random() < 0.5:
        return CameraVariation(0.0, 1.0, None, None)
    blur = float(generator.uniform(0.4, 1.1)) if generator.random() < 0.3 else 0.0
    resolution = float(generator.uniform(0.5, 0.9)) if generator.random() < 0.25 else 1.0
    grain = None
    if generator.random() < 0.5:
        levels: Any = generator.standard_normal((side, side, 1), dtype=np.float32) * generator.uniform(1, 6)
        if generator.random() < 0.4:
            levels = cv2.GaussianBlur(levels, (0, 0), 0.7)[..., None] * 2
        grain = np.repeat(np.round(levels).astype(np.int16), 3, axis=2)
    quality = int(generator.integers(45, 96)) if generator.random() < 0.5 else None
    return CameraVariation(blur, resolution, grain, quality)

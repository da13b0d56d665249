"""The face sketch that the image translation reads: landmarks joined by coloured lines (MakeItTalk, section 4.3).

Seven parts on white ground, each with its own colour. Training and inference draw with this one function.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from anyonenet.face.template import INNER_LIPS, JAW, LEFT_BROW, LEFT_EYE, NOSE, OUTER_LIPS, RIGHT_BROW, RIGHT_EYE

PARTS: dict[str, tuple[tuple[tuple[int, ...], ...], bool, tuple[int, int, int]]] = {
    "jaw": ((JAW,), False, (120, 120, 120)),
    "brows": ((RIGHT_BROW, LEFT_BROW), False, (150, 80, 0)),
    "nose": ((NOSE,), False, (0, 150, 60)),
    "right eye": ((RIGHT_EYE,), True, (0, 90, 230)),
    "left eye": ((LEFT_EYE,), True, (0, 180, 200)),
    "outer lips": ((OUTER_LIPS,), True, (220, 0, 40)),
    "inner lips": ((INNER_LIPS,), True, (190, 0, 200)),
}
"""name -> lines (indices), whether they are closed, RGB. The lips are two parts: their lines meet when the mouth
closes, the brows' never do."""

_SUBPIXEL_BITS = 4


def draw_sketch(landmarks: ArrayLike, size: int | tuple[int, int] = 256) -> NDArray[np.uint8]:
    """Draw the sketch of one face.

    Args:
        landmarks: `(68, 2)` or `(68, 3)` pixels of the canvas; depth is ignored, points may lie outside.
        size: side of a square canvas, or (height, width). Lines are 2 pixels wide on 256, in proportion elsewhere.

    Returns:
        `(H, W, 3)` uint8 RGB, anti-aliased.

    Raises:
        ValueError: not 68 points, or not finite.
    """
    points = np.asarray(landmarks, dtype=np.float64)
    if points.shape not in ((68, 2), (68, 3)):
        raise ValueError(f"expected landmarks of shape (68, 2) or (68, 3), got {points.shape}")
    if not np.isfinite(points).all():
        raise ValueError("landmarks hold values that are not finite")
    height, width = (size, size) if isinstance(size, int) else size
    canvas = np.full((height, width, 3), 255, dtype=np.uint8)
    # far outside is as good as just outside, and keeps OpenCV's fixed-point numbers in range
    limit = 8 * max(height, width)
    fixed = np.round(np.clip(points[:, :2], -limit, limit) * (1 << _SUBPIXEL_BITS)).astype(np.int32)
    thickness = max(1, round(min(height, width) * 2 / 256))
    for lines, closed, colour in PARTS.values():
        polygons = [fixed[list(line)].reshape(-1, 1, 2) for line in lines]
        cv2.polylines(canvas, polygons, closed, colour, thickness, cv2.LINE_AA, _SUBPIXEL_BITS)
    return canvas

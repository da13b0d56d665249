"""The lips as curves: the line where they meet, in the photo and in a frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anyonenet.render.head import HeadMotion
from anyonenet.render.photo_teeth import shows_teeth
from anyonenet.render.raster import ramp
from anyonenet.render.seam import find_seam
from anyonenet.render.spline import natural_spline

Array = NDArray[np.float32]

UPPER_INNER = [60, 61, 62, 63, 64]
LOWER_INNER = [60, 67, 66, 65, 64]
OUTER_CORNERS = [48, 54]
CURVE_POINTS = 9
"""points of an inner-lip curve, from the person's right corner to the left; every second one is a landmark"""

_CLOSED_GAP, OPEN_GAP = 0.022, 0.07
"""mean gaps of the inner-lip landmarks, outer-eye distances, below which a photo's mouth counts as closed and above
which as open; between them, where detectors leave closed mouths at times, it is open if it shows teeth"""
_LIP_TUCK = 0.02

DENSE: Any = natural_spline(np.arange(5), np.linspace(0, 4, CURVE_POINTS))
"""(9, 5): five landmarks -> the curve through them"""


@dataclass(frozen=True)
class MouthShape:
    """The inner lips of one frame."""

    upper: Array  # (9, 2) pixels
    lower: Array  # (9, 2) pixels
    corners: Array  # (2, 2) pixels, outer corners
    across: Array  # (2,) unit vector from the person's right corner to the left
    down: Array  # (2,) unit vector from the upper to the lower lip
    opening: float  # mean gap at the middle five points, outer-eye distances


class PhotoLips:
    """The photo's own inner lips, and where they go when landmarks move.

    On a closed mouth the detected inner-lip points lie beside the line where the lips meet, and not on each other.
    The line is looked for in the photo (a dark path between the lips), the lips are parted exactly there, and the
    detector's false gap is taken off the gap asked for, less and less as the mouth opens.

    Args:
        photo: (H, W, 3) uint8.
        landmarks: (68, 3) pixels.
        unit: pixels to one outer-eye distance.
    """

    def __init__(self, photo: NDArray[np.uint8], landmarks: Array, unit: float) -> None:
        self._unit = unit
        points = landmarks[:, :2].astype(np.float32)
        self._landmark_upper, self._landmark_lower = DENSE @ points[UPPER_INNER], DENSE @ points[LOWER_INNER]
        _, down = mouth_axes(points)
        self._tuck = _LIP_TUCK * unit * np.sin(np.linspace(0, np.pi, CURVE_POINTS, dtype=np.float32))[:, None] * down
        self._gaps = np.maximum((self._landmark_lower - self._landmark_upper) @ down, 0.0)
        self.gap = float(self._gaps[2:7].mean() / unit)
        parted = self.gap > OPEN_GAP or (
            self.gap > _CLOSED_GAP and shows_teeth(photo, self._landmark_upper, self._landmark_lower)
        )
        self.closed = not parted
        self.upper, self.lower = self._landmark_upper.copy(), self._landmark_lower.copy()
        if self.closed:
            middle = (self._landmark_upper + self._landmark_lower) / 2
            seam = find_seam(photo, middle, down, unit)
            self.upper, self.lower = seam, seam.copy()

    def sources(self, mouth: MouthShape) -> tuple[Array, Array]:
        """Where in the photo the inner lips of `mouth` come from: upper and lower, (9, 2) pixels each.

        As an open mouth closes, a little of the lips is turned inwards, so that no sliver of the teeth is left.
        """
        if self.closed:
            return self.upper, self.lower
        tucked = max(1.0 - mouth.opening / self.gap, 0.0) * self._tuck
        return self.upper - tucked, self.lower + tucked

    def shape(self, landmarks: Array, motion: HeadMotion) -> MouthShape:
        """The mouth asked for by (68, 3) landmarks of a frame; the lips may touch, but never cross."""
        points = landmarks[:, :2].astype(np.float32)
        across, down = mouth_axes(points)
        upper, lower = DENSE @ points[UPPER_INNER], DENSE @ points[LOWER_INNER]
        gaps = (lower - upper) @ down
        if self.closed:
            widened = float((gaps[2:7].mean() / motion.scale - self._gaps[2:7].mean()) / self._unit)
            share = 1.0 - ramp(widened / 0.06)
            plane = motion.plane.astype(np.float32).T
            upper = upper + share * ((self.upper - self._landmark_upper) @ plane)
            lower = lower + share * ((self.lower - self._landmark_lower) @ plane)
            gaps = (lower - upper) @ down
        crossed = np.minimum(gaps, 0.0)[:, None] * down / 2
        upper, lower = upper + crossed, lower - crossed
        opening = float(np.maximum(gaps, 0.0)[2:7].mean() / (self._unit * motion.scale))
        return MouthShape(upper, lower, points[OUTER_CORNERS], across, down, opening)


def mouth_axes(points: Array) -> tuple[Array, Array]:
    """Unit vectors along the mouth and down through it, from (68, 2) points."""
    across = points[64] + points[54] - points[60] - points[48]
    length = float(np.linalg.norm(across))
    across = across / length if length > 1e-6 else np.array([1.0, 0.0], np.float32)
    return across.astype(np.float32), np.array([-across[1], across[0]], np.float32)

"""Where in the photo each pixel of a frame comes from.

Two backward thin-plate fields: one knows the upper lip and not the lower, one the lower and not the upper. Joined
along the mouth line they part closed lips, or close open ones, without tearing.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from anyonenet.face.template import BROWS, EYES, JAW, NOSE
from anyonenet.render.head import Head, HeadMotion
from anyonenet.render.lips import MouthShape, PhotoLips
from anyonenet.render.outline import Outline
from anyonenet.render.raster import smoothstep
from anyonenet.render.thin_plate import Array, PixelGrid, kernel, solve

_FACE = [*JAW, *BROWS, *NOSE, 48, 54]
_EYES = list(EYES)
_SIDES = [0, 1, 2, 3, 4, 5, 11, 12, 13, 14, 15, 16]
_UPPER_OUTER = [49, 50, 51, 52, 53]
_LOWER_OUTER = [55, 56, 57, 58, 59]
_SMOOTHING = 2e-5
_LOWER_REACH = 0.85
"""how far from the mouth the two fields may differ, outer-eye distances"""


class WarpField:
    """Backward maps from a frame to the photo.

    Args:
        landmarks: (68, 3) pixels of the photo.
        head: the photo's head.
        lips: the photo's lips.
        grid: the pixels that may move.
    """

    def __init__(self, landmarks: Array, head: Head, lips: PhotoLips, grid: PixelGrid) -> None:
        self._landmarks = landmarks.astype(np.float64)
        self._head = head
        self._lips = lips
        self._grid = grid
        outline = np.concatenate([self._landmarks[_SIDES, :2], head.points[:, :2]])
        self._outline = Outline(outline, self._landmarks[:, :2])
        self._ring = head.ring()
        self._knots = grid.knots
        mask = head.mask(self._knots)[:, None]
        self._moving = mask[:, 0] > 0
        self._mask = mask[self._moving]
        self._columns = np.arange(grid.left, grid.left + grid.width, dtype=np.float32)
        self._rows = np.arange(grid.top, grid.top + grid.height, dtype=np.float32)

    def maps(self, landmarks: Array, eyes: Array, motion: HeadMotion, mouth: MouthShape) -> Array:
        """(2, height, width) float32: the photo's x and y for each pixel of the grid.

        Args:
            landmarks: (68, 3) pixels of the frame.
            eyes: (12, 2) pixels: the eyes' points in the frame as they would be without the blink.
            motion: the head's.
            mouth: the lips asked for.
        """
        upper, lower = self._solve(landmarks, eyes, motion, mouth)
        unit = self._head.unit
        field, difference = self._knots.copy(), np.zeros_like(self._knots)
        field[self._moving] += upper * self._mask * unit
        difference[self._moving] = (lower - upper) * self._mask * unit
        maps = self._grid.to_pixels(field)
        self._join(maps, difference, mouth)
        return maps

    def _solve(self, landmarks: Array, eyes: Array, motion: HeadMotion, mouth: MouthShape) -> tuple[Array, Array]:
        """Displacements (P, 2) at the knots that move, outer-eye distances: of the upper and of the lower field."""
        head = self._head
        skull = motion.move(self._landmarks)[:, :2]
        around = np.concatenate([skull[_SIDES], motion.move(head.points)[:, :2]])
        held = self._outline.limited(around, skull, self._landmarks[:, :2])
        points = landmarks[:, :2].astype(np.float64)
        points[_SIDES] += (held - around)[: len(_SIDES)]
        upper_source, lower_source = self._lips.sources(mouth)
        photo = self._landmarks[:, :2]
        source = np.concatenate(
            [
                photo[_FACE],
                photo[_EYES],
                head.points[:, :2],
                head.throat,
                self._ring,
                upper_source[[0, -1]],
                photo[_UPPER_OUTER],
                upper_source[1:-1],
                photo[_LOWER_OUTER],
                lower_source[1:-1],
            ]
        )
        target = np.concatenate(
            [
                points[_FACE],
                eyes,
                held[len(_SIDES) :],
                head.moved_throat(landmarks),
                self._ring,
                mouth.upper[[0, -1]],
                points[_UPPER_OUTER],
                mouth.upper[1:-1],
                points[_LOWER_OUTER],
                mouth.lower[1:-1],
            ]
        )
        lip = len(_UPPER_OUTER) + len(mouth.upper) - 2
        common = len(source) - 2 * lip
        origin = head.origin[:2]
        centres = ((target - origin) / head.unit).astype(np.float32)
        displacements = ((source - target) / head.unit).astype(np.float32)
        knots = ((self._knots[self._moving] - origin) / head.unit).astype(np.float32)
        # both fields in one product: a field has weight 0 on the points it does not know
        both = np.zeros((len(centres), 4), np.float32)
        affine = np.zeros((3, 4), np.float32)
        known = np.arange(len(centres))
        for columns, kept in (
            (slice(0, 2), known[: common + lip]),
            (slice(2, 4), np.delete(known, slice(common, common + lip))),
        ):
            weights = solve(centres[kept], displacements[kept], _SMOOTHING)
            both[kept, columns], affine[:, columns] = weights[:-3], weights[-3:]
        fields = kernel(knots, centres) @ both + knots @ affine[1:] + affine[0]
        return fields[:, :2], fields[:, 2:]

    def _join(self, maps: Array, difference: Array, mouth: MouthShape) -> None:
        """Add to `maps`, below the mouth line, what the lower field says otherwise."""
        reach = _LOWER_REACH * self._head.unit
        centre = mouth.corners.mean(0)
        left, right = np.searchsorted(self._columns, (centre[0] - reach, centre[0] + reach))
        top, bottom = np.searchsorted(self._rows, (centre[1] - 0.6 * reach, centre[1] + reach))
        if left >= right or top >= bottom:
            return
        rows, columns = slice(top, bottom), slice(left, right)
        x = self._columns[None, columns] - centre[0]
        y = self._rows[rows, None] - centre[1]
        share = below_mouth_line(x, y, mouth)
        far = np.sqrt(x * x + y * y)
        share *= 1.0 - smoothstep((far / reach - 0.55) / 0.45)
        maps[:, rows, columns] += share * self._grid.to_pixels(difference, rows, columns)


def below_mouth_line(x: NDArray[np.floating], y: NDArray[np.floating], mouth: MouthShape) -> Array:
    """1 below the line where the lips meet, 0 above: a sharp step between the corners, softer the farther outside.

    Args:
        x: (1, W) and y: (H, 1) pixels from the middle of the outer corners.
    """
    centre = mouth.corners.mean(0)
    x, y = x.astype(np.float32), y.astype(np.float32)
    along = x * mouth.across[0] + y * mouth.across[1]
    deep = x * mouth.down[0] + y * mouth.down[1]
    middle = (mouth.upper + mouth.lower) / 2 - centre
    line = np.concatenate([mouth.corners[:1] - centre, middle, mouth.corners[1:] - centre])
    line_along = np.maximum.accumulate(line @ mouth.across)
    line_deep = line @ mouth.down
    # beyond the corners the line runs out level
    first, last = float(along.min()), float(along.max())
    table = np.interp(np.linspace(first, last, 512), line_along, line_deep).astype(np.float32)
    index = (along - first) * np.float32(511 / max(last - first, 1e-6))
    low = np.clip(index.astype(np.int32), 0, 510)
    part = index - low
    height = deep - (table[low] * (1 - part) + table[low + 1] * part)
    outside = np.maximum(np.maximum(line_along[0] - along, along - line_along[-1]), np.float32(0))
    thickness = 0.35 + 0.6 * outside
    return np.clip(height / (2 * thickness) + 0.5, 0.0, 1.0).astype(np.float32)

"""Blinks: the skin of the lids slides over an eye that stays where it is.

The warp itself never closes an eye, which would squeeze the iris flat. It places the eye open, as in the photo, and
the lids are drawn over it from the skin above and below.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from anyonenet.face.template import EYES
from anyonenet.render.head import HeadMotion
from anyonenet.render.lids import ClosedEye, closed_eye
from anyonenet.render.raster import ramp, sample

Array = NDArray[np.float32]

_LOWER_REACH = 0.11
"""outer-eye distances of skin below the eye that slide with the lower lid"""
_CREASE = 0.034
"""how far above the open eye's edge the lid folds, outer-eye distances"""
_LID_MARGIN = 0.014
"""thickness of a lid's edge, outer-eye distances: landmarks lie on it, a little inside the eye"""
_MEETING_OPENING = 0.12
"""share of the open eye below which the lids are drawn as meeting"""
_WIDEN_LIMIT = 0.04
"""how far lids may open beyond the photo's, outer-eye distances"""
_LASH_STRENGTH = 0.7


@dataclass(frozen=True)
class EyeIndices:
    """Landmarks of one eye in the order of the picture, from left to right."""

    corners: tuple[int, int]
    upper: tuple[int, int]
    lower: tuple[int, int]


EYE_INDICES = (
    EyeIndices((36, 39), (37, 38), (41, 40)),
    EyeIndices((42, 45), (43, 44), (47, 46)),
)


@dataclass(frozen=True)
class _Lid:
    """n(t) = t (1 - t) (a + b t): a lid's edge, pixels below the line through the corners at share t of its length."""

    a: float
    b: float

    def __call__(self, t: NDArray[np.floating]) -> NDArray[np.floating]:
        inside = np.clip(t, 0.0, 1.0)
        return inside * (1 - inside) * (self.a + self.b * inside)


def _lid_through(t: NDArray[np.float64], n: NDArray[np.float64]) -> _Lid:
    first, second = np.clip(t[0], 0.15, 0.48), np.clip(t[1], 0.52, 0.85)
    height = n / np.array([first * (1 - first), second * (1 - second)])
    b = float((height[1] - height[0]) / (second - first))
    return _Lid(float(height[0] - b * first), b)


class _OpenEye:
    """One eye as it stands in a frame: its axes, its lids in the photo's opening, and the lids asked for."""

    def __init__(self, indices: EyeIndices, landmarks: Array, skull: NDArray[np.floating]) -> None:
        points = landmarks[:, :2].astype(np.float64)
        corners = list(indices.corners)
        shift = (points[corners] - skull[corners]).mean(0)
        self.start = points[indices.corners[0]]
        axis = points[indices.corners[1]] - self.start
        self.length = max(float(np.hypot(*axis)), 1.0)
        self.along = axis / self.length
        self.down = np.array([-self.along[1], self.along[0]])
        lids = [*indices.upper, *indices.lower]
        self.open_points = skull[lids] + shift  # (4, 2): upper two, lower two
        t, open_deep = self._coordinates(self.open_points)
        _, asked_deep = self._coordinates(points[lids])
        self.widening = np.clip((asked_deep - open_deep) * (-1, -1, 1, 1), 0.0, None)
        self.upper, self.lower = _lid_through(t[:2], open_deep[:2]), _lid_through(t[2:], open_deep[2:])
        open_gap = max(float((open_deep[2:] - open_deep[:2]).mean()), 0.5)
        share = float((asked_deep[2:] - asked_deep[:2]).mean()) / open_gap
        self.closing = 1.0 - min(max((share - _MEETING_OPENING) / (1 - _MEETING_OPENING), 0.0), 1.0)
        # the lids come together at the height asked for, as far as `closing` says
        upper_moves = np.maximum(asked_deep[:2] - open_deep[:2], 0.0)
        lower_moves = np.maximum(open_deep[2:] - asked_deep[2:], 0.0)
        total = float(upper_moves.mean() + lower_moves.mean())
        low_share = min(float(lower_moves.mean()) / total, 0.5) if total > 1e-6 else 0.0
        gaps = open_deep[2:] - open_deep[:2]
        self.asked_upper = _lid_through(t[:2], open_deep[:2] + (1 - low_share) * self.closing * gaps)
        self.asked_lower = _lid_through(t[2:], open_deep[2:] - low_share * self.closing * gaps)

    def outline(self) -> Array:
        """(34, 2) pixels around the open eye."""
        t = np.linspace(0, 1, 17)
        around = np.concatenate([t, t[::-1]])
        deep = np.concatenate([self.upper(t), self.lower(t[::-1])])
        points = self.start + (around * self.length)[:, None] * self.along + deep[:, None] * self.down
        return points.astype(np.float32)

    def _coordinates(self, points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        offset = points - self.start
        return offset @ self.along / self.length, offset @ self.down


class Eyes:
    """Both eyes of the photo.

    Args:
        photo: (H, W, 3) uint8.
        landmarks: (68, 3) pixels.
        unit: pixels to one outer-eye distance.
    """

    def __init__(self, photo: NDArray[np.uint8], landmarks: Array, unit: float) -> None:
        self._photo = photo
        self._landmarks = landmarks.astype(np.float64)
        self._unit = unit
        self._lash = _lash_colour(photo, landmarks)
        self._closed: list[ClosedEye | None] = []
        for indices in EYE_INDICES:
            eye = _OpenEye(indices, landmarks, landmarks[:, :2])
            self._closed.append(closed_eye(photo, eye.outline(), eye.down.astype(np.float32), unit))

    def open_points(self, landmarks: Array, motion: HeadMotion) -> Array:
        """(12, 2): the eyes' points of a frame without its blink; lids asked wider than the photo's do widen."""
        skull = motion.move(self._landmarks)[:, :2]
        points = landmarks[:, :2].astype(np.float64)
        limit = _WIDEN_LIMIT * self._unit * motion.scale
        for indices in EYE_INDICES:
            eye = _OpenEye(indices, landmarks, skull)
            outwards = np.array([-1, -1, 1, 1]) * np.minimum(eye.widening, limit)
            points[[*indices.upper, *indices.lower]] = eye.open_points + outwards[:, None] * eye.down
        return points[list(EYES)].astype(np.float32)

    def blink(
        self, frame: NDArray[np.uint8], maps: Array, corner: tuple[int, int], landmarks: Array, motion: HeadMotion
    ) -> None:
        """Close the eyes of `frame` as far as the landmarks ask, in place.

        Args:
            frame: (h, w, 3) the part of the frame that `maps` covers, already warped.
            maps: (2, h, w) x and y in the photo.
            corner: left and top of that part in the frame.
            landmarks: (68, 3) pixels of the frame.
            motion: the head's.
        """
        skull = motion.move(self._landmarks)[:, :2]
        for indices, closed in zip(EYE_INDICES, self._closed):
            eye = _OpenEye(indices, landmarks, skull)
            if closed is not None and eye.closing > 0.02:
                self._close(frame, maps, corner, eye, closed, self._unit * motion.scale)

    def _close(
        self,
        frame: NDArray[np.uint8],
        maps: Array,
        corner: tuple[int, int],
        eye: _OpenEye,
        closed: ClosedEye,
        unit: float,
    ) -> None:
        middle = eye.start + 0.5 * eye.length * eye.along - corner
        reach = 0.5 * eye.length + 0.22 * unit
        left, top = np.maximum(np.floor(middle - reach).astype(int), 0)
        right, bottom = np.minimum(np.ceil(middle + reach).astype(int), (frame.shape[1], frame.shape[0]))
        if left >= right or top >= bottom:
            return
        x = np.arange(left, right, dtype=np.float32)[None] + (corner[0] - eye.start[0])
        y = np.arange(top, bottom, dtype=np.float32)[:, None] + (corner[1] - eye.start[1])
        t = (x * eye.along[0] + y * eye.along[1]) / eye.length
        deep = x * eye.down[0] + y * eye.down[1]
        inside = np.clip(t, 0.0, 1.0)
        closing = eye.closing
        edge = _LID_MARGIN * unit * np.clip(8 * inside * (1 - inside), 0, 1) * ramp(closing / 0.4)
        upper, lower, open_upper = eye.asked_upper(t), eye.asked_lower(t), eye.upper(t)
        crease = open_upper - _CREASE * unit * (0.45 + 0.55 * np.clip(8 * inside * (1 - inside), 0, 1))

        box, local = frame[top:bottom, left:right], maps[:, top:bottom, left:right]
        picture = box.astype(np.float32)
        slide = -_slide(-deep, -lower, eye.lower(t) - lower + edge, _LOWER_REACH * unit)
        near = np.clip((1.25 - np.abs(2 * t - 1)) / 0.2, 0, 1)
        # the lower lid lies below the upper one, so its edge reaches a little under it
        share = np.clip(deep - lower + 1.5, 0, 1) * near * (slide != 0)
        picture += share[:, :, None] * (self._slid(local, slide, eye) - picture)

        # the upper lid: closed skin down to the edge asked for; the lashes of the open eye fade a little later
        in_lid = local - np.array([closed.left, closed.top], np.float32)[:, None, None]
        lid = sample(closed.picture, in_lid, border=cv2.BORDER_CONSTANT)
        gone = np.where(deep > open_upper - edge, ramp(closing / 0.12), ramp(closing / 0.5))
        cover = lid[:, :, 3] * gone * np.clip(upper - deep + 0.5, 0, 1)
        width = max(0.022 * unit, 1.0)
        within = np.clip(5 * inside * (1 - inside), 0, 1)
        fold = np.exp(-(((deep - crease) / width) ** 2)) * within * np.clip((upper - crease) / width - 2, 0, 1)
        bulge = np.exp(-(((deep - 0.45 * crease - 0.55 * upper) / (2.2 * width)) ** 2)) * within
        shade = 1 - ramp(closing) * (0.10 * fold - 0.04 * bulge)
        picture += cover[:, :, None] * (lid[:, :, :3] * shade[:, :, None] - picture)

        thickness = max(0.013 * unit, 0.7) * (0.7 + 0.6 * np.abs(t - (0.5)))
        lash = np.exp(-(((deep - upper) / thickness) ** 2)) * np.clip(6 * inside * (1 - inside), 0, 1)
        lash = (_LASH_STRENGTH * ramp(closing / 0.6) * lash)[:, :, None]
        picture += lash * np.minimum(self._lash - picture, 0)
        box[:] = np.clip(picture + 0.5, 0, 255).astype(np.uint8)

    def _slid(self, maps: Array, slide: Array, eye: _OpenEye) -> Array:
        """(h, w, 3): the photo where `maps` points from places `slide` pixels farther up."""
        rows, columns = np.indices(slide.shape, np.float32)
        places = np.stack([columns - slide * eye.down[0], rows - slide * eye.down[1]]).astype(np.float32)
        moved = np.stack([sample(plane, places) for plane in maps])
        return sample(self._photo, moved, border=cv2.BORDER_REFLECT_101)


def _slide(
    deep: NDArray[np.floating], edge: NDArray[np.floating], shift: NDArray[np.floating], reach: float
) -> NDArray[np.floating]:
    """How far the skin at `deep` has come down with the lid's edge: all of `shift` at the edge, nothing `reach` above.

    Near the edge it moves rigidly, so that lashes keep their shape; it never folds, as the reach grows with the shift.
    """
    shift = np.maximum(shift, 0.0)
    span = np.maximum(reach + shift, 1.9 * shift + 1e-3)
    share = np.clip((deep - (edge - span)) / (0.88 * span), 0.0, 1.0)
    return shift * share * share * (3 - 2 * share)


def _lash_colour(photo: NDArray[np.uint8], landmarks: Array) -> Array:
    """(3,) the dark of the photo's lashes: the darkest tenth around the upper lids."""
    height, width = photo.shape[:2]
    mask = np.zeros((height, width), np.uint8)
    for indices in EYE_INDICES:
        line = [indices.corners[0], *indices.upper, indices.corners[1]]
        points: Any = np.round(landmarks[line, :2]).astype(np.int32)
        cv2.polylines(mask, [points], False, 255, 2)
    pixels = photo[mask > 0].astype(np.float32)
    if len(pixels) == 0:
        return np.full(3, 40, np.float32)
    light = pixels.mean(1)
    return pixels[light <= np.quantile(light, 0.15)].mean(0)

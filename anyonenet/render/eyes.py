"""Blinks: the skin of the lids slides over an eye that stays where it is.

The warp itself never closes an eye, which would squeeze the iris flat. It places the eye open, as in the photo, and
the lids are drawn over it from the skin above and below.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from anyonenet.face.template import EYES
from anyonenet.render.backward_map import BackwardMap
from anyonenet.render.dense_photo import DensePhoto
from anyonenet.render.eye_pose import EYE_INDICES, EyePose, complex_points, plane_points
from anyonenet.render.lids import LID_REACH, ClosedEye, closed_eye
from anyonenet.render.raster import from_planes, ramp, sample, to_planes

Array = NDArray[np.float32]

_EYES = list(EYES)
_LOWER_REACH = 0.11
"""outer-eye distances of skin below the eye that slide with the lower lid"""
_CREASE = 0.034
"""how far above the open eye's edge the lid folds, outer-eye distances"""
_LID_MARGIN = 0.014
"""thickness of a lid's edge, outer-eye distances: landmarks lie on it, a little inside the eye"""
_WIDEN_LIMIT = 0.04
"""how far lids may open beyond the photo's, outer-eye distances"""
_LASH_STRENGTH = 0.7


class Eyes:
    """Both eyes of the photo.

    Args:
        photo: (H, W, 3) uint8.
        dense: the part of it that moves.
        landmarks: (68, 3) pixels.
        unit: pixels to one outer-eye distance.
    """

    def __init__(self, photo: NDArray[np.uint8], dense: DensePhoto, landmarks: Array, unit: float) -> None:
        self._dense = dense
        self._unit = unit
        self._lash = _lash_colour(photo, landmarks)
        points = complex_points(landmarks)
        self._closed: list[ClosedEye | None] = []
        for eye in self.poses(points, points):
            down = np.array([eye.down.real, eye.down.imag], np.float32)
            self._closed.append(closed_eye(photo, eye.outline(), down, unit))

    @staticmethod
    def poses(points: NDArray[np.complex128], skull: NDArray[np.complex128]) -> list[EyePose]:
        """Both eyes in a frame; arguments as for `EyePose`."""
        return [EyePose(indices, points, skull) for indices in EYE_INDICES]

    def open_points(self, points: NDArray[np.complex128], poses: list[EyePose], scale: float) -> Array:
        """(12, 2): the eyes' points of a frame without its blink; lids asked wider than the photo's do widen.

        Args:
            points: (68,) pixels of the frame.
            poses: both eyes in the frame.
            scale: how much larger the head is than in the photo.
        """
        limit = _WIDEN_LIMIT * self._unit * scale
        opened = points.copy()
        for indices, eye in zip(EYE_INDICES, poses):
            widened = [sign * min(wide, limit) * eye.down for sign, wide in zip((-1, -1, 1, 1), eye.widening)]
            lids = [lid + wide for lid, wide in zip(eye.open_lids, widened)]
            opened[[*indices.upper, *indices.lower]] = lids
        return plane_points(opened[_EYES])

    def blink(
        self, frame: NDArray[np.uint8], maps: BackwardMap, corner: tuple[int, int], poses: list[EyePose], scale: float
    ) -> None:
        """Close the eyes of `frame` as far as the landmarks ask, in place.

        Args:
            frame: (h, w, 3) the part of the frame that `maps` covers, already warped.
            maps: where in the dense photo the pixels of that part come from.
            corner: left and top of that part in the frame.
            poses: both eyes in the frame.
            scale: how much larger the head is than in the photo.
        """
        for eye, closed in zip(poses, self._closed):
            if closed is not None and eye.closing > 0.02:
                self._close(frame, maps, corner, eye, closed, self._unit * scale)

    def _close(
        self,
        frame: NDArray[np.uint8],
        maps: BackwardMap,
        corner: tuple[int, int],
        eye: EyePose,
        closed: ClosedEye,
        unit: float,
    ) -> None:
        top, bottom, left, right = _surroundings(eye, complex(*corner), frame.shape[:2], unit)
        if left >= right or top >= bottom:
            return
        x = np.arange(left, right, dtype=np.float32)[None] + np.float32(corner[0] - eye.start.real)
        y = np.arange(top, bottom, dtype=np.float32)[:, None] + np.float32(corner[1] - eye.start.imag)
        t = (x * eye.along.real + y * eye.along.imag) / eye.length
        deep = x * eye.down.real + y * eye.down.imag
        inside = np.clip(t, 0.0, 1.0)
        bow = inside * (1 - inside)
        closing = eye.closing
        round_ends = np.minimum(8 * bow, 1)
        edge = (_LID_MARGIN * unit * ramp(closing / 0.4)) * round_ends
        upper, lower, open_upper = eye.asked_upper(t), eye.asked_lower(t), eye.upper(t)

        box = frame[top:bottom, left:right]
        places = maps.places(top, bottom, left, right)
        picture = to_planes(box)
        slide = -_slide(-deep, -lower, eye.lower(t) - lower + edge, _LOWER_REACH * unit)
        near = np.clip((1.25 - np.abs(2 * t - 1)) / 0.2, 0, 1)
        # the lower lid lies below the upper one, so its edge reaches a little under it
        share = np.clip(deep - lower + 1.5, 0, 1) * near * (slide != 0)
        picture += share * (self._slid(places, slide, eye) - picture)

        # the upper lid: closed skin down to the edge asked for; the lashes of the open eye fade a little later
        lid = closed.at(places / np.float32(self._dense.factor), self._dense.origin)
        gone = np.where(deep > open_upper - edge, np.float32(ramp(closing / 0.12)), np.float32(ramp(closing / 0.5)))
        cover = lid[3] * gone * np.clip(upper - deep + 0.5, 0, 1)
        width = max(0.022 * unit, 1.0)
        crease = open_upper - (_CREASE * unit) * (0.45 + 0.55 * round_ends)
        within = np.minimum(5 * bow, 1)
        fold = np.exp(-(((deep - crease) / width) ** 2)) * within * np.clip((upper - crease) / width - 2, 0, 1)
        bulge = np.exp(-(((deep - 0.45 * crease - 0.55 * upper) / (2.2 * width)) ** 2)) * within
        shade = 1 - ramp(closing) * (0.10 * fold - 0.04 * bulge)
        picture += cover * (lid[:3] * shade - picture)

        thickness = max(0.013 * unit, 0.7) * (0.7 + 0.6 * np.abs(t - 0.5))
        lash = np.exp(-(((deep - upper) / thickness) ** 2)) * np.minimum(6 * bow, 1)
        lash *= _LASH_STRENGTH * ramp(closing / 0.6)
        picture += lash * np.minimum(self._lash[:, None, None] - picture, 0)
        from_planes(picture, box)

    def _slid(self, places: Array, slide: Array, eye: EyePose) -> Array:
        """(3, h, w): the photo where `places` points from places `slide` pixels farther up."""
        height, width = slide.shape
        rows, columns = np.arange(height, dtype=np.float32)[:, None], np.arange(width, dtype=np.float32)
        higher = np.stack([columns - slide * eye.down.real, rows - slide * eye.down.imag]).astype(np.float32)
        moved = np.stack([sample(np.ascontiguousarray(plane), higher) for plane in places])
        return to_planes(self._dense.at(moved))[:3]


def _surroundings(eye: EyePose, corner: complex, size: tuple[int, ...], unit: float) -> tuple[int, int, int, int]:
    """Top, bottom, left and right, within `size`, of all that a blink changes, from `corner` of the frame."""
    t = np.linspace(0, 1, 9, dtype=np.float32)
    high, low = float(eye.upper(t).min()) - LID_REACH * unit, float(eye.lower(t).max()) + (_LOWER_REACH + 0.02) * unit
    beside = max(0.13 * eye.length, LID_REACH * unit)
    ends = [eye.start - beside * eye.along - corner, eye.start + (eye.length + beside) * eye.along - corner]
    corners = [end + deep * eye.down for end in ends for deep in (high, low)]
    across, down = [point.real for point in corners], [point.imag for point in corners]
    top, left = max(int(min(down)), 0), max(int(min(across)), 0)
    return top, min(int(max(down)) + 2, size[0]), left, min(int(max(across)) + 2, size[1])


def _slide(deep: Array, edge: Array, shift: Array, reach: float) -> Array:
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

"""The inside of the mouth, painted between the lips of a warped frame."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from anyonenet.render.blur import photo_blur
from anyonenet.render.head import HeadMotion
from anyonenet.render.lips import CURVE_POINTS, OPEN_GAP, MouthShape, PhotoLips
from anyonenet.render.palette import mouth_colours
from anyonenet.render.photo_teeth import photo_teeth
from anyonenet.render.raster import fill_polygon, from_planes, ramp, smoothstep, to_planes
from anyonenet.render.spline import natural_spline
from anyonenet.render.teeth import Layer, draw_jaw, draw_upper_teeth

Array = NDArray[np.float32]

_CHIN = [7, 8, 9]
_LOWER_LIP = [65, 66, 67]
_UPPER_MIDDLE, _LOWER_MIDDLE = 62, 66
_FINE = natural_spline(np.arange(CURVE_POINTS), np.linspace(0, CURVE_POINTS - 1, 33))
"""(33, 9): a lip curve's points -> a smooth outline"""
_SOFT_EDGE = 0.006
_FAINT_OPENING = 0.014
"""outer-eye distances: below it the inside fades away"""


class Mouth:
    """What the photo's mouth holds, made once, and its painting into a frame.

    Args:
        photo: (H, W, 3) uint8.
        landmarks: (68, 3) pixels.
        rotation: (3, 3) of the photo's head.
        lips: the photo's lips.
        unit: pixels to one outer-eye distance.
    """

    def __init__(
        self, photo: NDArray[np.uint8], landmarks: Array, rotation: NDArray[np.float64], lips: PhotoLips, unit: float
    ) -> None:
        self._unit = unit
        self._lips = lips
        opening = None if lips.closed else np.concatenate([lips.upper, lips.lower[::-1]])
        self._colours = mouth_colours(photo, landmarks, opening)
        blur = photo_blur(photo, landmarks)
        self._edge = max(_SOFT_EDGE, 0.8 * blur / unit)
        middle = CURVE_POINTS // 2
        axes = rotation[:2, :2]
        self._skull_anchor = np.append(lips.upper[middle], landmarks[_UPPER_MIDDLE, 2]).astype(np.float64)
        self._jaw_anchor = np.append(lips.lower[middle], landmarks[_LOWER_MIDDLE, 2]).astype(np.float64)
        own, own_lower = None, None
        if lips.gap > OPEN_GAP:  # a narrower slit shows too little of them
            own, own_lower = photo_teeth(photo, lips.upper, lips.lower, unit, self._colours.lip)
        self._own_teeth = own is not None
        self._own_lower_teeth = own_lower
        anchor = self._skull_anchor[:2]
        if lips.gap > OPEN_GAP:  # teeth that the open mouth hides stay hidden until the lip rises
            anchor = anchor - 0.03 * unit * axes[:, 1]
        self._skull = own or draw_upper_teeth(anchor, axes, unit, self._colours, blur)
        self._jaw = draw_jaw(self._jaw_anchor[:2], axes, unit, self._colours, blur)

    def paint(
        self,
        frame: NDArray[np.uint8],
        corner: tuple[int, int],
        mouth: MouthShape,
        landmarks: Array,
        motion: HeadMotion,
        skull: NDArray[np.float64],
    ) -> None:
        """Fill the opening of `mouth` in `frame`, in place.

        Args:
            frame: (h, w, 3) the warped part of the frame.
            corner: its left and top in the frame.
            mouth: the lips.
            landmarks: (68, 3) pixels of the frame.
            motion: the head's.
            skull: (68, 3) pixels of the frame: the photo's landmarks as the head alone moves them.
        """
        change = abs(mouth.opening - (0.0 if self._lips.closed else self._lips.gap))
        if self._lips.closed and mouth.opening <= 0.0:
            return
        unit = self._unit * motion.scale
        fresh = 1.0 if self._lips.closed else ramp(change / 0.03)
        if fresh <= 0.0:
            return
        upper, lower = _FINE @ mouth.upper - corner, _FINE @ mouth.lower - corner
        outline = np.concatenate([upper, lower[::-1]])
        left, top = np.maximum(np.floor(outline.min(0)).astype(int) - 4, 0)
        right, bottom = np.minimum(np.ceil(outline.max(0)).astype(int) + 5, (frame.shape[1], frame.shape[0]))
        if left >= right or top >= bottom:
            return
        box = frame[top:bottom, left:right]
        view = _MouthView(upper - (left, top), lower - (left, top), mouth, box.shape[:2], unit, self._edge * unit)
        picture = to_planes(box)
        if not self._lips.closed:
            self._close_seam(picture, view, mouth)
        offset = np.array([left + corner[0], top + corner[1]])
        jaw_shift = 0.35 * (landmarks - skull)[_CHIN, :2].mean(0) + 0.65 * (landmarks - skull)[_LOWER_LIP, :2].mean(0)
        inside = self._inside(view, offset, jaw_shift, motion, mouth)
        picture += view.alpha * np.float32(fresh * ramp(mouth.opening / _FAINT_OPENING)) * (inside - picture)
        from_planes(picture, box)

    def _inside(
        self,
        view: _MouthView,
        offset: NDArray[np.integer],
        jaw_shift: NDArray[np.float64],
        motion: HeadMotion,
        mouth: MouthShape,
    ) -> Array:
        """(3, h, w): cavity, tongue and lower teeth, upper teeth, and the shade of the lips on them.

        Args:
            offset: (2,) where the view's corner lies in the frame.
            jaw_shift: (2,) pixels: how far the jaw has left the skull.
        """
        size = (view.alpha.shape[1], view.alpha.shape[0])
        depth = smoothstep(view.below_upper / np.maximum(view.gap, 1e-3))
        picture = self._colours.cavity[:, None, None] * (0.6 + 0.8 * depth * np.sqrt(depth))

        skull_at = motion.move(self._skull_anchor[None])[0, :2] - offset
        jaw_at = motion.move(self._jaw_anchor[None])[0, :2] + jaw_shift - offset
        plane = motion.plane
        jaw = _placed(self._jaw, plane, self._jaw_anchor[:2], jaw_at, size)
        skull = _placed(self._skull, plane, self._skull_anchor[:2], skull_at, size)

        to_corner = smoothstep(view.to_corner / (0.13 * view.unit))
        wide = 0.86 + 0.14 * ramp(mouth.opening / 0.12)
        lip_shadow = smoothstep(view.below_upper / (0.06 * view.unit))
        _cover(picture, jaw, (0.40 + 0.60 * lip_shadow) * (0.35 * wide + 0.65 * wide * to_corner))
        if self._own_lower_teeth:
            _cover(picture, _placed(self._own_lower_teeth, plane, self._jaw_anchor[:2], jaw_at, size))
        if self._own_teeth:
            skull_shade = 0.72 + 0.28 * smoothstep(view.below_upper / (0.03 * view.unit))
        else:
            skull_shade = (0.78 + 0.22 * lip_shadow) * (0.5 * wide + 0.5 * wide * to_corner)
        _cover(picture, skull, skull_shade)
        picture *= 0.72 + 0.28 * smoothstep(view.above_lower / (0.03 * view.unit))
        return picture

    def _close_seam(self, picture: Array, view: _MouthView, mouth: MouthShape) -> None:
        """Draw the line of lips that meet, where the photo, its mouth open, has none."""
        closed = ramp((1.0 - mouth.opening / self._lips.gap) / 0.7)
        if closed <= 0.0:
            return
        thickness = max(0.012 * view.unit, 0.8)
        line = np.exp(-(((view.below_upper - view.above_lower) * (0.5 / thickness)) ** 2))
        strength = (0.6 * closed) * (1.0 - smoothstep(view.gap / (0.035 * view.unit))) * line * view.between
        picture += strength * np.minimum(0.42 * self._colours.lip[:, None, None] - picture, 0)


def _cover(picture: Array, layer: Array, shade: NDArray[np.floating] | None = None) -> None:
    """Lay (4, h, w) over (3, h, w), in place: its colours, multiplied by its alpha already, under a shade."""
    picture *= 1 - layer[3]
    picture += layer[:3] if shade is None else layer[:3] * shade


class _MouthView:
    """Distances of the pixels of a box to the lips, pixels, and the opening's alpha."""

    def __init__(
        self, upper: Array, lower: Array, mouth: MouthShape, size: tuple[int, ...], unit: float, edge: float
    ) -> None:
        height, width = size
        self.unit = unit
        x = np.arange(width, dtype=np.float32)[None]
        y = np.arange(height, dtype=np.float32)[:, None]
        along = x * mouth.across[0] + y * mouth.across[1]
        deep = x * mouth.down[0] + y * mouth.down[1]
        top, bottom = _heights(along, upper, mouth), _heights(along, lower, mouth)
        self.gap = np.maximum(bottom - top, 0)
        self.below_upper, self.above_lower = deep - top, bottom - deep
        first, last = float(upper[0] @ mouth.across), float(upper[-1] @ mouth.across)
        self.to_corner = np.minimum(along - first, last - along)
        self.between = np.clip(self.to_corner / (0.05 * unit), 0, 1)
        mask = np.zeros((2 * height, 2 * width), np.uint8)
        outline = np.concatenate([upper, lower[::-1]])
        fill_polygon(mask, outline * 2 + 0.5, smooth=True)
        small = np.asarray(cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA))
        alpha = cv2.GaussianBlur(small.astype(np.float32) / 255, (0, 0), max(edge, 0.45))
        self.alpha = alpha * smoothstep(self.gap / (0.012 * unit))


def _heights(along: Array, curve: Array, mouth: MouthShape) -> Array:
    """How deep `curve` lies at each place along the mouth."""
    places = np.maximum.accumulate(curve @ mouth.across)
    return np.interp(along, places, curve @ mouth.down).astype(np.float32)


def _placed(
    layer: Layer,
    plane: NDArray[np.float64],
    anchor: NDArray[np.float64],
    at: NDArray[np.float64],
    size: tuple[int, int],
) -> Array:
    """(4, h, w): a layer turned by `plane` (2, 2) about `anchor` in the photo, which comes to `at` in the picture."""
    linear = plane @ layer.to_photo[:, :2]
    offset = plane @ (layer.to_photo[:, 2] - anchor) + at
    matrix = np.column_stack([linear, offset])
    placed = cv2.warpAffine(layer.picture, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    return np.stack(cv2.split(placed))

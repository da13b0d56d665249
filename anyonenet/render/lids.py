"""The skin of a closed eye, made once from the skin around it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from anyonenet.render.raster import fill_polygon, sample

Array = NDArray[np.float32]

_AROUND = 0.048
"""outer-eye distances around the open eye that its lashes and edges reach"""
_SMOOTH = 0.018
LID_REACH = _AROUND * 1.75 + 0.01
"""outer-eye distances around the open eye that its skin replaces"""
_GRAIN_FROM = 0.20
"""how far below the eye the grain of the skin is taken from, outer-eye distances"""
_GRAIN_STRENGTH = 0.8
_MEMBRANE_ERROR = 0.5
"""length of the residual, grey levels, at which the smooth skin is good enough"""
_SMALL = 24
"""pixels of a side below which no smaller picture helps"""


@dataclass(frozen=True)
class ClosedEye:
    """A piece of the photo with the eye replaced by skin."""

    picture: Array  # (h, w, 4) RGB 0 to 255, and the share of the photo that it replaces, 0 to 1
    left: int
    top: int

    def at(self, places: Array, origin: tuple[int, int]) -> Array:
        """(2, h, w) x and y, pixels of the photo from `origin` -> (4, h, w), nothing where the piece does not reach."""
        x, y = places[0] + (origin[0] - self.left), places[1] + (origin[1] - self.top)
        return np.stack(cv2.split(cv2.remap(self.picture, x, y, cv2.INTER_LINEAR)))


def closed_eye(photo: NDArray[np.uint8], outline: Array, down: Array, unit: float) -> ClosedEye | None:
    """Cover an eye with skin: smooth between the colours all around it, with the grain of the cheek below.

    Args:
        photo: (H, W, 3) uint8.
        outline: (N, 2) pixels, around the open eye.
        down: (2,) unit vector from brow to cheek.
        unit: pixels to one outer-eye distance.

    Returns:
        None where the eye lies off the photo.
    """
    height, width = photo.shape[:2]
    margin = (_AROUND + 3 * _SMOOTH) * unit + 3
    left, top = np.maximum(np.floor(outline.min(0) - margin).astype(int), 0)
    right, bottom = np.minimum(np.ceil(outline.max(0) + margin).astype(int) + 1, (width, height))
    if right - left < 5 or bottom - top < 5:
        return None
    hole = np.zeros((bottom - top, right - left), np.uint8)
    fill_polygon(hole, outline - (left, top))
    reach = max(round(_AROUND * unit), 2)
    around = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    hole = np.asarray(cv2.dilate(hole, around), np.uint8)
    hole[[0, -1]] = 0
    hole[:, [0, -1]] = 0
    blurred = _blur_outside(photo[top:bottom, left:right].astype(np.float32), hole == 0, max(_SMOOTH * unit, 0.8))
    skin = _membrane(blurred, hole > 0) + _grain(photo, (left, top, right, bottom), down, unit)
    share = cv2.GaussianBlur(cv2.erode(hole, np.ones((3, 3), np.uint8)).astype(np.float32) / 255, (0, 0), reach / 4)
    return ClosedEye(np.dstack([np.clip(skin, 0, 255), share]).astype(np.float32), int(left), int(top))


def _blur_outside(picture: Array, valid: NDArray[np.bool_], sigma: float) -> Array:
    """Blur that takes nothing from where `valid` is false."""
    weight = cv2.GaussianBlur(valid.astype(np.float32), (0, 0), sigma)
    total = cv2.GaussianBlur(picture * valid[:, :, None], (0, 0), sigma)
    return np.asarray(total / np.maximum(weight, 1e-4)[:, :, None], np.float32)


def _membrane(picture: Array, hole: NDArray[np.bool_]) -> Array:
    """Fill `hole` so that each pixel is the mean of its four neighbours (Laplace's equation).

    By conjugate gradients (Hestenes and Stiefel 1952) from what every second pixel gives: some ten rounds over an eye's
    few pixels, while a sparse solver takes longer to import. The hole must not touch the picture's border.
    """
    inside = hole.astype(np.float32)
    planes = np.ascontiguousarray(picture.transpose(2, 0, 1))
    known = planes * (1 - inside)
    filled = inside * _guess(picture, hole)
    residual = inside * (_neighbours(known + filled) - 4 * filled)
    direction = residual.copy()
    size = _squares(residual, residual)  # (3, 1, 1): one system a colour
    for _ in range(4 * max(hole.shape)):
        if size.max() < _MEMBRANE_ERROR**2:
            break
        applied = inside * (4 * direction - _neighbours(direction))
        step = size / np.maximum(_squares(direction, applied), 1e-12)
        filled += step * direction
        residual -= step * applied
        before, size = size, _squares(residual, residual)
        direction *= size / np.maximum(before, 1e-12)
        direction += residual
    return (known + filled).transpose(1, 2, 0)


def _guess(picture: Array, hole: NDArray[np.bool_]) -> Array:
    """(3, h, w) the membrane of half the size, enlarged; nothing for a small one."""
    height, width = hole.shape
    coarse = hole[::2, ::2].copy()
    coarse[[0, -1]] = coarse[:, [0, -1]] = False
    if min(height, width) < _SMALL or not coarse.any():
        return np.zeros((3, height, width), np.float32)
    filled = np.ascontiguousarray(_membrane(picture[::2, ::2], coarse))
    # pixel x of the picture lies at x / 2 of every second pixel
    enlarge = np.array([[2, 0, 0], [0, 2, 0]], np.float64)
    larger = cv2.warpAffine(filled, enlarge, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(larger, np.float32).transpose(2, 0, 1)


def _squares(first: Array, second: Array) -> Array:
    """(3, 1, 1): inner products of (3, h, w) colour by colour."""
    return np.array([np.vdot(one, other) for one, other in zip(first, second)], np.float32)[:, None, None]


def _neighbours(values: Array) -> Array:
    """(3, h, w): the sum of the four neighbours of each pixel, zero on the border."""
    total = np.zeros_like(values)
    inner = total[:, 1:-1, 1:-1]
    np.add(values[:, :-2, 1:-1], values[:, 2:, 1:-1], out=inner)
    inner += values[:, 1:-1, :-2]
    inner += values[:, 1:-1, 2:]
    return total


def _grain(photo: NDArray[np.uint8], box: tuple[int, int, int, int], down: Array, unit: float) -> Array:
    """(h, w, 3): fine structure of the skin below the eye, mean 0, so that the lid is not smoother than the face."""
    left, top, right, bottom = box
    x, y = np.meshgrid(np.arange(left, right, dtype=np.float32), np.arange(top, bottom, dtype=np.float32))
    shift = np.round(_GRAIN_FROM * unit * down).astype(np.float32)
    below = sample(photo, np.stack([x, y]) + shift[:, None, None], cv2.INTER_NEAREST, cv2.BORDER_REFLECT_101)
    fine = below.astype(np.float32) - cv2.GaussianBlur(below, (0, 0), max(0.012 * unit, 0.7))
    # grain, not wrinkles or lashes
    spread = max(1.5 * float(np.median(np.abs(fine))), 0.5)
    return _GRAIN_STRENGTH * np.clip(fine, -2 * spread, 2 * spread)

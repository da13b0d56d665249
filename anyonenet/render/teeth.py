"""Drawn teeth and tongue: layers of the mouth that are made once and move with the skull or the jaw.

A layer is a small picture with an alpha channel and the affine map of its pixels to the photo's. Lengths in outer-eye
distances.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from anyonenet.render.palette import MouthColours
from anyonenet.render.raster import smoothstep

Array = NDArray[np.float32]

_HALF_WIDTH = 0.42
_UP, _DOWN = 0.22, 0.30
_ARCH_RADIUS = 0.27
_ARCH_REACH = 0.31
_UPPER_WIDTHS = (0.094, 0.074, 0.082, 0.077, 0.075, 0.10)  # along the arch, from the middle
_UPPER_HEIGHTS = (0.110, 0.098, 0.106, 0.092, 0.085, 0.08)
_LOWER_WIDTHS = (0.060, 0.066, 0.076, 0.077, 0.077, 0.11)
_LOWER_HEIGHTS = (0.085, 0.085, 0.092, 0.085, 0.08, 0.08)
_UPPER_EDGE = 0.030
"""how far the upper teeth show below the resting lip"""
_LOWER_EDGE = -0.007
"""where the lower teeth end, seen from the edge of the lower lip"""


@dataclass(frozen=True)
class Layer:
    """A picture that moves rigidly with the skull or the jaw."""

    picture: Array  # (h, w, 4) RGB 0 to 255, alpha 0 to 1, colours already multiplied by alpha
    to_photo: NDArray[np.float64]  # (2, 3) pixels of the layer -> pixels of the photo


def canvas(
    anchor: NDArray[np.floating], axes: NDArray[np.float64], unit: float
) -> tuple[Array, Array, NDArray[np.float64]]:
    """Empty layer around `anchor`: (h, w) coordinates u and v in outer-eye distances, and its map to the photo.

    Args:
        anchor: (2,) pixels of the photo.
        axes: (2, 2), its columns the directions of u and v in the photo, foreshortened as the head is turned.
        unit: pixels to one outer-eye distance.
    """
    density = float(np.clip(1.6 * unit, 90, 420))  # pixels of the layer to one outer-eye distance
    u = np.arange(-_HALF_WIDTH, _HALF_WIDTH, 1 / density).astype(np.float32)
    v = np.arange(-_UP, _DOWN, 1 / density).astype(np.float32)
    linear = axes * (unit / density)
    offset = anchor - linear @ np.array([_HALF_WIDTH * density, _UP * density])
    return u[None].repeat(len(v), 0), v[:, None].repeat(len(u), 1), np.column_stack([linear, offset])


def draw_upper_teeth(
    anchor: NDArray[np.floating], axes: NDArray[np.float64], unit: float, light: MouthColours, blur: float = 0.0
) -> Layer:
    """Upper teeth and gum around the middle of the resting upper lip, `anchor`; `blur` is the photo's, pixels."""
    u, v, to_photo = canvas(anchor, axes, unit)
    # edges rise towards the sides, as the arch goes back
    edge = _UPPER_EDGE - 0.35 * u * u
    teeth, bright, cover = _row_of_teeth(u, edge - v, _UPPER_WIDTHS, _UPPER_HEIGHTS)
    colour = _enamel(light, bright, teeth)
    return _layer(colour, cover * (np.abs(u) < _ARCH_RADIUS), to_photo, unit, blur)


def draw_jaw(
    anchor: NDArray[np.floating], axes: NDArray[np.float64], unit: float, light: MouthColours, blur: float = 0.0
) -> Layer:
    """Lower teeth and tongue around the middle of the lower lip's edge, `anchor`; `blur` is the photo's, pixels."""
    u, v, to_photo = canvas(anchor, axes, unit)
    edge = _LOWER_EDGE + 0.30 * u * u
    teeth, bright, cover = _row_of_teeth(u, v - edge, _LOWER_WIDTHS, _LOWER_HEIGHTS)
    colour = 0.68 * _enamel(light, bright, teeth)
    back = _tongue(u, v, light)
    cover = cover * (np.abs(u) < 0.9 * _ARCH_RADIUS)
    mixed = back[:, :, :3] * (1 - cover[:, :, None]) + colour * cover[:, :, None]
    alpha = np.maximum(cover, back[:, :, 3])
    return _layer(mixed, alpha, to_photo, unit, blur)


def _row_of_teeth(
    u: Array, height: Array, widths: tuple[float, ...], heights: tuple[float, ...]
) -> tuple[Array, Array, Array]:
    """Teeth side by side on an arch.

    Args:
        u: distance from the middle.
        height: distance from the biting edge towards the gum.

    Returns:
        share of tooth (against gum), brightness, and cover of the whole row, each (h, w).
    """
    arc = _ARCH_REACH * np.arcsin(np.clip(np.abs(u) / _ARCH_RADIUS, 0, 1))
    limits = np.concatenate([[0.0], np.cumsum(widths)])
    index = np.clip(np.searchsorted(limits, arc, side="right") - 1, 0, len(widths) - 1)
    middle = (limits[index] + limits[index + 1]) / 2
    half = (limits[index + 1] - limits[index]) / 2
    across = np.abs(arc - middle) / half  # 0 in the middle of a tooth, 1 between two
    tall = np.array(heights)[index]
    # biting edge: corners rounded, laterals a little shorter
    short = np.where(index == 1, 0.006, np.where(index >= 3, 0.004, 0.0))
    rounded = height - short - 0.016 * np.clip((across - 0.55) / 0.45, 0, 1) ** 2.5
    cover = smoothstep(rounded / 0.008 + 0.5)
    gum_line = tall * (1 - 0.16 * across**2)
    tooth = 1 - smoothstep((height - gum_line) / 0.012 + 0.5)
    groove = 1 - 0.30 * np.clip((across - 0.78) / 0.22, 0, 1) ** 2
    roundness = 1 - 0.07 * across**2
    depth = 1 - 0.5 * (np.abs(u) / _ARCH_RADIUS) ** 2.2
    bite = 1 - 0.10 * np.exp(-((rounded / 0.010) ** 2))  # enamel is thin and darker at the edge
    neck = 1 - 0.12 * np.clip(height / tall, 0, 1) ** 2
    return tooth, groove * roundness * depth * bite * neck, cover


def _enamel(light: MouthColours, bright: Array, tooth: Array) -> Array:
    warm = light.teeth * np.array([1.0, 0.985, 0.955], np.float32) if np.ptp(light.teeth) > 3 else light.teeth
    shaded = warm * bright[:, :, None]
    return (light.gum * bright[:, :, None]) * (1 - tooth[:, :, None]) + shaded * tooth[:, :, None]


def _tongue(u: Array, v: Array, light: MouthColours) -> Array:
    """(h, w, 4): a rounded tongue lying behind the lower teeth, lit from the front."""
    radius = np.sqrt((u / 0.20) ** 2 + ((v - 0.01) / 0.12) ** 2)
    alpha = 1 - smoothstep((radius - 0.72) / 0.4)
    # light falls in from the front: the farther back, the darker
    lit = 0.22 + 0.78 * smoothstep((v + 0.125) / 0.13)
    groove = 1 - 0.10 * np.exp(-((u / 0.03) ** 2))
    bright = lit * groove * np.clip(1.15 - 0.35 * radius, 0, 1)
    return np.dstack([light.tongue * bright[:, :, None], alpha]).astype(np.float32)


def _layer(colour: Array, alpha: Array, to_photo: NDArray[np.float64], unit: float, blur: float) -> Layer:
    picture = np.dstack([colour * alpha[:, :, None], alpha]).astype(np.float32)
    density = unit / np.hypot(to_photo[0, 0], to_photo[1, 0])
    blurred = cv2.GaussianBlur(picture, (0, 0), max(0.004 * density, max(0.35, blur) * density / unit))
    return Layer(np.asarray(blurred, np.float32), to_photo)

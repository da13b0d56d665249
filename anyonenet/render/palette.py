"""Colours for what the photo does not show, taken from what it does: skin, lips, whites of the eyes, darkest tones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anyonenet.render.raster import fill_polygon

Array = NDArray[np.float32]

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True)
class MouthColours:
    """(3,) float32 RGB, 0 to 255, each in the photo's own light and style."""

    teeth: Array
    gum: Array
    tongue: Array
    cavity: Array
    lip: Array


def mouth_colours(photo: NDArray[np.uint8], landmarks: Array, opening: Array | None = None) -> MouthColours:
    """Colours of a mouth in the light of this photo.

    Teeth are as bright as the whites of the eyes and the lit skin let one expect, tinted a little by the light on the
    skin; tongue and gum take the hue of the lips; the cavity is as dark as the face's darkest parts. A grey photo
    thus gets a grey mouth, a sepia one a sepia mouth.

    Args:
        photo: (H, W, 3) uint8.
        landmarks: (68, 3) pixels.
        opening: (N, 2) pixels around the inside of a mouth that the photo shows open, whose dark is then kept.
    """
    points = landmarks[:, :2]
    fallback = np.median(photo[::8, ::8].reshape(-1, 3), axis=0).astype(np.float32)
    cheeks = _pixels(photo, [points[[2, 31, 48, 4]], points[[14, 35, 54, 12]]])
    skin = np.median(cheeks, axis=0) if len(cheeks) else fallback
    lit = np.quantile(cheeks, 0.85, axis=0) if len(cheeks) else fallback
    lips = _pixels(photo, [points[48:60]], [points[60:68]])
    lip = np.median(lips, axis=0) if len(lips) else skin
    eyes = _pixels(photo, [points[36:42], points[42:48]])
    white = _brightness(np.quantile(eyes, 0.9, axis=0)) if len(eyes) else _brightness(lit)
    face = _pixels(photo, [points[[0, 4, 8, 12, 16, 24, 19]]])
    dark = _brightness(np.quantile(face, 0.02, axis=0)) if len(face) else 20.0

    brightness = float(np.clip(0.55 * max(_brightness(lit) * 1.05, white) + 0.45 * _brightness(lit) + 8, 60, 228))
    tint = lit / max(_brightness(lit), 1.0)
    teeth = brightness * (1 + 0.65 * (tint - 1))
    hue = lip / max(_brightness(lip), 1.0)
    light = 0.5 * (_brightness(lip) + _brightness(skin))
    cavity = min(max(0.6 * dark, 0.13 * light), 0.22 * light) * hue**1.6
    inside = _pixels(photo, [opening]) if opening is not None else np.empty((0, 3), np.float32)
    if len(inside) > 8:
        own = inside[inside.mean(1) <= np.quantile(inside.mean(1), 0.12)].mean(0)
        # as dark as it is there, in part of its hue, never lighter than a mouth may be
        cavity = min(_brightness(own), 0.26 * light) * (0.35 * own / max(_brightness(own), 1.0) + 0.65 * hue)
    return MouthColours(
        teeth=_colour(teeth),
        gum=_colour(0.72 * light * hue**1.2),
        tongue=_colour(0.68 * light * hue**1.2),
        cavity=_colour(cavity),
        lip=_colour(lip),
    )


def _brightness(colour: NDArray[np.floating]) -> float:
    return float(colour @ _LUMA)


def _colour(values: NDArray[np.floating]) -> Array:
    return np.clip(values, 0, 255).astype(np.float32)


def _pixels(photo: NDArray[np.uint8], inside: list[Array], outside: list[Array] | None = None) -> Array:
    """(P, 3) float32: the photo inside some polygons and outside others; none where they lie off the photo."""
    points = np.concatenate(inside)
    height, width = photo.shape[:2]
    left, top = np.clip(np.floor(points.min(0)).astype(int), 0, (width, height))
    right, bottom = np.clip(np.ceil(points.max(0)).astype(int) + 2, 0, (width, height))
    box = photo[top:bottom, left:right]
    mask = np.zeros(box.shape[:2], np.uint8)
    for polygons, value in ((inside, 1), (outside or [], 0)):
        for polygon in polygons:
            if mask.size:
                fill_polygon(mask, polygon - (left, top), value)
    return box[mask > 0].astype(np.float32)

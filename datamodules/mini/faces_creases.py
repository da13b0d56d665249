"""Folds of a drawn face: wrinkles that come with age, the nose's wings and nostrils."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import make_interp_spline

from datamodules.mini.faces_mesh import TEXELS, TEXTURE_SIZE
from datamodules.mini.faces_paint import line, mix, polygon, shade
from datamodules.mini.faces_shape import HeadShape, Surface


def crease(colour: np.ndarray, points: np.ndarray, width: float, depth: float) -> None:
    """A fold: a dark line with a lighter lip below it; `points` (N, 2) texels."""
    fade = np.sin(np.linspace(0.15, np.pi - 0.15, len(points))) * width
    low = np.maximum(np.floor(points.min(0)).astype(int) - 9, 0)
    high = np.minimum(np.ceil(points.max(0)).astype(int) + 10, TEXTURE_SIZE[::-1])
    window = colour[low[1] : high[1], low[0] : high[0]]
    dark = line(window.shape[:2], points - low, fade, 0.9)
    light = line(window.shape[:2], points - low + (0, 2.2), fade, 1.3)
    shade(window, depth * dark, np.array([0.8, 1.0, 1.05], np.float32))
    shade(window, -0.35 * depth * light)


def _curve(points: list[tuple[float, float]], count: int = 14) -> np.ndarray:
    """A smooth texel curve through places given in (u, t) units."""
    at = np.array(points, float)
    spline = make_interp_spline(np.linspace(0, 1, len(at)), at, k=min(2, len(at) - 1))
    return (spline(np.linspace(0, 1, count)) + (2.03, 1.60)) * TEXELS


def paint_wrinkles(colour: np.ndarray, old: float, rng: np.random.Generator) -> None:
    """Wrinkles; `old` 0 (30 years and less) to about 1 (70)."""

    def wobble(spread: float = 0.012) -> float:
        return float(rng.normal(0, spread))

    for side in (-1, 1):
        fold = [(side * (0.20 + wobble()), 0.47), (side * (0.29 + wobble()), 0.60), (side * (0.335 + wobble()), 0.74)]
        crease(colour, _curve(fold), 1.5 + 1.2 * old, 0.04 + 0.36 * old)
        bag = [(side * 0.20, 0.11), (side * 0.31, 0.165 + wobble(0.006)), (side * 0.44, 0.12)]
        crease(colour, _curve(bag), 1.4 + old, 0.03 + 0.28 * old)
        if old > 0.2:
            for k in range(3):
                feet = [(side * 0.545, -0.01 + 0.035 * k), (side * (0.63 + wobble()), -0.05 + 0.07 * k + wobble())]
                crease(colour, _curve(feet, 6), 1.2, 0.24 * old)
            crease(colour, _curve([(side * 0.32, 0.82), (side * 0.345, 0.92), (side * 0.33, 1.0)]), 1.6, 0.26 * old)
            frown = [(side * 0.055, -0.15), (side * (0.05 + wobble(0.006)), -0.28)]
            crease(colour, _curve(frown, 6), 1.2, 0.22 * old)
    if old > 0.1:
        for k in range(int(2 + 3 * old)):
            at = -0.44 - 0.085 * k + wobble(0.01)
            reach = rng.uniform(0.25, 0.48)
            lines = [(-reach, at + wobble()), (-0.1, at + wobble()), (0.15, at + wobble()), (reach, at + wobble())]
            crease(colour, _curve(lines, 20), 1.3, 0.27 * old)
        for k in range(3):
            at = 1.75 + 0.14 * k + wobble()
            crease(colour, _curve([(-0.45, at), (0, at + 0.06), (0.45, at)], 20), 1.6, 0.13 * old)
    crease(colour, _curve([(-0.12, 0.955), (0, 0.94), (0.12, 0.955)]), 2.5, 0.10)


def paint_nose(colour: np.ndarray, shape: HeadShape, surface: Surface) -> None:
    """Nostrils, the wings' creases and the shade under the nose, on `colour` (h, w, 3) in place."""
    points = shape.landmarks
    angle, t = surface.parameters(points[[31, 32, 33, 34, 35]])
    at = (np.stack([angle * 0.95, t], 1) + (2.03, 1.60)) * TEXELS
    for wing, near, side in ((0, 1, -1), (4, 3, 1)):
        centre = 0.30 * at[wing] + 0.70 * at[near] + (0, -0.5)
        reach = np.array([0.030, 0.014]) * TEXELS
        turn = np.linspace(0, 2 * np.pi, 24)
        hole = centre + np.stack(
            [reach[0] * np.cos(turn), reach[1] * np.sin(turn) + 0.25 * side * reach[0] * np.cos(turn)], 1
        )
        mix(colour, (0.12, 0.05, 0.04), 0.82 * polygon(TEXTURE_SIZE, hole, 1.0))
        wing_fold = np.array(
            [
                at[wing] + (side * 4, -13),
                at[wing] + (side * 6.5, -6),
                at[wing] + (side * 3.5, 1),
                at[wing] + (side * -3, 3),
            ]
        )
        crease(colour, wing_fold, 1.8, 0.22)
    base = polygon(TEXTURE_SIZE, np.concatenate([at + (0, 1), at[::-1] + (0, 7)]), 3.0)
    shade(colour, 0.20 * base)

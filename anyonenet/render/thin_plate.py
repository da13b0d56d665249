"""Thin-plate splines in the plane, evaluated on an uneven grid and interpolated to every pixel.

Bookstein 1989: among the functions through the given values, the one of least bending energy,
f(x) = a + b·x + Σ w_i U(|x − x_i|) with U(r) = r² log r².
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anyonenet.render.spline import natural_spline

Array = NDArray[np.float32]

_TINY = 1e-12


def kernel(points: Array, centres: Array) -> Array:
    """U(r) = r² log r² between (P, 2) points and (N, 2) centres -> (P, N)."""
    squared = points @ (-2.0 * centres.T)
    squared += (points * points).sum(1)[:, None]
    squared += (centres * centres).sum(1)[None, :]
    np.maximum(squared, _TINY, out=squared)
    return np.multiply(squared, np.log(squared), out=squared)


def solve(centres: Array, values: Array, smoothing: float) -> Array:
    """Weights (N + 3, C) of the spline through (N, C) values at (N, 2) centres.

    Args:
        smoothing: added to the kernel's diagonal; above 0 keeps centres that coincide solvable and lets the spline
            pass beside values that contradict each other.
    """
    count = len(centres)
    system = np.zeros((count + 3, count + 3))
    system[:count, :count] = kernel(centres.astype(np.float64), centres.astype(np.float64))
    system[np.arange(count), np.arange(count)] = smoothing
    system[:count, count] = system[count, :count] = 1.0
    system[:count, count + 1 :] = centres
    system[count + 1 :, :count] = centres.T
    right = np.zeros((count + 3, values.shape[1]))
    right[:count] = values
    return np.linalg.solve(system, right).astype(np.float32)


@dataclass(frozen=True)
class PixelGrid:
    """A rectangle of pixels with a coarse grid of knots on it, denser where detail is.

    What is computed at the knots is carried to the pixels by natural cubic splines along rows and columns, as two
    matrix products.
    """

    left: int
    top: int
    width: int
    height: int
    knots_x: Array  # (K,) pixels of the picture, rising
    knots_y: Array  # (M,)
    to_columns: Array  # (width, K)
    to_rows: Array  # (height, M)

    @property
    def knots(self) -> Array:
        """(M * K, 2) pixels, row by row."""
        x, y = np.meshgrid(self.knots_x, self.knots_y)
        return np.stack([x.ravel(), y.ravel()], 1)

    @property
    def pixels(self) -> Array:
        """(height * width, 2) pixels, row by row."""
        x, y = np.meshgrid(np.arange(self.width) + self.left, np.arange(self.height) + self.top)
        return np.stack([x.ravel(), y.ravel()], 1).astype(np.float32)

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns of the picture that the grid covers."""
        return slice(self.top, self.top + self.height), slice(self.left, self.left + self.width)

    def to_pixels(self, values: Array, rows: slice = slice(None), columns: slice = slice(None)) -> Array:
        """(M * K, C) at the knots -> (C, height, width), or the part of it in `rows` and `columns`."""
        planes = values.reshape(len(self.knots_y), len(self.knots_x), -1)
        to_rows, to_columns = self.to_rows[rows], self.to_columns[columns]
        pixels = np.empty((planes.shape[2], len(to_rows), len(to_columns)), np.float32)
        for channel in range(planes.shape[2]):
            np.matmul(to_rows, planes[:, :, channel] @ to_columns.T, out=pixels[channel])
        return pixels


def make_grid(
    box: tuple[int, int, int, int], focus: tuple[float, float], focus_radius: float, knots: int = 52
) -> PixelGrid:
    """A grid over a box of pixels, its knots about three times denser around `focus`.

    Args:
        box: left, top, right, bottom; right and bottom excluded.
        focus: (x, y) pixels.
        focus_radius: half the side of the dense part, pixels.
        knots: along each side.
    """
    left, top, right, bottom = box
    x = _knots(left, right - 1, focus[0], focus_radius, knots)
    y = _knots(top, bottom - 1, focus[1], focus_radius, knots)
    return PixelGrid(
        left=left,
        top=top,
        width=right - left,
        height=bottom - top,
        knots_x=x,
        knots_y=y,
        to_columns=natural_spline(x, np.arange(left, right)),
        to_rows=natural_spline(y, np.arange(top, bottom)),
    )


def _knots(first: float, last: float, focus: float, radius: float, count: int) -> Array:
    positions = np.linspace(first, last, 512)
    density = 1.0 + 2.0 * np.exp(-(((positions - focus) / radius) ** 4))
    share = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2)])
    return np.interp(np.linspace(0, share[-1], count), share, positions).astype(np.float32)

"""From a few points of the picture to every pixel: an uneven grid of knots, an even one of nodes, and the pixels."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from anyonenet.render.spline import natural_spline

Array = NDArray[np.float32]

_STEPS = (2, 4, 8)
_NODES = 40
"""nodes to one outer-eye distance, about"""


@dataclass(frozen=True)
class PixelGrid:
    """A rectangle of pixels with two grids on it.

    What is dear is computed at the knots, which are denser where detail is. Natural cubic splines along rows and
    columns, as two matrix products, carry it to the nodes, which lie `step` pixels apart, the first half a pixel
    outside the rectangle. From node to node what is smooth is all but linear.
    """

    left: int
    top: int
    width: int
    height: int
    step: int
    """pixels from node to node, even"""
    knots_x: Array  # (K,) pixels of the picture, rising
    knots_y: Array  # (M,)
    nodes_x: Array  # (C,) pixels of the picture
    nodes_y: Array  # (R,)
    to_columns: Array  # (C, K)
    to_rows: Array  # (R, M)

    @property
    def knots(self) -> Array:
        """(M * K, 2) pixels, row by row."""
        x, y = np.meshgrid(self.knots_x, self.knots_y)
        return np.stack([x.ravel(), y.ravel()], 1)

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns of the picture that the grid covers."""
        return slice(self.top, self.top + self.height), slice(self.left, self.left + self.width)

    def to_nodes(self, values: Array, rows: slice = slice(None), columns: slice = slice(None)) -> Array:
        """(N, M * K) at the knots -> (N, R, C) at the nodes, or at those in `rows` and `columns`."""
        planes = values.reshape(len(values), len(self.knots_y), len(self.knots_x))
        return self.to_rows[rows] @ (planes @ self.to_columns[columns].T)

    def to_pixels(self, nodes: Array) -> Array:
        """(N, r + 1, c + 1) at neighbouring nodes -> (N, r * step, c * step) at the pixels between them; a view.

        Between the first two nodes lie the first `step` pixels of the rectangle.
        """
        height, width = (self.step * count for count in nodes.shape[1:])
        pixels = np.empty((len(nodes), height, width), np.float32)
        for plane, target in zip(nodes, pixels):
            # goes on half a step beyond the outer nodes, with their values
            cv2.resize(plane, (width, height), dst=target, interpolation=cv2.INTER_LINEAR)
        half = self.step // 2
        return pixels[:, half : height - half, half : width - half]


def make_grid(
    box: tuple[int, int, int, int], focus: tuple[float, float], focus_radius: float, unit: float, knots: int = 40
) -> PixelGrid:
    """A grid over a box of pixels, its knots about three times denser around `focus`.

    Args:
        box: left, top, right, bottom; right and bottom excluded.
        focus: (x, y) pixels.
        focus_radius: half the side of the dense part, pixels.
        unit: pixels to one outer-eye distance.
        knots: along each side.
    """
    left, top, right, bottom = box
    x = _knots(left, right - 1, focus[0], focus_radius, knots)
    y = _knots(top, bottom - 1, focus[1], focus_radius, knots)
    step = min(_STEPS, key=lambda pixels: abs(np.log(pixels * _NODES / max(unit, 1.0))))
    nodes_x, nodes_y = _nodes(left, right, step), _nodes(top, bottom, step)
    return PixelGrid(
        left=left,
        top=top,
        width=right - left,
        height=bottom - top,
        step=step,
        knots_x=x,
        knots_y=y,
        nodes_x=nodes_x,
        nodes_y=nodes_y,
        to_columns=natural_spline(x, nodes_x),
        to_rows=natural_spline(y, nodes_y),
    )


def _nodes(first: int, end: int, step: int) -> Array:
    return (first - 0.5 + step * np.arange(-(-(end - first) // step) + 1)).astype(np.float32)


def _knots(first: float, last: float, focus: float, radius: float, count: int) -> Array:
    positions = np.linspace(first, last, 512)
    density = 1.0 + 2.0 * np.exp(-(((positions - focus) / radius) ** 4))
    share = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2)])
    return np.interp(np.linspace(0, share[-1], count), share, positions).astype(np.float32)

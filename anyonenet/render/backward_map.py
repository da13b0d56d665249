"""Where each pixel of a frame comes from, kept at the nodes of a grid until pixels are asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anyonenet.render.pixel_grid import PixelGrid

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Patch:
    """A box of pixels of a grid's rectangle where a map is not smooth."""

    top: int
    left: int
    places: Array  # (2, h, w)

    def lay(self, places: Array, top: int, left: int) -> None:
        """Write what lies within a box of pixels into that box's `places`, in place."""
        row, column = self.top - top, self.left - left
        rows, columns = self.places.shape[1:]
        target = places[:, max(row, 0) : max(row + rows, 0), max(column, 0) : max(column + columns, 0)]
        if target.size:
            _, height, width = target.shape
            row, column = max(-row, 0), max(-column, 0)
            target[:] = self.places[:, row : row + height, column : column + width]


@dataclass(frozen=True)
class BackwardMap:
    """One frame's map: x and y of the source, smooth but for a patch."""

    grid: PixelGrid
    nodes: Array  # (2, R, C)
    patch: Patch | None = None

    def places(self, top: int, bottom: int, left: int, right: int) -> Array:
        """(2, bottom - top, right - left) x and y of the source for a box of pixels of the grid's rectangle."""
        step = self.grid.step
        row, column = top // step, left // step
        nodes = self.nodes[:, row : -(-bottom // step) + 1, column : -(-right // step) + 1]
        up, across = top - row * step, left - column * step
        places = self.grid.to_pixels(nodes)[:, up : up + bottom - top, across : across + right - left]
        if self.patch is not None:
            self.patch.lay(places, top, left)
        return places

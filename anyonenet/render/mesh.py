"""Triangles over points of a drawing, and the map that carries each of them (MakeItTalk, section 3.3).

The topology is made once, by Delaunay (1934), in such a way that given lines are edges; a frame only moves the points.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import Delaunay

Array = NDArray[np.float32]

_ROUNDS = 8
_SHIFT = 4
"""bits behind the point of the corners of a drawn triangle"""
_THIN = 1e-3
"""square pixels: triangles of less are not drawn"""


@dataclass(frozen=True)
class Triangulation:
    """Triangles over points, some of which lie halfway between two others."""

    triangles: NDArray[np.intp]  # (T, 3) indices of points
    halves: NDArray[np.intp]  # (M, 2) of each added point, the two that it lies between, in order

    def all_points(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """(N, 2) points -> (N + M, 2) with those halfway."""
        count = len(points)
        whole = np.empty((count + len(self.halves), 2))
        whole[:count] = points
        for place, (one, other) in enumerate(self.halves, count):
            whole[place] = (whole[one] + whole[other]) / 2
        return whole


def triangulate(points: NDArray[np.floating], lines: Iterable[tuple[int, int]] = ()) -> Triangulation:
    """Delaunay triangles in which lines are edges.

    A line that is none is halved, and its halves are looked for among the new triangles, as often as needed.

    Args:
        points: (N, 2).
        lines: pairs of points.
    """
    known = [np.asarray(point, np.float64) for point in points]
    halves: list[tuple[int, int]] = []
    wanted = [(int(a), int(b)) for a, b in lines]
    triangles = np.empty((0, 3), np.intp)
    for _ in range(_ROUNDS):
        triangles = Delaunay(np.stack(known)).simplices.astype(np.intp)
        edges = {frozenset(pair) for pair in triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2).tolist()}
        missing = [pair for pair in wanted if frozenset(pair) not in edges and _apart(known, pair)]
        if not missing:
            break
        for one, other in missing:
            wanted.remove((one, other))
            wanted += [(one, len(known)), (len(known), other)]
            halves.append((one, other))
            known.append((known[one] + known[other]) / 2)
    else:
        triangles = Delaunay(np.stack(known)).simplices.astype(np.intp)
    return Triangulation(triangles, np.array(halves, np.intp).reshape(-1, 2))


def _apart(points: list[NDArray[np.float64]], pair: tuple[int, int]) -> bool:
    return float(np.abs(points[pair[0]] - points[pair[1]]).max()) > 0.25


def affine_maps(source: NDArray[np.floating], target: NDArray[np.floating]) -> Array:
    """The maps that carry target triangles back to source triangles.

    Args:
        source, target: (T, 3, 2) corners.

    Returns:
        (T, 6): x' = a x + b y + c, y' = d x + e y + f as (a, b, c, d, e, f); of a target without area the constant
        middle of its source.
    """
    first, second = target[:, 1] - target[:, 0], target[:, 2] - target[:, 0]
    area = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
    thin = np.abs(area) < 2 * _THIN
    inverse = np.stack([second[:, 1], -second[:, 0], -first[:, 1], first[:, 0]], 1) / np.where(thin, 1.0, area)[:, None]
    to_source = np.stack([source[:, 1] - source[:, 0], source[:, 2] - source[:, 0]], 2)  # columns
    linear = to_source @ inverse.reshape(-1, 2, 2)
    linear[thin] = 0
    offset = np.where(thin[:, None], source.mean(1), source[:, 0] - np.einsum("tij,tj->ti", linear, target[:, 0]))
    return np.concatenate([linear, offset[..., None]], 2).reshape(-1, 6).astype(np.float32)


def draw_indices(canvas: NDArray[np.int16], corners: NDArray[np.floating], numbers: Iterable[int]) -> None:
    """Write into each pixel of triangles, edges included, the triangle's number; the last one wins.

    Args:
        canvas: (H, W), changed in place.
        corners: (T, 3, 2) pixels of the canvas.
        numbers: what is drawn, in order.
    """
    fixed: Any = np.round(np.clip(corners, -8192, 8192) * (1 << _SHIFT)).astype(np.int32)
    for number in numbers:
        cv2.fillConvexPoly(canvas, fixed[number], int(number), cv2.LINE_8, _SHIFT)


def places_of(indices: NDArray[np.int16], maps: Array) -> tuple[Array, Array]:
    """Where each pixel comes from: (H, W) numbers of triangles, (T, 6) their maps -> x and y, (H, W) each."""
    height, width = indices.shape
    x = np.arange(width, dtype=np.float32)
    y = np.arange(height, dtype=np.float32)[:, None]
    columns = np.ascontiguousarray(maps.T)
    flat = indices.astype(np.intp)
    found = []
    for a, b, c in (columns[:3], columns[3:]):
        place = a.take(flat)
        place *= x
        along = b.take(flat)
        along *= y
        place += along
        place += c.take(flat)
        found.append(place)
    return found[0], found[1]

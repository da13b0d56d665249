"""Where in the photo each pixel of a frame comes from.

Two backward thin-plate fields: one knows the upper lip and not the lower, one the lower and not the upper. Joined
along the mouth line they part closed lips, or close open ones, without tearing.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from anyonenet.face.template import BROWS, EYES, JAW, NOSE
from anyonenet.render.backward_map import BackwardMap, Patch
from anyonenet.render.dense_photo import DensePhoto
from anyonenet.render.head import Head, HeadMotion
from anyonenet.render.lips import CURVE_POINTS, MouthShape, PhotoLips
from anyonenet.render.outline import Outline
from anyonenet.render.pixel_grid import PixelGrid
from anyonenet.render.raster import smoothstep
from anyonenet.render.thin_plate import Array, kernel_from, solve_branches, with_squares

_FACE = [*JAW, *BROWS, *NOSE, 48, 54]
_EYES = list(EYES)
_SIDES = [0, 1, 2, 3, 4, 5, 11, 12, 13, 14, 15, 16]
_UPPER_OUTER = [49, 50, 51, 52, 53]
_LOWER_OUTER = [55, 56, 57, 58, 59]
_LIP = len(_UPPER_OUTER) + CURVE_POINTS - 2
# where the inner lips lie among the points of the fields
_CORNERS = slice(-2 * _LIP - 2, -2 * _LIP)
_UPPER, _LOWER = slice(-_LIP - CURVE_POINTS + 2, -_LIP), slice(-CURVE_POINTS + 2, None)
_SMOOTHING = 2e-5
_LOWER_REACH = 0.85
"""how far from the mouth the two fields may differ, outer-eye distances"""
_LINE_TABLE = 2048
_SHARP_STEPS = 2.5
"""steps of the grid beyond the corners of the mouth within which the join is worked out for every pixel"""


class WarpField:
    """Backward maps from a frame to the photo.

    Args:
        landmarks: (68, 3) pixels of the photo.
        head: the photo's head.
        lips: the photo's lips.
        grid: the pixels that may move.
        dense: the part of the photo that moves: maps lead to its samples.
    """

    def __init__(self, landmarks: Array, head: Head, lips: PhotoLips, grid: PixelGrid, dense: DensePhoto) -> None:
        self._landmarks = landmarks.astype(np.float64)
        self._head = head
        self._lips = lips
        self._grid = grid
        outline = np.concatenate([self._landmarks[_SIDES, :2], head.points[:, :2]])
        self._outline = Outline(outline, self._landmarks[:, :2])
        self._ring = head.ring()
        photo = self._landmarks[:, :2]
        corners, lip = np.zeros((2, 2)), np.zeros((CURVE_POINTS - 2, 2))  # filled in for each frame
        self._source = np.concatenate(
            [
                self._ring,
                head.throat,
                head.points[:, :2],
                photo[_FACE],
                photo[_EYES],
                corners,
                photo[_UPPER_OUTER],
                lip,
                photo[_LOWER_OUTER],
                lip,
            ]
        )
        nodes = np.stack(np.meshgrid(grid.nodes_x, grid.nodes_y))
        self.moving = (head.mask(nodes.reshape(2, -1).T) > 0).reshape(nodes.shape[1:])
        """(R, C): nodes that may move; the others never do"""
        self._may_move = self.moving.astype(np.float32)
        self._still = dense.factor * (nodes - np.array(dense.origin, np.float32)[:, None, None])
        mask = head.mask(grid.knots)
        self._known = np.flatnonzero(mask > 0)
        self._mask = mask[self._known] * np.float32(head.unit * dense.factor)
        self._knots = with_squares(self._to_units(grid.knots[self._known]))

    def maps(
        self, landmarks: Array, eyes: Array, motion: HeadMotion, mouth: MouthShape, skull: NDArray[np.float64]
    ) -> BackwardMap:
        """Where in the dense photo each pixel of the grid comes from.

        Args:
            landmarks: (68, 3) pixels of the frame.
            eyes: (12, 2) pixels: the eyes' points in the frame as they would be without the blink.
            motion: the head's.
            mouth: the lips asked for.
            skull: (68, 3) pixels of the frame: the photo's landmarks as the head alone moves them.
        """
        grid = self._grid
        moved = np.zeros((4, len(grid.knots_x) * len(grid.knots_y)), np.float32)
        moved[:, self._known] = self._solve(landmarks, eyes, motion, mouth, skull[:, :2]).T * self._mask
        nodes = grid.to_nodes(moved[:2])
        nodes *= self._may_move
        nodes += self._still
        return self._joined(nodes, moved[2:] - moved[:2], mouth)

    def _solve(
        self, landmarks: Array, eyes: Array, motion: HeadMotion, mouth: MouthShape, skull: NDArray[np.float64]
    ) -> Array:
        """Displacements (P, 4) at the knots that move, outer-eye distances: of the upper and of the lower field."""
        head = self._head
        around = np.concatenate([skull[_SIDES], motion.move(head.points)[:, :2]])
        held = self._outline.limited(around, skull, self._landmarks[:, :2])
        points = landmarks[:, :2].astype(np.float64)
        points[_SIDES] += (held - around)[: len(_SIDES)]
        source, target = self._source.copy(), np.empty_like(self._source)
        upper_source, lower_source = self._lips.sources(mouth)
        source[_CORNERS] = upper_source[[0, -1]]
        source[_UPPER], source[_LOWER] = upper_source[1:-1], lower_source[1:-1]
        np.concatenate(
            [
                self._ring,
                head.moved_throat(landmarks),
                held[len(_SIDES) :],
                points[_FACE],
                eyes,
                mouth.upper[[0, -1]],
                points[_UPPER_OUTER],
                mouth.upper[1:-1],
                points[_LOWER_OUTER],
                mouth.lower[1:-1],
            ],
            out=target,
        )
        centres = self._to_units(target)
        displacements = ((source - target) / head.unit).astype(np.float32)
        # both fields in one product: a field has weight 0 on the points it does not know
        weights = solve_branches(centres, displacements, _SMOOTHING, [_LIP, _LIP])
        fields = kernel_from(self._knots, centres) @ weights[:-3]
        fields += self._knots @ np.vstack([weights[-2:], np.zeros_like(weights[-1:]), weights[-3:-2]])
        return fields

    def _to_units(self, points: NDArray[np.floating]) -> Array:
        """Pixels -> outer-eye distances from the head's middle."""
        return ((points - self._head.origin[:2]) / self._head.unit).astype(np.float32)

    def _joined(self, nodes: Array, difference: Array, mouth: MouthShape) -> BackwardMap:
        """The map that says below the mouth line what the lower field says.

        Args:
            nodes: (2, R, C) what the upper field says.
            difference: (2, M * K) what the lower field says more, at the knots.
        """
        grid = self._grid
        reach = _LOWER_REACH * self._head.unit
        centre = mouth.corners.mean(0)
        left, right = np.searchsorted(grid.nodes_x, (centre[0] - reach, centre[0] + reach)).tolist()
        top, bottom = np.searchsorted(grid.nodes_y, (centre[1] - 0.6 * reach, centre[1] + reach)).tolist()
        if left >= right or top >= bottom:
            return BackwardMap(grid, nodes)
        rows, columns = slice(top, bottom), slice(left, right)
        x, y = grid.nodes_x[None, columns] - centre[0], grid.nodes_y[rows, None] - centre[1]
        near = 1.0 - smoothstep((np.sqrt(x * x + y * y) - 0.55 * reach) / (0.45 * reach))
        lower = grid.to_nodes(difference, rows, columns) * (near * self._may_move[rows, columns]).astype(np.float32)
        upper = nodes[:, rows, columns]
        patch = self._patch(upper, lower, (top, left), mouth)
        upper += below_mouth_line(x, y, mouth) * lower
        return BackwardMap(grid, nodes, patch)

    def _patch(self, nodes: Array, difference: Array, corner: tuple[int, int], mouth: MouthShape) -> Patch | None:
        """The pixels around the mouth line: from one to the next they may come from different lips.

        Args:
            nodes, difference: (2, r, c) some of the grid's nodes.
            corner: the row and the column of the first.
        """
        grid, step = self._grid, self._grid.step
        rows, columns = nodes.shape[1:]
        line = mouth_line(mouth)
        # beyond the corners the join softens, until it is smooth from node to node
        beyond = np.array([_SHARP_STEPS, 0.5 * _SHARP_STEPS + 1], np.float32) * step
        (left, above), (right, below) = line.min(0) - beyond, line.max(0) + beyond
        first = max(int((left - grid.nodes_x[0]) / step) - corner[1], 0)
        last = min(int((right - grid.nodes_x[0]) / step) + 1 - corner[1], columns - 1)
        top = max(int((above - grid.nodes_y[0]) / step) - corner[0], 0)
        bottom = min(int((below - grid.nodes_y[0]) / step) + 1 - corner[0], rows - 1)
        if first >= last or top >= bottom:
            return None
        cells = np.s_[:, top : bottom + 1, first : last + 1]
        places, lower = grid.to_pixels(nodes[cells]), grid.to_pixels(difference[cells])
        row, column = step * (corner[0] + top), step * (corner[1] + first)
        centre = mouth.corners.mean(0)
        x = np.arange(column, column + places.shape[2], dtype=np.float32)[None] + (grid.left - centre[0])
        y = np.arange(row, row + places.shape[1], dtype=np.float32)[:, None] + (grid.top - centre[1])
        places += below_mouth_line(x, y, mouth) * lower
        return Patch(row, column, places)


def mouth_line(mouth: MouthShape) -> Array:
    """(11, 2) pixels: where the lips meet, or the middle between them, from corner to corner."""
    return np.concatenate([mouth.corners[:1], (mouth.upper + mouth.lower) / 2, mouth.corners[1:]])


def below_mouth_line(x: NDArray[np.floating], y: NDArray[np.floating], mouth: MouthShape) -> Array:
    """1 below the line where the lips meet, 0 above: a sharp step between the corners, softer the farther outside.

    Args:
        x: (1, W) and y: (H, 1) pixels from the middle of the outer corners.
    """
    centre = mouth.corners.mean(0)
    x, y = x.astype(np.float32), y.astype(np.float32)
    along = x * mouth.across[0] + y * mouth.across[1]
    deep = x * mouth.down[0] + y * mouth.down[1]
    line = mouth_line(mouth) - centre
    line_along = np.maximum.accumulate(line @ mouth.across)
    line_deep = line @ mouth.down
    # beyond the corners the line runs out level
    first, last = float(along.min()), float(along.max())
    table = np.interp(np.linspace(first, last, _LINE_TABLE), line_along, line_deep).astype(np.float32)
    index = (along - np.float32(first)) * np.float32((_LINE_TABLE - 1) / max(last - first, 1e-6))
    deep -= table.take((index + np.float32(0.5)).astype(np.intp), mode="clip")
    half = (line_along[-1] - line_along[0]) / 2
    outside = np.abs(along - (line_along[0] + half)) - half
    thickness = 0.7 + 1.2 * np.maximum(outside, np.float32(0))
    deep /= thickness
    deep += np.float32(0.5)
    return np.clip(deep, 0.0, 1.0, out=deep)

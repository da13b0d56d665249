"""The mesh of a drawn head: which points it has, which lines it keeps, and where its points go in a frame.

Points: the 59 landmarks without the inner lips, the inner lips as two curves that part at the mouth line, a template
head around them (ears, hair, throat), and a frame of points that never move.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from anyonenet.face.template import EYES
from anyonenet.render.eye_pose import EYE_INDICES, EyePose, complex_points, plane_points
from anyonenet.render.head import Head, HeadMotion
from anyonenet.render.lips import CURVE_POINTS, MouthShape, PhotoLips, mouth_axes
from anyonenet.render.mesh import Triangulation, triangulate
from anyonenet.render.outline import Outline

Array = NDArray[np.float32]
Points = NDArray[np.float64]

_OUTER = 60
"""landmarks that are points of the mesh themselves"""
_UPPER = slice(_OUTER, _OUTER + CURVE_POINTS)
_LOWER = slice(_UPPER.stop, _UPPER.stop + CURVE_POINTS - 2)
_SIDES = [0, 1, 2, 3, 4, 5, 11, 12, 13, 14, 15, 16]
_EYE_LOOPS = [list(range(36, 42)), list(range(42, 48))]
_CHAINS = [list(range(17)), list(range(17, 22)), list(range(22, 27)), list(range(27, 31)), list(range(31, 36))]
_BORDER_STEP = 0.5
"""between points on the edge of what may move, outer-eye distances"""
_CLEAR = 0.1
"""outer-eye distances: still points nearer than that to a moving one are left out"""


class CartoonMesh:
    """Triangles over one drawing.

    Args:
        landmarks: (68, 3) pixels.
        head: the drawing's head.
        lips: the drawing's lips.
        size: (height, width) of the drawing.
    """

    def __init__(self, landmarks: Array, head: Head, lips: PhotoLips, size: tuple[int, int]) -> None:
        self._landmarks = landmarks.astype(np.float64)
        self._head = head
        around = np.concatenate([self._landmarks[_SIDES, :2], head.points[:, :2]])
        self._outline = Outline(around, self._landmarks[:, :2])
        inside = _within(head.points[:, :2], size, 0.02 * head.unit)
        self._template = np.flatnonzero(inside)
        self._throat = np.flatnonzero(_within(head.throat, size, 0.02 * head.unit))
        moving = self._joined(self._landmarks, lips.upper, lips.lower, head.points[:, :2], head.throat)
        self._still = _still_points(head, moving)
        self.rest = np.concatenate([moving, self._still])
        """(N, 2) pixels: where the points lie in the drawing"""
        self._share = head.mask(self.rest.astype(np.float32))[:, None].astype(np.float64)
        self._share[: _LOWER.stop] = 1.0  # the face goes where it is asked to, at the picture's border too
        layout = self.rest.copy()
        layout[_UPPER], layout[_LOWER] = _parted(layout, landmarks)
        self.net: Triangulation = triangulate(layout, _lines())
        whole = self.net.all_points(layout)
        middles = whole[self.net.triangles].mean(1)
        lips_inside = np.concatenate([whole[_UPPER], whole[_LOWER][::-1]])
        self.mouth: NDArray[np.bool_] = _inside(middles, lips_inside)
        """(T,) triangles between the lips"""
        eyes = [_inside(middles, whole[loop]) for loop in _EYE_LOOPS]
        touching = np.isin(self.net.triangles, _with_halves(EYES, self.net)).any(1)
        self.lids: NDArray[np.intp] = np.flatnonzero(touching & ~eyes[0] & ~eyes[1])
        """triangles of skin that end at an eye"""

    def moved(
        self, landmarks: Array, motion: HeadMotion, mouth: MouthShape, skull: Points
    ) -> tuple[Points, Points | None]:
        """Where the points lie in a frame, (N, 2) pixels: with the eyes as open as drawn, and with their blink.

        Args:
            landmarks: (68, 3) pixels of the frame.
            motion: the head's.
            mouth: the lips asked for.
            skull: (68, 3) pixels: the drawing's landmarks as the head alone moves them.

        Returns:
            the second is None where no eye closes.
        """
        head = self._head
        around = np.concatenate([skull[_SIDES, :2], motion.move(head.points)[:, :2]])
        held = self._outline.limited(around, skull[:, :2], self._landmarks[:, :2])
        points = landmarks[:, :2].astype(np.float64)
        points[_SIDES] += (held - around)[: len(_SIDES)]
        throat = head.moved_throat(landmarks)
        moved = self._joined(points, mouth.upper, mouth.lower, held[len(_SIDES) :], throat)
        asked = self._limited(moved)
        opened, closing = _opened(points, skull)
        if not closing:
            return asked, None
        moved = moved.copy()
        moved[list(EYES)] = opened
        return self._limited(moved), asked

    def _joined(
        self,
        landmarks: NDArray[np.floating],
        upper: NDArray[np.floating],
        lower: NDArray[np.floating],
        template: NDArray[np.floating],
        throat: NDArray[np.floating],
    ) -> Points:
        parts = [landmarks[:_OUTER, :2], upper, lower[1:-1], template[self._template], throat[self._throat]]
        return np.concatenate(parts).astype(np.float64)

    def _limited(self, moved: Points) -> Points:
        count = len(moved)
        target = self.rest.copy()
        target[:count] += self._share[:count] * (moved - self.rest[:count])
        return target


def _lines() -> list[tuple[int, int]]:
    """Lines of a face that must stay lines: brows, nose, jaw, the edges of eyes and lips."""
    upper, lower = list(range(_UPPER.start, _UPPER.stop)), list(range(_LOWER.start, _LOWER.stop))
    corners = upper[0], upper[-1]
    chains = [*_CHAINS, upper, [corners[0], *lower, corners[1]]]
    loops = [*_EYE_LOOPS, list(range(48, 60))]
    lines = [pair for chain in chains for pair in zip(chain, chain[1:])]
    return lines + [pair for loop in loops for pair in zip(loop, [*loop[1:], loop[0]])]


def _parted(points: Points, landmarks: Array) -> tuple[Points, Points]:
    """The inner lips, parted as in an open mouth, so that triangles of the upper lip never reach the lower one."""
    across, down = mouth_axes(landmarks[:, :2])
    upper = points[_UPPER].copy()
    lower = np.concatenate([upper[:1], points[_LOWER], upper[-1:]])
    along, deep = points[48:60] @ across, points[48:60] @ down
    order = np.maximum.accumulate
    above = np.interp(upper @ across, order(along[:7]), deep[:7])
    below = np.interp(lower @ across, order(along[[0, 11, 10, 9, 8, 7, 6]]), deep[[0, 11, 10, 9, 8, 7, 6]])
    least = 0.004 * float(np.hypot(*(points[45] - points[36])))
    raised = np.maximum(0.4 * (upper @ down - above), least)[1:-1]
    lowered = np.maximum(0.4 * (below - lower @ down), least)[1:-1]
    upper[1:-1] -= raised[:, None] * down
    return upper, lower[1:-1] + lowered[:, None] * down


def _opened(points: Points, skull: Points) -> tuple[Points, bool]:
    """(12, 2): the eyes' points without their blink, and whether there is one."""
    flat, still = complex_points(points), complex_points(skull)
    opened, closing = flat.copy(), False
    for indices in EYE_INDICES:
        pose = EyePose(indices, flat, still)
        lids = [*indices.upper, *indices.lower]
        for sign, lid, place in zip((-1, -1, 1, 1), lids, pose.open_lids):
            way = sign * ((place - flat[lid]) / pose.along).imag
            if way > 0.02 * pose.length:
                opened[lid], closing = place, True
    return plane_points(opened[list(EYES)]).astype(np.float64), closing


def _still_points(head: Head, moving: Points) -> Points:
    """(S, 2) pixels: a ring around the head and the edge of the box around it, but for what a moving point is near."""
    left, top, right, bottom = head.box()
    right, bottom = right - 1, bottom - 1
    step = _BORDER_STEP * head.unit
    x = np.linspace(left, right, max(int((right - left) / step), 1) + 1)
    y = np.linspace(top, bottom, max(int((bottom - top) / step), 1) + 1)[1:-1]
    edge = [
        *((place, height) for height in (top, bottom) for place in x),
        *((place, height) for place in (left, right) for height in y),
    ]
    border, ring = np.array(edge, np.float64), head.ring()
    inner = (ring > (left + 2, top + 2)).all(1) & (ring < (right - 2, bottom - 2)).all(1)
    ring = ring[inner]
    apart = np.linalg.norm(ring[:, None] - moving[None], axis=-1).min(1) if len(ring) else np.empty(0)
    return np.concatenate([border, ring[apart > _CLEAR * head.unit]])


def _within(points: NDArray[np.floating], size: tuple[int, int], margin: float) -> NDArray[np.bool_]:
    height, width = size
    return (points >= margin).all(1) & (points[:, 0] <= width - 1 - margin) & (points[:, 1] <= height - 1 - margin)


def _inside(points: Points, polygon: Points) -> NDArray[np.bool_]:
    loop = polygon.astype(np.float32).reshape(-1, 1, 2)
    return np.array([cv2.pointPolygonTest(loop, (float(x), float(y)), False) > 0 for x, y in points])


def _with_halves(points: tuple[int, ...], net: Triangulation) -> NDArray[np.intp]:
    """The points, and those added halfway between two of them."""
    known = set(points)
    first = int(net.triangles.max()) + 1 - len(net.halves)
    for place, pair in enumerate(net.halves.tolist(), first):
        if known.issuperset(pair):
            known.add(place)
    return np.array(sorted(known), np.intp)

"""The renderer that needs no learned weights: the photo itself is moved.

Landmarks go where they are asked to, the head turns with the quaternion, and the rest of the photo stays still.
Works on whatever has a face: photographs, paintings, drawings, statues.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from anyonenet.face import quaternion as quaternions
from anyonenet.face.registration import register
from anyonenet.render.arguments import checked, checked_face, checked_photo
from anyonenet.render.backward_map import BackwardMap
from anyonenet.render.dense_photo import DensePhoto
from anyonenet.render.eye_pose import complex_points
from anyonenet.render.eyes import Eyes
from anyonenet.render.field import WarpField
from anyonenet.render.head import Head, head_motion
from anyonenet.render.lips import PhotoLips
from anyonenet.render.mouth import Mouth
from anyonenet.render.pixel_grid import PixelGrid, make_grid

_FOCUS_REACH = 0.6
_BAND = 64
"""rows of pixels that are moved at a time, so that what belongs to them stays in the cache"""


class WarpRenderer:
    """Moves one photo; a `Renderer`.

    Args:
        photo: (H, W, 3) uint8 RGB.
        landmarks: (68, 3) pixels of its face, x right, y down, z away from the camera.
        quaternion: (4,) the photo's own head orientation (w, x, y, z); None: found by registering the landmarks.

    Raises:
        InputError: a wrong shape or type, values that are not finite, or landmarks without extent.
    """

    thread_safe = True
    """nothing that `render` uses changes after the beginning"""

    def __init__(self, photo: NDArray[np.uint8], landmarks: ArrayLike, quaternion: ArrayLike | None = None) -> None:
        photo, points = checked_photo(photo), checked_face(landmarks)
        pose = register(points).quaternions if quaternion is None else checked(quaternion, (4,), "the quaternion")
        self._photo = photo
        self._landmarks = points
        self._rotation = quaternions.to_matrix(pose).astype(np.float64)
        self._head = Head(points, self._rotation, (photo.shape[0], photo.shape[1]))
        unit, focus = self._head.unit, points[48:68, :2].mean(0)
        box = self._head.box()
        self._grid = make_grid(box, (float(focus[0]), float(focus[1])), _FOCUS_REACH * unit, unit)
        self._dense = DensePhoto(self._photo, box)
        self._lips = PhotoLips(self._photo, points, unit)
        self._field = WarpField(points, self._head, self._lips, self._grid, self._dense)
        self._bands = _bands(self._field.moving, self._grid)
        self._eyes = Eyes(self._photo, self._dense, points, unit)
        self._mouth = Mouth(self._photo, points, self._rotation, self._lips, unit)

    def render(self, landmarks: ArrayLike, quaternion: ArrayLike) -> NDArray[np.uint8]:
        """One frame: the photo with its face's landmarks moved to `landmarks` and its head turned to `quaternion`.

        Args:
            landmarks: (68, 3) pixels; points outside the photo are allowed.
            quaternion: (4,) (w, x, y, z).

        Returns:
            (H, W, 3) uint8 RGB.

        Raises:
            InputError: a wrong shape, or values that are not finite.
        """
        points = checked(landmarks, (68, 3), "landmarks")
        rotation = quaternions.to_matrix(checked(quaternion, (4,), "the quaternion")).astype(np.float64)
        motion = head_motion(self._landmarks, self._rotation, points, rotation)
        skull = motion.move(self._landmarks)
        shape = self._lips.shape(points, motion)
        flat = complex_points(points)
        eyes = self._eyes.poses(flat, complex_points(skull))
        maps = self._field.maps(points, self._eyes.open_points(flat, eyes, motion.scale), motion, shape, skull)
        frame = self._photo.copy()
        moving = frame[self._grid.slices]
        self._warp(moving, maps)
        corner = (self._grid.left, self._grid.top)
        self._eyes.blink(moving, maps, corner, eyes, motion.scale)
        self._mouth.paint(moving, corner, shape, points, motion, skull)
        return frame

    def _warp(self, moving: NDArray[np.uint8], maps: BackwardMap) -> None:
        """Move the photo."""
        for top, bottom, left, right in self._bands:
            sampled = self._dense.at(maps.places(top, bottom, left, right))
            cv2.cvtColor(sampled, cv2.COLOR_RGBA2RGB, dst=moving[top:bottom, left:right])


def _bands(nodes: NDArray[np.bool_], grid: PixelGrid) -> list[tuple[int, int, int, int]]:
    """Boxes (top, bottom, left, right) of the grid's pixels, one below the other, that hold all that moves.

    Args:
        nodes: (R, C) nodes that may move.
    """
    # where the outermost nodes hold still, so do the outermost pixels
    top, bottom = int(not nodes[0].any()), grid.height - int(not nodes[-1].any())
    left, right = int(not nodes[:, 0].any()), grid.width - int(not nodes[:, -1].any())
    bands, cells = [], max(_BAND // grid.step, 1)
    for first in range(0, len(nodes) - 1, cells):
        last = min(first + cells, len(nodes) - 1)
        columns = np.flatnonzero(nodes[first : last + 1].any(0))
        if len(columns):
            begin, end = int(columns[0] - 1) * grid.step, int(columns[-1] + 1) * grid.step
            rows = max(first * grid.step, top), min(last * grid.step, bottom)
            bands.append((*rows, max(begin, left), min(end, right)))
    return bands

"""The renderer that needs no learned weights: the photo itself is moved.

Landmarks go where they are asked to, the head turns with the quaternion, and the rest of the photo stays still.
Works on whatever has a face: photographs, paintings, drawings, statues.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from anyonenet.errors import InputError
from anyonenet.face import quaternion as quaternions
from anyonenet.face.registration import register
from anyonenet.render.eyes import Eyes
from anyonenet.render.field import WarpField
from anyonenet.render.head import Head, head_motion
from anyonenet.render.lips import PhotoLips
from anyonenet.render.mouth import Mouth
from anyonenet.render.raster import sample
from anyonenet.render.thin_plate import make_grid

_FOCUS_REACH = 0.75
_FACE_MARGIN = 0.12


class WarpRenderer:
    """Moves one photo; a `Renderer`.

    Args:
        photo: (H, W, 3) uint8 RGB.
        landmarks: (68, 3) pixels of its face, x right, y down, z away from the camera.
        quaternion: (4,) the photo's own head orientation (w, x, y, z); None: found by registering the landmarks.

    Raises:
        InputError: a wrong shape or type, values that are not finite, or landmarks without extent.
    """

    def __init__(self, photo: NDArray[np.uint8], landmarks: ArrayLike, quaternion: ArrayLike | None = None) -> None:
        photo = np.asarray(photo)
        if photo.ndim != 3 or photo.shape[2] != 3 or photo.dtype != np.uint8 or min(photo.shape[:2]) < 2:
            raise InputError(
                f"the photo must be (height, width, 3) uint8 of at least 2 x 2 pixels, got {photo.shape} "
                f"{photo.dtype}; read it with load_photo"
            )
        points = _checked(landmarks, (68, 3), "the photo's landmarks")
        if np.linalg.norm(points[45, :2] - points[36, :2]) < 1.0:
            raise InputError("the photo's landmarks have their eye corners within one pixel; give a larger face")
        pose = register(points).quaternions if quaternion is None else _checked(quaternion, (4,), "the quaternion")
        self._photo = np.ascontiguousarray(photo)
        self._landmarks = points
        self._rotation = quaternions.to_matrix(pose).astype(np.float64)
        self._head = Head(points, self._rotation, (photo.shape[0], photo.shape[1]))
        focus = points[48:68, :2].mean(0)
        self._grid = make_grid(self._head.box(), (float(focus[0]), float(focus[1])), _FOCUS_REACH * self._head.unit)
        pixels = self._grid.pixels
        self._still = (self._head.mask(pixels) <= 0).astype(np.uint8).reshape(self._grid.height, self._grid.width)
        self._lips = PhotoLips(self._photo, points, self._head.unit)
        self._field = WarpField(points, self._head, self._lips, self._grid)
        self._eyes = Eyes(self._photo, points, self._head.unit)
        self._mouth = Mouth(self._photo, points, self._rotation, self._lips, self._head.unit)

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
        points = _checked(landmarks, (68, 3), "landmarks")
        rotation = quaternions.to_matrix(_checked(quaternion, (4,), "the quaternion")).astype(np.float64)
        motion = head_motion(self._landmarks, self._rotation, points, rotation)
        shape = self._lips.shape(points, motion)
        maps = self._field.maps(points, self._eyes.open_points(points, motion), motion, shape)
        frame = self._photo.copy()
        moving = frame[self._grid.slices]
        self._warp(moving, maps, points)
        cv2.copyTo(self._photo[self._grid.slices], self._still, moving)
        corner = (self._grid.left, self._grid.top)
        self._eyes.blink(moving, maps, corner, points, motion)
        self._mouth.paint(moving, corner, shape, points, motion)
        return frame

    def _warp(self, moving: NDArray[np.uint8], maps: NDArray[np.float32], points: NDArray[np.float32]) -> None:
        """Move the photo: sharply where the face is, more cheaply around it."""
        moving[:] = sample(self._photo, maps, cv2.INTER_LINEAR, cv2.BORDER_REFLECT_101)
        inside = points[:, :2] - (self._grid.left, self._grid.top)
        margin = _FACE_MARGIN * self._head.unit
        left, top = np.maximum(inside.min(0) - margin, 0).astype(int)
        right, bottom = np.maximum(inside.max(0) + margin, 0).astype(int)
        face = moving[top:bottom, left:right]
        if face.size:
            face[:] = sample(self._photo, maps[:, top:bottom, left:right], cv2.INTER_CUBIC, cv2.BORDER_REFLECT_101)


def _checked(values: ArrayLike, shape: tuple[int, ...], what: str) -> NDArray[np.float32]:
    array = np.asarray(values, dtype=np.float32)
    if array.shape != shape:
        raise InputError(f"{what} must have shape {shape}, got {array.shape}")
    if not np.isfinite(array).all():
        raise InputError(f"{what} hold values that are not finite; check the motion that made them")
    return array

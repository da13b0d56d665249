"""The head around the face: points of a template that turn with it, and how far its motion reaches.

The 68 landmarks end at the brows and the jaw. What moves with them (ears, hair, hat, throat) is stood in for by points
of a template head, in outer-eye distances from the centroid of the stable landmarks, x right, y down, z away.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anyonenet.face.template import STABLE
from anyonenet.render.raster import smoothstep

Array = NDArray[np.float32]

_STABLE = list(STABLE)
# one side (x > 0) and the middle of the head; the other side is its mirror image
_SIDE = (
    (1.00, -0.49, 0.90),  # ear, from top to lobe
    (1.02, -0.16, 0.95),
    (0.97, 0.17, 0.92),
    (0.86, -0.72, 0.55),  # temple
    (0.42, -0.89, 0.12),  # forehead
    (0.50, -1.33, 0.45),  # hair line to crown
    (0.92, -1.12, 0.80),
    (0.62, -1.68, 0.85),
    (1.15, -1.27, 1.00),  # outline of the hair
    (1.28, -0.63, 1.05),
    (1.26, 0.02, 1.05),
    (0.55, 0.13, 0.14),  # cheekbone
)
_MIDDLE = ((0.00, -0.93, 0.06), (0.00, -1.41, 0.40), (0.00, -1.82, 0.85))
# throat: hangs below points of the jaw and goes part of the way with them: (landmark, x, y, z from it, share)
_THROAT = ((8, 0.0, 0.34, 0.30, 0.5), (5, -0.02, 0.36, 0.20, 0.45), (11, 0.02, 0.36, 0.20, 0.45))

_CENTRE = (0.0, -0.17, 0.45)
_HALF_WIDTH = 1.32
_HALF_HEIGHT_UP = 1.75
_HALF_HEIGHT_DOWN = 1.38
_REACH = 1.5
"""where the motion has died away, as a multiple of the head's outline"""
_BORDER_WIDTH = 0.7
"""how far inside the photo its border holds the motion back, at most; less where the face is nearer"""
_LEAST_ROOM = 0.12
_RING_POINTS = 24
_CHIN = 8
_FRONTAL_JAW_WIDTH = 1.8
_FRONTAL_CHIN = 1.0


@dataclass(frozen=True)
class HeadMotion:
    """The rigid motion of the skull from the photo to a frame: p -> scale * R (p - before) + after."""

    rotation: NDArray[np.float64]  # (3, 3)
    scale: float
    before: NDArray[np.float64]  # (3,) pixels, centroid of the stable landmarks in the photo
    after: NDArray[np.float64]  # (3,) pixels, the same in the frame

    def move(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """(N, 3) pixels of the photo -> (N, 3) pixels of the frame."""
        return self.scale * (points - self.before) @ self.rotation.T + self.after

    @property
    def plane(self) -> NDArray[np.float64]:
        """(2, 2): how small steps in the picture plane turn and grow."""
        return self.scale * self.rotation[:2, :2]


def head_motion(
    photo_landmarks: Array, photo_rotation: NDArray[np.float64], landmarks: Array, rotation: NDArray[np.float64]
) -> HeadMotion:
    """The motion that the two orientations say, with the size and place that the stable landmarks say."""
    relative = rotation @ photo_rotation.T
    source, target = photo_landmarks[_STABLE].astype(np.float64), landmarks[_STABLE].astype(np.float64)
    before, after = source.mean(0), target.mean(0)
    # size from x and y alone: the depth of landmarks is a guess of the template
    turned = ((source - before) @ relative.T)[:, :2]
    scale = float((turned * (target - after)[:, :2]).sum() / max((turned**2).sum(), 1e-9))
    return HeadMotion(relative, float(np.clip(scale, 0.5, 2.0)), before, after)


class Head:
    """The photo's head: template points fitted to its landmarks, and the mask of its reach.

    Args:
        landmarks: (68, 3) pixels of the photo.
        rotation: (3, 3) from frontal to the photo's pose.
        size: (height, width) of the photo.
    """

    def __init__(self, landmarks: Array, rotation: NDArray[np.float64], size: tuple[int, int]) -> None:
        stable = landmarks[_STABLE].astype(np.float64)
        self.origin = stable.mean(0)
        frontal = (landmarks.astype(np.float64) - self.origin) @ rotation
        self.unit = max(float(np.linalg.norm(frontal[45] - frontal[36])), 1e-3)
        """pixels to one outer-eye distance"""
        frontal /= self.unit
        self._rotation = rotation
        self._wide = float(np.clip(np.ptp(frontal[:17, 0]) / _FRONTAL_JAW_WIDTH, 0.8, 1.25))
        self._long = float(np.clip(frontal[_CHIN, 1] / _FRONTAL_CHIN, 0.8, 1.3))
        mirrored = [(-x, y, z) for x, y, z in _SIDE]
        self.points = self._place([*_SIDE, *mirrored, *_MIDDLE])  # (27, 3) pixels
        hanging = self.unit * np.array([offset for _, *offset, _ in _THROAT]) @ rotation.T
        self.throat = (landmarks[[index for index, *_ in _THROAT]] + hanging)[:, :2]  # (3, 2) pixels
        self._landmarks = landmarks
        (x, y), (right, bottom) = landmarks[:, :2].min(0), landmarks[:, :2].max(0)
        room = np.array([x, y, size[1] - 1 - right, size[0] - 1 - bottom]) / self.unit
        # where the border all but cuts the face, it has to move with it
        self._room = np.where(room > _LEAST_ROOM, np.minimum(room, _BORDER_WIDTH), 0) * self.unit
        self._size = size
        self._roll = float(np.arctan2(rotation[1, 0], rotation[0, 0]))
        self._middle = self._place([_CENTRE])[0, :2]

    def _place(self, template: object) -> NDArray[np.float64]:
        points = np.array(template, np.float64)
        points[:, 0] *= self._wide
        points[:, 1] *= np.where(points[:, 1] > 0, self._long, 1.0)
        return self.unit * points @ self._rotation.T + self.origin

    def _half_axes(self, downward: NDArray[np.bool_]) -> tuple[float, NDArray[np.float64]]:
        below, above = _HALF_HEIGHT_DOWN * self._long, _HALF_HEIGHT_UP
        return self.unit * _HALF_WIDTH * self._wide, self.unit * np.where(downward, below, above)

    def ring(self) -> NDArray[np.float64]:
        """(24, 2) pixels around the head that never move; some may lie outside the photo."""
        angles = np.linspace(0, 2 * np.pi, _RING_POINTS, endpoint=False)
        across, down = self._half_axes(np.sin(angles) > 0)
        x, y = _REACH * across * np.cos(angles), _REACH * down * np.sin(angles)
        cosine, sine = np.cos(self._roll), np.sin(self._roll)
        return self._middle + np.stack([cosine * x - sine * y, sine * x + cosine * y], 1)

    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom of the part of the photo that may move."""
        ring = self.ring()
        height, width = self._size
        reach = 1.02 * (ring - self._middle) + self._middle
        left, top = np.clip(np.floor(reach.min(0)).astype(int), 0, (width - 2, height - 2))
        right, bottom = np.clip(np.ceil(reach.max(0)).astype(int) + 1, 2, (width, height))
        return int(min(left, right - 2)), int(min(top, bottom - 2)), int(right), int(bottom)

    def mask(self, points: Array) -> Array:
        """(P, 2) pixels -> (P,) share of the motion: 1 on the head, 0 beyond its reach and on the photo's border."""
        offset = points - self._middle
        cosine, sine = np.cos(self._roll), np.sin(self._roll)
        x = cosine * offset[:, 0] + sine * offset[:, 1]
        y = -sine * offset[:, 0] + cosine * offset[:, 1]
        across, down = self._half_axes(y > 0)
        radius = np.sqrt((x / across) ** 2 + (y / down) ** 2)
        height, width = self._size
        share = 1 - smoothstep((radius - 1.05) / (_REACH - 1.05))
        to_border = np.stack([points[:, 0], points[:, 1], width - 1 - points[:, 0], height - 1 - points[:, 1]])
        for distance, room in zip(to_border, self._room):
            t = np.clip(distance / max(0.85 * room, 1e-3), 0, 1) if room > 0 else np.ones_like(distance)
            share = share * t * t * (3 - 2 * t)
        return share.astype(np.float32)

    def moved_throat(self, landmarks: Array) -> NDArray[np.float64]:
        """(3, 2) pixels: the throat in a frame of (68, 3) `landmarks`, between the moving jaw and the still neck."""
        jaw = [index for index, *_ in _THROAT]
        share = np.array([share for *_, share in _THROAT])[:, None]
        return self.throat + share * (landmarks[jaw, :2] - self._landmarks[jaw, :2])

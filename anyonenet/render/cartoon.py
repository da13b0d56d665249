"""The renderer for drawings: triangles over the landmarks carry the picture, sharp edges stay sharp (MakeItTalk, 3.3).

Each triangle of a Delaunay mesh takes its piece of the drawing along by its affine map. Every pixel of a frame comes
from one place of the drawing and is never mixed with another frame or layer, so flat colours stay the drawn ones; what
a closed mouth hides is filled with flat colours of its own.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from anyonenet.face import quaternion as quaternions
from anyonenet.face.registration import register
from anyonenet.render.arguments import checked, checked_face, checked_photo
from anyonenet.render.cartoon_mesh import CartoonMesh
from anyonenet.render.cartoon_mouth import CartoonMouth
from anyonenet.render.head import Head, head_motion
from anyonenet.render.lips import PhotoLips
from anyonenet.render.mesh import affine_maps, draw_indices, places_of

EDGES = ("auto", "hard", "soft")
_PALETTE = 256
"""colours of a drawing without mixed edges, at most"""


class CartoonRenderer:
    """Moves one drawing; a `Renderer`.

    Args:
        photo: (H, W, 3) uint8 RGB, the drawing.
        landmarks: (68, 3) pixels of its face, x right, y down, z away from the camera.
        quaternion: (4,) the drawing's own head orientation (w, x, y, z); None: found by registering the landmarks.
        edges: 'hard': each pixel is a pixel of the drawing, so no new colour appears (for drawings of few colours
            without smoothed edges); 'soft': interpolated between the four nearest, which only changes pixels on
            edges; 'auto': hard where the drawing has at most 256 colours.

    Raises:
        InputError: a wrong shape or type, values that are not finite, or landmarks without extent.
        ValueError: unknown edges.
    """

    thread_safe = True
    """nothing that `render` uses changes after the beginning"""

    def __init__(
        self,
        photo: NDArray[np.uint8],
        landmarks: ArrayLike,
        quaternion: ArrayLike | None = None,
        edges: str = "auto",
    ) -> None:
        if edges not in EDGES:
            raise ValueError(f"edges are '{edges}'; choose one of {', '.join(EDGES)}")
        photo, points = checked_photo(photo), checked_face(landmarks)
        pose = register(points).quaternions if quaternion is None else checked(quaternion, (4,), "the quaternion")
        self._photo, self._landmarks = photo, points
        self._rotation = quaternions.to_matrix(pose).astype(np.float64)
        size = photo.shape[0], photo.shape[1]
        self._head = Head(points, self._rotation, size)
        left, top, right, bottom = self._head.box()
        self._box = np.s_[top:bottom, left:right]
        self._corner = np.array([left, top], np.float64)
        self._drawing = np.ascontiguousarray(photo[self._box])
        hard = edges == "hard" or (edges == "auto" and has_few_colours(self._drawing))
        self._sampling = cv2.INTER_NEAREST if hard else cv2.INTER_LINEAR
        self._lips = PhotoLips(photo, points, self._head.unit)
        self._mesh = CartoonMesh(points, self._head, self._lips, size)
        self._mouth = CartoonMouth(photo, points, self._lips, self._head.unit, smooth=not hard)
        net = self._mesh.net
        self._source = (net.all_points(self._mesh.rest) - self._corner)[net.triangles]  # (T, 3, 2)

    def render(self, landmarks: ArrayLike, quaternion: ArrayLike) -> NDArray[np.uint8]:
        """One frame: the drawing with its face's landmarks moved to `landmarks` and its head turned to `quaternion`.

        Args:
            landmarks: (68, 3) pixels; points outside the drawing are allowed.
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
        opened, blinking = self._mesh.moved(points, motion, shape, skull)
        frame = self._photo.copy()
        moving = frame[self._box]
        x, y = self._places(opened, blinking)
        cv2.remap(self._drawing, x, y, self._sampling, dst=moving, borderMode=cv2.BORDER_REPLICATE)
        self._mouth.paint(frame, shape, motion.scale)
        return frame

    def _places(
        self, opened: NDArray[np.float64], blinking: NDArray[np.float64] | None
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Where in the box of the drawing each pixel of the box comes from."""
        corners = self._corners(opened)
        height, width = self._drawing.shape[:2]
        indices = np.full((height, width), len(corners), np.int16)
        draw_indices(indices, corners, self._order(corners))
        indices[[0, -1]], indices[:, [0, -1]] = len(corners), len(corners)  # the edge of the box holds still
        maps = affine_maps(self._source, corners)
        still = np.array([[1, 0, 0, 0, 1, 0]], np.float32)
        if blinking is not None:  # the lids' skin comes over eyes that stay as they are
            lids, closed = self._mesh.lids, self._corners(blinking)[self._mesh.lids]
            numbered = np.zeros((len(corners) + 1 + len(lids), 3, 2))
            numbered[len(corners) + 1 :] = closed
            area = _areas(closed)
            draw_indices(indices, numbered, (np.argsort(area) + len(corners) + 1).tolist())
            still = np.concatenate([still, affine_maps(self._source[lids], closed)])
        return places_of(indices, np.concatenate([maps, still]))

    def _corners(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        net = self._mesh.net
        return (net.all_points(points) - self._corner)[net.triangles]

    def _order(self, corners: NDArray[np.float64]) -> list[int]:
        """What lies between the lips first, then what is folded or thin: its neighbours cover its edges."""
        sign = np.sign(_areas(self._source))
        area = _areas(corners) * np.where(sign == 0, 1, sign)
        return list(np.lexsort((area, ~self._mesh.mouth)))


def has_few_colours(picture: NDArray[np.uint8]) -> bool:
    """Whether a drawing has at most 256 colours: one whose edges are not smoothed."""
    wide = picture.astype(np.uint32)
    packed = (wide[..., 0] << 16) | (wide[..., 1] << 8) | wide[..., 2]
    return len(np.unique(packed)) <= _PALETTE


def _areas(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """(T, 3, 2) -> (T,) signed, twice over."""
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    return first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]

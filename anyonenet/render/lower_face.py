"""A generated lower face in its picture: blended in the canonical frame, at the picture's own resolution (Speech2Vid,
section 4.3 and Fig. 12)."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from anyonenet.face.canonical import SIDE_EYE_DISTANCES, registered
from anyonenet.face.template import JAW, LEFT_EYE, RIGHT_EYE
from anyonenet.render.poisson import SeamlessRegion

_EYE_GAP = 0.06
"""how far below the lower lids the region begins, in outer-eye distances"""
_BELOW_CHIN = 0.2
"""how far the region goes below the chin at rest: mouths open downwards"""
_INWARD = 0.94
"""the region's breadth, of the jaw's: hair and background stay out"""
_SAME, _OTHER = 4.0, 12.0
"""grey levels by which a generated face differs from the picture: up to the first the picture's fine detail stays, from
the second on it goes with what it belonged to"""
_CHANGE_REACH = 0.02
"""standard deviation, in sides, over which differences are averaged"""


class LowerFace:
    """The region from just below the eyes to below the chin, of one person, in the canonical picture.

    It is one region for all frames, so pasting there solves Poisson's equation exactly, factorised once.

    Args:
        landmarks: `(68, 2)` pixels of the canonical picture.
        side: its pixels.
    """

    def __init__(self, landmarks: NDArray[np.floating], side: int):
        self.side = side
        region = lower_face(landmarks, side)
        self._seamless = SeamlessRegion(region)
        soft = cv2.GaussianBlur(region.astype(np.float32), (0, 0), _CHANGE_REACH * side)
        self.depth = np.clip(2 * soft - 1, 0, 1).astype(np.float32)
        """(S, S) 1 inside the region, falling to 0 at its edge, 0 outside"""

    def difference(self, generated: NDArray[np.float32], picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        """What pasting adds to a picture: both `(S, S, 3)` in grey levels; 0 outside of the region and at its edge."""
        ground = picture.astype(np.float32)
        return np.clip(self._seamless.paste(generated, ground), 0, 255) - ground


class Ground:
    """One picture into which lower faces are pasted.

    Args:
        picture: `(H, W, 3)` uint8 RGB.
        matrix: `(2, 3)`, from the picture to the canonical one.
        lower_face: the person's region.
    """

    def __init__(self, picture: NDArray[np.uint8], matrix: NDArray[np.float64], lower_face: LowerFace):
        self._picture, self._lower_face = picture, lower_face
        side = lower_face.side
        self.canonical = registered(picture, matrix, side)
        back = cv2.invertAffineTransform(matrix)
        corners = np.array([[0, 0], [side, 0], [0, side], [side, side]], float) @ back[:, :2].T + back[:, 2]
        height, width = picture.shape[:2]
        left, top = np.clip(np.floor(corners.min(0)).astype(int), 0, (width, height)).tolist()
        right, bottom = np.clip(np.ceil(corners.max(0)).astype(int), 0, (width, height)).tolist()
        self._inside = (slice(top, bottom), slice(left, right))
        self._back = back - [[0, 0, left], [0, 0, top]]
        part = picture[self._inside].astype(np.float32)
        self._detail = part - self._enlarged(self.canonical.astype(np.float32))

    def frame(self, generated: NDArray[np.float32]) -> NDArray[np.uint8]:
        """A generated canonical face `(S, S, 3)`, grey levels -> the picture with its lower part, `(H, W, 3)` uint8.

        The generated face is coarser than the picture. Where both are alike, the picture's own detail stays on it.
        """
        if 0 in self._detail.shape:
            return self._picture.copy()
        difference = self._lower_face.difference(generated, self.canonical)
        replaced = changed(difference) * self._lower_face.depth
        added = self._enlarged(difference) - self._enlarged(replaced)[..., None] * self._detail
        frame = self._picture.copy()
        frame[self._inside] = np.clip(np.rint(self._picture[self._inside] + added), 0, 255).astype(np.uint8)
        return frame

    def _enlarged(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """`(S, S)` or `(S, S, 3)` -> the same where it lies in the picture's covered part."""
        rows, columns = self._inside
        size = (columns.stop - columns.start, rows.stop - rows.start)
        if 0 in size:
            return np.zeros((size[1], size[0], *values.shape[2:]), np.float32)
        enlarged = cv2.warpAffine(values, self._back, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(enlarged, dtype=np.float32)


def changed(difference: NDArray[np.float32]) -> NDArray[np.float32]:
    """`(S, S, 3)` grey levels -> `(S, S)`: 0 where the pictures are alike, 1 where they are not."""
    largest = np.abs(difference).max(-1)
    smooth = cv2.GaussianBlur(largest, (0, 0), _CHANGE_REACH * len(largest))
    share = np.clip((smooth - _SAME) / (_OTHER - _SAME), 0, 1)
    return (share * share * (3 - 2 * share)).astype(np.float32)


def lower_face(landmarks: NDArray[np.floating], side: int) -> NDArray[np.bool_]:
    """`(side, side)` bool: the lower face of `(68, 2)` landmarks in a canonical picture; not at its border."""
    unit = side / SIDE_EYE_DISTANCES
    points = np.asarray(landmarks, dtype=np.float64)[:, :2]
    lids = points[[*RIGHT_EYE, *LEFT_EYE], 1].max() + _EYE_GAP * unit
    jaw = points[list(JAW)].copy()
    middle = jaw[:, 0].mean()
    jaw[:, 0] = middle + (jaw[:, 0] - middle) * _INWARD
    # nothing at the ears, all of it at the chin
    chin = np.clip((jaw[:, 1] - lids) / max(jaw[:, 1].max() - lids, 1e-6), 0, 1)
    jaw[:, 1] += _BELOW_CHIN * unit * chin**3
    jaw = jaw[jaw[:, 1] > lids]
    outline = np.array([[jaw[0, 0], lids], *jaw, [jaw[-1, 0], lids]])
    region = np.zeros((side, side), np.uint8)
    cv2.fillPoly(region, [np.rint(outline).astype(np.int32)], 1)
    region[[0, -1]] = 0
    region[:, [0, -1]] = 0
    return region.astype(bool)

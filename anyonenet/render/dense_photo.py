"""The photo sampled twice as densely as it came.

Bilinear interpolation between samples half a pixel apart is as sharp as bicubic interpolation of the photo, and several
times as fast: the bicubic part is done once.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

_HALFWAY = np.array([-1, 5, 5, -1], np.float32) / 8
"""cubic convolution (Keys 1981, a = -1) in the middle between two pixels; a little sharp, as bilinear steps follow"""
_MOST = 4096
"""pixels of a side that are still doubled: OpenCV samples pictures of less than 32,768"""


class DensePhoto:
    """A box of a photo, ready to be sampled at any place.

    Args:
        photo: (H, W, 3) uint8 RGB.
        box: left, top, right, bottom, right and bottom excluded; places outside it are mirrored into it.
    """

    def __init__(self, photo: NDArray[np.uint8], box: tuple[int, int, int, int]) -> None:
        left, top, right, bottom = box
        self.origin = (left, top)
        # four channels lie better in memory: they are sampled twice as fast as three
        picture = np.asarray(cv2.cvtColor(photo[top:bottom, left:right], cv2.COLOR_RGB2RGBA), np.uint8)
        self.factor = 2 if max(picture.shape[:2]) <= _MOST else 1
        """samples a pixel"""
        self._samples = _doubled(picture) if self.factor == 2 else picture

    def at(self, places: Array) -> NDArray[np.uint8]:
        """(2, h, w) x and y, in samples from the box's corner -> (h, w, 4): the photo there; the last is worthless."""
        x, y = places[0], places[1]
        sampled = cv2.remap(self._samples, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
        return np.asarray(sampled, np.uint8)


def _doubled(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W, 4) -> (2H - 1, 2W - 1, 4): the pixels themselves and what lies halfway between neighbours."""
    height, width = picture.shape[:2]
    dense = np.empty((2 * height - 1, 2 * width - 1, 4), np.uint8)
    whole = np.ones(1, np.float32)
    dense[::2, ::2] = picture
    for rows, columns in ((0, 1), (1, 0), (1, 1)):
        across, down = (_HALFWAY if columns else whole), (_HALFWAY if rows else whole)
        anchor = (1 if columns else 0, 1 if rows else 0)
        between = cv2.sepFilter2D(picture, cv2.CV_8U, across, down, anchor=anchor, borderType=cv2.BORDER_REFLECT_101)
        dense[rows::2, columns::2] = between[: height - rows, : width - columns]
    return dense

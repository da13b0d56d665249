"""Keeps the far side of a turned face from collapsing.

A warp cannot hide skin behind the cheek, as a turning head does: it can only press it together. Points of the outline
(jaw, ears, hair) lie deep, so they race towards the eye as the head turns away from them, and would pass it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_PRESSED = 0.5
"""share of the photo's distance, from the eye's or mouth's corner out to the outline, that may at most be taken"""


class Outline:
    """Limits how near outline points come to the middle of the face.

    Args:
        points: (N, 2) pixels of the photo, on or behind the outline.
        landmarks: (68, 2) pixels of the photo.
    """

    def __init__(self, points: Array, landmarks: Array) -> None:
        across = landmarks[45] - landmarks[36]
        self._across = across / max(float(np.hypot(*across)), 1e-6)
        middle = landmarks[27:31].mean(0)
        left = (points - middle) @ self._across < 0
        down = np.array([-self._across[1], self._across[0]])
        # from the eye's corner at its height and above, from the mouth's corner at its height and below
        eye, mouth = np.where(left, 36, 45), np.where(left, 48, 54)
        deep = points @ down
        eye_deep, mouth_deep = landmarks[eye] @ down, landmarks[mouth] @ down
        share = np.clip((deep - eye_deep) / np.maximum(mouth_deep - eye_deep, 1e-6), 0, 1)[:, None]
        self._eye, self._mouth, self._share = eye, mouth, share
        self._outward = np.where(left, -1.0, 1.0)
        inner = (1 - share) * landmarks[eye] + share * landmarks[mouth]
        self._distance = ((points - inner) @ self._across) * self._outward
        self._beside = self._distance > 0.02 * float(np.hypot(*across))
        self._points = points

    def limited(self, moved: Array, landmarks: Array, photo_landmarks: Array) -> Array:
        """(N, 2): `moved` with each point held away from the corner of the eye or mouth on its side.

        Args:
            moved: (N, 2) pixels of the frame, the points where the head takes them.
            landmarks: (68, 2) pixels of the frame as the skull alone would move them, and `photo_landmarks` before.
        """
        shift = landmarks - photo_landmarks
        inner = (1 - self._share) * shift[self._eye] + self._share * shift[self._mouth]
        pressed = -((moved - self._points - inner) @ self._across) * self._outward
        limit = np.where(self._beside, _PRESSED * self._distance, 1.0)
        held = np.where(self._beside & (pressed > 0), limit * np.tanh(pressed / limit), pressed)
        return moved + ((pressed - held) * self._outward)[:, None] * self._across

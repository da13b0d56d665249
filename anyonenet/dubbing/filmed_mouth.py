"""A drawn mouth in a filmed face: mouth and chin of one picture, carried into another and blended there."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from anyonenet.dubbing.filmed import Filmed
from anyonenet.face.registration import place

_SOFT = 0.07
"""outer-eye distances over which the two pictures go over into each other"""
_SPREAD = 0.3
"""outer-eye distances: how far the difference of light at the edge is looked for"""
_MOST_OFFSET = 48.0
"""grey levels by which the drawn face is made lighter or darker, at most"""
_COARSE = 4
"""pixels to one in which the difference of light is computed: it is smooth"""


class FilmedMouth:
    """Where mouth and chin are in each frame of a video, and the blending.

    The outline goes from below the nose over the cheeks along the inside of the jaw's sides, and below the lowest
    place that the chin ever takes; the edge is soft. Light and colour are made to agree along the edge, and the
    difference there is carried inwards smoothly, as by Poisson blending (Perez 2003), but without an equation to solve:
    the region is another in each frame. `anyonenet.render.lower_face`, whose region stays, solves it.

    Args:
        filmed: the video.
    """

    def __init__(self, filmed: Filmed):
        self._poses = filmed.poses
        face = np.median(filmed.frontal[filmed.found], axis=0).astype(np.float64)
        lowest = float(np.quantile(filmed.frontal[filmed.found][:, 8, 1], 0.98))
        self._outline = _outline(face, lowest)  # (N, 3) outer-eye distances

    def blend(
        self, frame: NDArray[np.uint8], drawn: NDArray[np.uint8], place_in: int, carry: NDArray[np.float64]
    ) -> None:
        """Replace mouth and chin of `frame` (H, W, 3), in place.

        Args:
            drawn: (h, w, 3) uint8 RGB, the portrait with its new mouth.
            place_in: which frame of the video this is.
            carry: (2, 3) affine map from `drawn` to `frame`.
        """
        poses, unit = self._poses, float(self._poses.scale[place_in])
        placed = place(self._outline, poses.quaternions[place_in], poses.scale[place_in], poses.translation[place_in])[
            :, :2
        ]
        room = int(np.ceil(3 * _SOFT * unit)) + 1
        left, top = np.maximum(np.floor(placed.min(0)).astype(int) - room, 0).tolist()
        right, bottom = np.minimum(np.ceil(placed.max(0)).astype(int) + room + 1, frame.shape[1::-1]).tolist()
        if left >= right or top >= bottom:
            return
        box = frame[top:bottom, left:right]
        size = (right - left, bottom - top)
        matrix = carry - np.array([[0, 0, left], [0, 0, top]])
        patch = cv2.warpAffine(drawn, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        share = _mask(placed - (left, top), size, _SOFT * unit)
        target, source = box.astype(np.float32), np.asarray(patch, np.float32)
        source += _light_between(target - source, share, _SPREAD * unit)
        target += share[..., None] * (np.clip(source, 0, 255) - target)
        box[:] = np.round(target).astype(np.uint8)


def _outline(face: NDArray[np.float64], lowest: float) -> NDArray[np.float64]:
    """(N, 3) outer-eye distances, from the frontal face (68, 3) and the lowest height of its chin."""
    nose, lip = face[33], face[51]
    under_nose = nose + 0.25 * (lip - nose)
    cheeks = [0.5 * (face[jaw] + face[corner]) for jaw, corner in ((3, 48), (13, 54))]
    right_cheek, left_cheek = (np.array([x, nose[1] + 0.02, z]) for x, _, z in cheeks)
    wings = [np.array([face[wing, 0] * 1.15, under_nose[1] - 0.01, face[wing, 2]]) for wing in (31, 35)]
    depth = np.zeros(3)
    depth[2] = 0.1
    drop = max(lowest - face[8, 1], 0.0) + 0.14
    middle = face[8, 0]
    jaw = []
    for point in range(12, 3, -1):
        share = np.clip((face[point, 1] - face[4, 1]) / max(face[8, 1] - face[4, 1], 1e-6), 0, 1)
        x = middle + (face[point, 0] - middle) * (0.9 + 0.1 * share)
        jaw.append(np.array([x, face[point, 1] + share * drop, face[point, 2]]) + share * depth)
    return np.stack([wings[0], under_nose, wings[1], left_cheek, *jaw, right_cheek])


def _mask(outline: NDArray[np.floating], size: tuple[int, int], soft: float) -> NDArray[np.float32]:
    """(h, w) 1 inside an outline, 0 outside, softly."""
    mask = np.zeros((size[1], size[0]), np.uint8)
    cv2.fillPoly(mask, [np.round(outline * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    blurred = cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), max(soft, 0.5), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(blurred, np.float32)


def _light_between(difference: NDArray[np.float32], share: NDArray[np.float32], spread: float) -> NDArray[np.float32]:
    """(h, w, 3) what is to be added inside so that the edge of the mask shows no step."""
    height, width = share.shape
    small = (max(width // _COARSE, 2), max(height // _COARSE, 2))
    edge = cv2.resize(4 * share * (1 - share), small, interpolation=cv2.INTER_AREA)[..., None]
    coarse = cv2.resize(difference, small, interpolation=cv2.INTER_AREA)
    sigma = max(spread / _COARSE, 1.0)
    # a wide blur under a narrow one: where the edge is far away its mean counts, near by what is next to it
    total, weight = np.zeros_like(coarse, np.float32), np.zeros_like(edge, np.float32)
    for wide, counts in ((sigma, 1.0), (3 * sigma, 0.03)):
        total = total + counts * np.asarray(cv2.GaussianBlur(coarse * edge, (0, 0), wide), np.float32)
        weight = weight + counts * np.asarray(cv2.GaussianBlur(edge, (0, 0), wide), np.float32).reshape(edge.shape)
    offset = np.clip(total / np.maximum(weight, 1e-6), -_MOST_OFFSET, _MOST_OFFSET)
    return np.asarray(cv2.resize(offset, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)

"""What is varied in training the image translation: light, colour, place, size and side, alike for a pair of frames."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from anyonenet.face.template import MIRROR


@dataclass(frozen=True)
class PictureVariation:
    """One draw of the variations, to be put on both frames of a pair."""

    matrix: np.ndarray  # (2, 3) affine, pixels to pixels
    mirrored: bool
    gains: np.ndarray  # (3,) factors on the channels
    bias: float
    """added to all channels, grey levels"""
    gamma: float
    saturation: float

    def picture(self, picture: np.ndarray) -> np.ndarray:
        """`(side, side, 3)` uint8 -> the same shape."""
        side = picture.shape[0]
        warped = cv2.warpAffine(picture, self.matrix, (side, side), borderMode=cv2.BORDER_REPLICATE)
        if self.mirrored:
            warped = warped[:, ::-1]
        curve = 255 * (np.arange(256, dtype=np.float32) / 255) ** self.gamma
        # saturation, gains and bias are one product with a matrix a pixel; the half rounds
        mixing = self.saturation * np.eye(3) + (1 - self.saturation) / 3
        matrix = np.column_stack([self.gains[:, None] * mixing, np.full(3, self.bias + 0.5)])
        levels: Any = cv2.transform(cv2.LUT(warped, curve), matrix)
        return np.clip(levels, 0, 255, out=levels).astype(np.uint8)

    def points(self, landmarks: np.ndarray, side: int) -> np.ndarray:
        """`(68, 2)` pixels -> `(68, 2)` float32 pixels of the varied picture."""
        moved = landmarks @ self.matrix[:, :2].T + self.matrix[:, 2]
        if self.mirrored:
            moved = np.stack([side - 1 - moved[:, 0], moved[:, 1]], axis=-1)[list(MIRROR)]
        return moved.astype(np.float32)


def draw_variation(side: int, generator: np.random.Generator) -> PictureVariation:
    """A random variation for pictures of `side` pixels."""
    centre = (side / 2, side / 2)
    degrees, scale = generator.uniform(-6, 6), generator.uniform(0.9, 1.15)
    matrix = np.array(cv2.getRotationMatrix2D(centre, degrees, scale))
    matrix[:, 2] = matrix[:, 2] + generator.uniform(-0.06, 0.06, 2) * side
    return PictureVariation(
        matrix=matrix,
        mirrored=bool(generator.random() < 0.5),
        gains=generator.uniform(0.8, 1.2, 3).astype(np.float32),
        bias=float(generator.uniform(-20, 20)),
        gamma=float(np.exp(generator.uniform(-0.35, 0.35))),
        saturation=float(generator.uniform(0.4, 1.3)),
    )

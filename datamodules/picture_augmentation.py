"""What is varied in training the image translation: light, colour, place, size and side, alike for a pair of frames."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from anyonenet.face.template import MIRROR
from datamodules.camera_variation import CameraVariation, draw_camera
from datamodules.face_occlusion import Glasses, Strands, draw_glasses, draw_strands


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

    def frame(self, picture: np.ndarray, landmarks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """A picture `(side, side, 3)` uint8 and its landmarks `(68, 2)` pixels -> both varied."""
        return self.picture(picture), self.points(landmarks, len(picture))

    def picture(self, picture: np.ndarray) -> np.ndarray:
        """`(side, side, 3)` uint8 -> the same shape."""
        side = picture.shape[0]
        warped = cv2.warpAffine(picture, self.matrix, (side, side), borderMode=cv2.BORDER_REPLICATE)
        return self.light(warped[:, ::-1] if self.mirrored else warped)

    def light(self, picture: np.ndarray) -> np.ndarray:
        """`(H, W, 3)` uint8 -> the same in the light and colours of this draw, where it was."""
        curve = 255 * (np.arange(256, dtype=np.float32) / 255) ** self.gamma
        # saturation, gains and bias are one product with a matrix a pixel; the half rounds
        mixing = self.saturation * np.eye(3) + (1 - self.saturation) / 3
        matrix = np.column_stack([self.gains[:, None] * mixing, np.full(3, self.bias + 0.5)])
        levels: Any = cv2.transform(cv2.LUT(picture, curve), matrix)
        return np.clip(levels, 0, 255, out=levels).astype(np.uint8)

    def points(self, landmarks: np.ndarray, side: int) -> np.ndarray:
        """`(68, 2)` pixels -> `(68, 2)` float32 pixels of the varied picture."""
        moved = landmarks @ self.matrix[:, :2].T + self.matrix[:, 2]
        if self.mirrored:
            moved = np.stack([side - 1 - moved[:, 0], moved[:, 1]], axis=-1)[list(MIRROR)]
        return moved.astype(np.float32)


@dataclass(frozen=True)
class StrongVariation:
    """A variation, what hides the face, and what the camera does to it all."""

    light_and_place: PictureVariation
    occlusions: tuple[Glasses | Strands, ...]
    camera: CameraVariation

    def frame(self, picture: np.ndarray, landmarks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """As `PictureVariation.frame`."""
        made, points = self.light_and_place.frame(picture, landmarks)
        for occlusion in self.occlusions:
            occlusion.draw(made, points)
        return self.camera.picture(made), points


def draw_strong_variation(side: int, generator: np.random.Generator) -> StrongVariation:
    """A random strong variation: wider than `draw_variation`'s, with grey pictures, glasses, hair and poor cameras."""
    centre = (side / 2, side / 2)
    matrix = np.array(cv2.getRotationMatrix2D(centre, generator.uniform(-12, 12), generator.uniform(0.85, 1.2)))
    matrix[:, 2] = matrix[:, 2] + generator.uniform(-0.08, 0.08, 2) * side
    light = PictureVariation(
        matrix=matrix,
        mirrored=bool(generator.random() < 0.5),
        gains=(generator.uniform(0.7, 1.2) * generator.uniform(0.87, 1.15, 3)).astype(np.float32),
        bias=float(generator.uniform(-20, 30)),
        gamma=float(np.exp(generator.uniform(-0.5, 0.5))),
        saturation=float(generator.uniform(0.3, 1.5)) if generator.random() < 0.92 else 0.0,
    )
    occlusions: list[Glasses | Strands] = []
    if generator.random() < 0.2:
        occlusions.append(draw_glasses(generator))
    if generator.random() < 0.15:
        occlusions.append(draw_strands(generator))
    return StrongVariation(light, tuple(occlusions), draw_camera(side, generator))


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

"""The paper's renderer: sketch and photo through the image translation network (AnyoneNet section III-E).

The network draws 256x256 pixels around the head; they are laid into the photo with a soft edge.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from anyonenet.errors import InputError
from anyonenet.face.sketch import draw_sketch
from anyonenet.face.square import square_around
from anyonenet.weights import load_weights

SIDE = 256
"""pixels of the network's pictures"""
FACES = 2.0
"""side of the square that is drawn, in heights of the face from brow to chin, where the card does not say it"""
FEATHER = 0.12
"""width of the soft edge, in sides of the square"""


class UNetRenderer:
    """Draws one person with the image translation network.

    Args:
        photo: (H, W, 3) uint8 RGB.
        landmarks: (68, 3) pixels of the photo.
        weights: folder of the image stage.
        device: where the network runs.

    Raises:
        InputError: landmarks of a wrong shape or not finite.
        WeightsError: the weights are missing, corrupt or of another stage.
    """

    def __init__(
        self,
        photo: NDArray[np.uint8],
        landmarks: NDArray[np.floating],
        weights: Path,
        device: torch.device | str = "cpu",
    ):
        landmarks = _checked(landmarks)
        self._network, card = load_weights(weights, "images", device)
        self._device = torch.device(device)
        self._photo = photo
        # the bfloat16 and channels-last forms are three times as fast on processors that know them
        self._network.to(memory_format=torch.channels_last)
        self._to_square = square_around(landmarks, float(card.extra.get("crop_faces", FACES)), SIDE)
        square = cv2.warpAffine(
            photo, self._to_square, (SIDE, SIDE), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE
        )
        self._square = _to_network(np.asarray(square, dtype=np.uint8))
        self._mask = self._in_photo(_soft_edge())[..., None]

    def render(self, landmarks: NDArray[np.floating], quaternion: NDArray[np.floating]) -> NDArray[np.uint8]:
        """One frame; see `anyonenet.render.renderer.Renderer`. The orientation is in the landmarks already."""
        points = _checked(landmarks)[:, :2] @ self._to_square[:, :2].T + self._to_square[:, 2]
        sketch = _to_network(draw_sketch(points.astype(np.float32), SIDE))
        pictures = torch.cat([sketch, self._square])[None].to(self._device, memory_format=torch.channels_last)
        with torch.inference_mode(), torch.autocast(self._device.type, torch.bfloat16):
            drawn = self._network(pictures)[0]
        pixels = (drawn.float().cpu().numpy().transpose(1, 2, 0) + 1) * 127.5
        frame = self._photo * (1 - self._mask) + self._in_photo(pixels.astype(np.float32)) * self._mask
        return np.clip(frame + 0.5, 0, 255).astype(np.uint8)

    def _in_photo(self, square: NDArray[np.floating]) -> NDArray[np.floating]:
        """A picture of the square's size -> of the photo's size, zero outside."""
        height, width = self._photo.shape[:2]
        return np.asarray(
            cv2.warpAffine(square, self._to_square, (width, height), flags=cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR)
        )


def _checked(landmarks: NDArray[np.floating]) -> NDArray[np.floating]:
    points = np.asarray(landmarks, dtype=np.float64)
    if points.shape not in ((68, 3), (68, 2)) or not np.isfinite(points).all():
        raise InputError(f"expected 68 finite landmarks, got an array of shape {points.shape}")
    return points


def _soft_edge() -> NDArray[np.floating]:
    """`(SIDE, SIDE)` float32: 1 in the middle, 0 at the border, smooth between."""
    across = np.minimum(np.arange(SIDE) + 0.5, SIDE - 0.5 - np.arange(SIDE)) / (FEATHER * SIDE)
    ramp = np.clip(across, 0, 1)
    ramp = ramp * ramp * (3 - 2 * ramp)
    return np.outer(ramp, ramp).astype(np.float32)


def _to_network(picture: NDArray[np.uint8]) -> torch.Tensor:
    """(H, W, 3) uint8 -> (3, H, W) float32 in [-1, 1]."""
    return torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1))).float() / 127.5 - 1

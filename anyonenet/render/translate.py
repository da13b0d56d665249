"""The paper's renderer: sketch and photo through the image translation network (AnyoneNet section III-E).

The network draws a small square around the head; `anyonenet.render.blend` lays it into the photo at the photo's own
resolution.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from anyonenet.engine_use import AUTO, EngineUse
from anyonenet.engines.images import load_image_engine
from anyonenet.errors import InputError
from anyonenet.face.motion_field import motion_field
from anyonenet.face.sketch import draw_sketch
from anyonenet.render.blend import Square, blend_of

SIDE = 256
"""pixels of the network's pictures"""
FACES = 2.0
"""side of the square that is drawn, in heights of the face from brow to chin, where the card does not say it"""


class Translation:
    """The image stage's network, loaded once for any number of photos.

    Args:
        weights: folder of the image stage.
        device: where it runs.
        engine: how it is run.

    Raises:
        InputError: an engine that cannot be used here.
        WeightsError: the weights are missing, corrupt or of another stage, or not exported for the engine.
    """

    def __init__(self, weights: Path, device: torch.device | str = "cpu", engine: EngineUse = AUTO):
        self._engine = load_image_engine(weights, engine, device=device)
        self.reason = self._engine.reason
        """which engine runs it, and why"""
        self.inputs = self._engine.inputs
        self.faces = float(self._engine.card.extra.get("crop_faces", FACES))

    def each(self, pictures: Iterable[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
        """`(inputs, SIDE, SIDE)` in [-1, 1], one after another -> `(outputs, SIDE, SIDE)` of each, in order."""
        return self._engine.stream(pictures)


class UNetRenderer:
    """Draws one person with the image translation network; a `Renderer`.

    Args:
        photo: (H, W, 3) uint8 RGB.
        landmarks: (68, 3) pixels of the photo.
        weights: folder of the image stage, or what was loaded from it.
        device: where the network runs, when it is loaded here.

    Raises:
        InputError: landmarks of a wrong shape, not finite, or beside the photo.
        WeightsError: the weights are missing, corrupt or of another stage.
    """

    def __init__(
        self,
        photo: NDArray[np.uint8],
        landmarks: NDArray[np.floating],
        weights: Path | Translation,
        device: torch.device | str = "cpu",
    ):
        landmarks = _checked(landmarks)
        self._translation = weights if isinstance(weights, Translation) else Translation(weights, device)
        self._square = Square.around(landmarks, self._translation.faces)
        self._picture = _to_network(self._square.cut(photo, SIDE), np.empty((3, SIDE, SIDE), np.float32))
        self._points = self._square.points(landmarks[:, :2], SIDE)
        rest = next(self._translation.each([self._seen(landmarks)]))
        self._blend = blend_of(photo, landmarks, self._square, rest)

    def render(self, landmarks: ArrayLike, quaternion: ArrayLike) -> NDArray[np.uint8]:
        """One frame; see `anyonenet.render.renderer.Renderer`. The orientation is in the landmarks already."""
        return next(self.render_many([landmarks], [quaternion]))

    def render_many(
        self, landmarks: Iterable[ArrayLike], quaternions: Iterable[ArrayLike]
    ) -> Iterator[NDArray[np.uint8]]:
        """Frames in order, drawn when they are asked for: each as `render` gives it where the engine computes all of
        them whole, else near it (`ImageEngine.stream`); they have to be neighbours then.

        Args:
            landmarks: (F, 68, 3), as for one.
            quaternions: (F, 4), not used.
        """
        pictures = (self._seen(_checked(points)) for points in landmarks)
        return map(self._blend.frame, self._translation.each(pictures))

    def _seen(self, landmarks: NDArray[np.floating]) -> NDArray[np.float32]:
        """What the network reads, `(inputs, SIDE, SIDE)`: sketch, photo and, if it wants it, the motion field."""
        points = self._square.points(landmarks[:, :2], SIDE)
        seen = np.empty((self._translation.inputs, SIDE, SIDE), np.float32)
        _to_network(draw_sketch(points, SIDE), out=seen[:3])
        seen[3:6] = self._picture
        if len(seen) == 9:
            seen[6:] = motion_field(points, self._points, SIDE).transpose(2, 0, 1)
        return seen


def _checked(landmarks: ArrayLike) -> NDArray[np.floating]:
    points = np.asarray(landmarks, dtype=np.float64)
    if points.shape not in ((68, 3), (68, 2)) or not np.isfinite(points).all():
        raise InputError(f"expected 68 finite landmarks, got an array of shape {points.shape}")
    return points


def _to_network(picture: NDArray[np.uint8], out: NDArray[np.float32]) -> NDArray[np.float32]:
    """(H, W, 3) uint8 -> `out`, (3, H, W) float32 in [-1, 1]."""
    for levels, plane in zip(cv2.split(picture), out, strict=True):
        np.divide(levels, np.float32(127.5), out=plane)
    out -= 1
    return out

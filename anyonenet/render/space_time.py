"""Frames by Write-a-Speaker's video generator: a sliding window of sketches and, for anyone's photo, that photo.

The network draws a small square around the head; `anyonenet.render.blend` lays it into the photo at the photo's own
resolution, outside of it the photo is untouched.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from anyonenet.errors import InputError
from anyonenet.face.motion_field import motion_field
from anyonenet.face.sketch import draw_sketch
from anyonenet.render.blend import Square, blend_of
from anyonenet.side_by_side import SideBySide, usable_cores
from anyonenet.weights import load_weights

STAGE = "write_a_speaker_frames"
SIDE = 256
"""pixels of the network's pictures, where the card does not say it"""
FACES = 2.0
"""side of the square in heights of the face from brow to chin, as the stores cut it"""


class VideoGenerator:
    """The network with its weights loaded, for any number of photos.

    Args:
        weights: folder of the stage.
        device: where it runs.

    Raises:
        WeightsError: the weights are missing, corrupt or of another stage.
    """

    def __init__(self, weights: Path, device: torch.device | str = "cpu"):
        network: Any
        network, card = load_weights(weights, STAGE, device)
        self.network = network
        self.device = torch.device(device)
        self.side = int(card.extra.get("side", SIDE))
        self.faces = float(card.extra.get("crop_faces", FACES))
        self.frames = int(self.network.frames)

    @torch.inference_mode()
    def raw(
        self, volume: NDArray[np.uint8], photo: NDArray[np.float32], field: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """What is known of one frame before it is laid into the photo; see `anyonenet.render.blend.blend_of`.

        Args:
            volume: `(S, S, 3 V)` sketches.
            photo: `(3, S, S)` in [-1, 1].
            field: `(3, S, S)`.

        Returns:
            composition 'moved': `(6, S, S)`; 'painted': `(3, S, S)`, the whole picture.
        """
        sketches = torch.from_numpy(volume.transpose(2, 0, 1).copy())[None].to(self.device).float() / 127.5 - 1
        pictures, fields = (torch.from_numpy(planes)[None].to(self.device) for planes in (photo, field))
        raw = self.network.raw(self.network.join(sketches, pictures, fields))
        if self.network.composition == "painted":
            raw = self.network.compose(raw, pictures)
        return np.asarray(raw[0].float().cpu().numpy())


class SpaceTimeRenderer:
    """Draws one person. Other than the renderers of single frames it remembers: frames come in order, and the window
    of a sentence's first ones reaches back into the sentence before. What comes after a sentence is not known yet; its
    last frame, which is near silence, stands in for it.

    Args:
        photo: (H, W, 3) uint8 RGB.
        landmarks: (68, 3) pixels of the photo.
        generator: draws.
        threads: frames drawn at once; None: as many as there are cores.

    Raises:
        InputError: landmarks of a wrong shape, not finite, or beside the photo.
    """

    def __init__(
        self,
        photo: NDArray[np.uint8],
        landmarks: NDArray[np.floating],
        generator: VideoGenerator,
        threads: int | None = None,
    ):
        points = _checked(landmarks)
        self._generator, self._threads = generator, threads or usable_cores()
        self._square = Square.around(points, generator.faces)
        picture = self._square.cut(photo, generator.side)
        self._picture = np.ascontiguousarray(picture.transpose(2, 0, 1)).astype(np.float32) / np.float32(127.5) - 1
        self._points = self._placed(points)
        self._before: deque[NDArray[np.uint8]] = deque(maxlen=generator.frames // 2)
        still = np.concatenate([self._sketch(self._points)] * generator.frames, axis=-1)
        self._blend = blend_of(photo, points, self._square, self._raw(still, self._points))

    def render(self, landmarks: ArrayLike, quaternion: ArrayLike) -> NDArray[np.uint8]:
        """One frame of somebody who stands still there; nothing is remembered of it."""
        points = self._placed(_checked(landmarks))
        return self._frame(np.concatenate([self._sketch(points)] * self._generator.frames, axis=-1), points)

    def render_many(
        self, landmarks: Iterable[ArrayLike], quaternions: Iterable[ArrayLike]
    ) -> Iterator[NDArray[np.uint8]]:
        """The next frames of the video, in order, drawn when they are asked for.

        Args:
            landmarks: (F, 68, 3) pixels.
            quaternions: (F, 4), not used: the landmarks are turned already.
        """
        places = [self._placed(_checked(points)) for points in landmarks]
        if not places:
            return
        with SideBySide(self._threads) as pool:
            yield from pool.map(self._frame, self._volumes(places), places)

    def _volumes(self, places: list[NDArray[np.float32]]) -> Iterator[NDArray[np.uint8]]:
        """`(S, S, 3 V)` of each frame; a sketch is drawn once."""
        half = self._generator.frames // 2
        sketches = (self._sketch(points) for points in places)
        first = next(sketches)
        before = list(self._before) or [first]
        window = deque([*([before[0]] * (half - len(before))), *before[-half:]] if half else [], maxlen=2 * half + 1)
        window.append(first)
        last = first
        # what lies ahead of the first frame
        for _ in range(half):
            last = next(sketches, last)
            window.append(last)
        for _ in places:
            yield np.concatenate(list(window), axis=-1)
            self._before.append(window[half])
            last = next(sketches, last)
            window.append(last)

    def _frame(self, volume: NDArray[np.uint8], points: NDArray[np.float32]) -> NDArray[np.uint8]:
        return self._blend.frame(self._raw(volume, points))

    def _raw(self, volume: NDArray[np.uint8], points: NDArray[np.float32]) -> NDArray[np.float32]:
        field = motion_field(points, self._points, self._generator.side).transpose(2, 0, 1)
        return self._generator.raw(volume, self._picture, np.ascontiguousarray(field))

    def _sketch(self, points: NDArray[np.float32]) -> NDArray[np.uint8]:
        return draw_sketch(points, self._generator.side)

    def _placed(self, landmarks: NDArray[np.floating]) -> NDArray[np.float32]:
        return self._square.points(landmarks[:, :2], self._generator.side)


def _checked(landmarks: ArrayLike) -> NDArray[np.floating]:
    points = np.asarray(landmarks, dtype=np.float64)
    if points.shape not in ((68, 3), (68, 2)) or not np.isfinite(points).all():
        raise InputError(f"expected 68 finite landmarks, got an array of shape {points.shape}")
    return points

"""ATVGnet's renderer: its attention is a mask, its colour the paint, and the photo stays where it does not look.

The network draws a small square around the face; `anyonenet.render.blend` lays it into the photo at the photo's own
resolution, as a drawing in which nothing is moved.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from anyonenet.errors import InputError
from anyonenet.face.alignment import relative
from anyonenet.networks.vg_net import FACES, SIDE
from anyonenet.render.blend import Square, blend_of

_TOGETHER = 8
"""frames that are drawn at once: the photo is looked at once for all of them"""


class AttentiveRenderer:
    """Draws one person with VG-net, frame after frame.

    Unlike other renderers it remembers: the recurrent state goes on from call to call, so frames must be asked for in
    order, once each. What the network draws of the photo at rest is taken as its error (`anyonenet.render.blend`).

    Args:
        photo: (H, W, 3) uint8 RGB.
        landmarks: (68, 2) or (68, 3) pixels of the photo.
        network: a `VGNet` in evaluation mode.

    Raises:
        InputError: landmarks of a wrong shape, not finite, or beside the photo.
    """

    def __init__(self, photo: NDArray[np.uint8], landmarks: NDArray[np.floating], network: Any):
        own = _checked(landmarks)
        self._network = network
        self._device = next(network.parameters()).device
        self._square = Square.around(own, FACES)
        picture = self._square.cut(photo, SIDE).astype(np.float32) / np.float32(127.5) - 1
        self._photo = torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))[None].to(self._device)
        self._own = self._placed(own)
        self._state: torch.Tensor | None = None
        (rest,) = self._drawn([own])
        self._state = None
        self._blend = blend_of(photo, own, self._square, rest)

    def render(self, landmarks: ArrayLike, quaternion: ArrayLike) -> NDArray[np.uint8]:
        """The next frame; see `anyonenet.render.renderer.Renderer`. The orientation is in the landmarks already."""
        return next(self.render_many([landmarks], [quaternion]))

    def render_many(
        self, landmarks: Iterable[ArrayLike], quaternions: Iterable[ArrayLike]
    ) -> Iterator[NDArray[np.uint8]]:
        """The next frames in order, drawn when they are asked for, a few at a time.

        Args:
            landmarks: (F, 68, 3), as for one.
            quaternions: (F, 4), not used.
        """
        wanted = iter(landmarks)
        while some := [_checked(points) for points in islice(wanted, _TOGETHER)]:
            yield from map(self._blend.frame, self._drawn(some))

    def _drawn(self, landmarks: list[NDArray[np.floating]]) -> list[NDArray[np.float32]]:
        """For each set of landmarks colour, attention and no displacement, `(6, SIDE, SIDE)`."""
        wanted = torch.cat([self._placed(points) for points in landmarks])[None]
        with torch.inference_mode():
            drawn = self._network(self._photo, self._own, wanted, self._state)
            moved = torch.zeros_like(drawn.colours[:, :, :2])
            raw = torch.cat([drawn.colours, drawn.attention, moved], dim=2)[0]
        self._state = drawn.state
        return list(raw.float().cpu().numpy())

    def _placed(self, landmarks: NDArray[np.floating]) -> torch.Tensor:
        """Pixels of the photo -> `(1, 68, 2)` from -1 to 1 of the square."""
        points = relative(self._square.points(landmarks[:, :2], SIDE), SIDE)
        return torch.from_numpy(points)[None].to(self._device)


def _checked(landmarks: ArrayLike) -> NDArray[np.floating]:
    points = np.asarray(landmarks, dtype=np.float64)
    if points.shape not in ((68, 3), (68, 2)) or not np.isfinite(points).all():
        raise InputError(f"expected 68 finite landmarks, got an array of shape {points.shape}")
    return points

"""What turns moving landmarks into frames."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Renderer(Protocol):
    """Draws one person: made once from the photo, then asked for one frame after another.

    A renderer keeps no memory of earlier frames: equal arguments give equal frames, in whatever order. Each frame is an
    array of its own. `anyonenet.frames.draw` looks for two more members that a renderer may have:

    - `thread_safe = True`: `render` may be called by several threads at once.
    - `render_many(landmarks (F, 68, 3), quaternions (F, 4))`: an iterator over the frames, in order, that holds a few
      at a time; for networks that want batches, have threads of their own, or share work between neighbouring frames
      (each frame is then near that of `render`).
    """

    def render(self, landmarks: NDArray[np.floating], quaternion: NDArray[np.floating]) -> NDArray[np.uint8]:
        """One frame.

        Args:
            landmarks: (68, 3) pixels of the frame, x right, y down, z away from the camera.
            quaternion: (4,) head orientation (w, x, y, z), unit; identity looks into the camera.

        Returns:
            (H, W, 3) uint8 RGB.

        Raises:
            InputError: a wrong shape, or values that are not finite.
        """
        ...

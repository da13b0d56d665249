"""The space-time volume of Write-a-Speaker: sketches of a sliding window of frames, stacked."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anyonenet.face.sketch import draw_sketch

FRAMES = 15
"""of the window in the paper: the frame that is drawn in the middle, seven before it and seven behind"""


def window(tracks: NDArray[np.floating], frame: int, frames: int = FRAMES) -> NDArray[np.float32]:
    """Landmarks `(frames, ...)` around one frame of `(F, ...)`; beyond the ends the first and last are repeated."""
    places = np.arange(frame - frames // 2, frame + frames // 2 + 1).clip(0, len(tracks) - 1)
    return np.asarray(tracks[places], dtype=np.float32)


def sketch_volume(landmarks: ArrayLike, size: int) -> NDArray[np.uint8]:
    """`(V, 68, 2 or 3)` pixels of a square canvas -> `(size, size, 3 V)` uint8, the oldest sketch first."""
    return np.concatenate([draw_sketch(points, size) for points in np.asarray(landmarks)], axis=-1)

"""The visible mark on every frame: small, legible, and drawn without any font file of the system."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

MARK = "AI-generated"

# Letters as strokes on a grid 4 wide and 6 high (y down, baseline at 6): lists of polylines.
_STROKES: dict[str, tuple[tuple[tuple[float, float], ...], ...]] = {
    "A": (((0, 6), (2, 0), (4, 6)), ((0.8, 4), (3.2, 4))),
    "I": (((1, 0), (3, 0)), ((2, 0), (2, 6)), ((1, 6), (3, 6))),
    "-": (((0.8, 3.4), (3.2, 3.4)),),
    "g": (
        ((3.6, 2.2), (1.2, 2.0), (0.4, 3), (0.4, 5), (1.2, 6), (3.6, 5.8)),
        ((3.6, 2), (3.6, 7.2), (2.8, 8), (0.8, 8)),
    ),
    "e": (((0.4, 4), (3.6, 4), (3.6, 3), (2.8, 2), (1.2, 2), (0.4, 3), (0.4, 5), (1.2, 6), (3.4, 6)),),
    "n": (((0.5, 2), (0.5, 6)), ((0.5, 3), (1.5, 2), (2.8, 2), (3.5, 3), (3.5, 6))),
    "r": (((0.8, 2), (0.8, 6)), ((0.8, 3.2), (1.8, 2), (3.4, 2))),
    "a": (
        ((0.8, 2), (2.8, 2), (3.5, 2.8), (3.5, 6)),
        ((3.5, 3.8), (1.2, 3.8), (0.4, 4.6), (0.4, 5.3), (1.2, 6), (3.5, 5.4)),
    ),
    "t": (((1.6, 0.6), (1.6, 5.2), (2.4, 6), (3.4, 6)), ((0.4, 2), (3.2, 2))),
    "d": (((3.5, 0), (3.5, 6)), ((3.5, 2.4), (2.6, 2), (1.2, 2), (0.4, 3), (0.4, 5), (1.2, 6), (2.6, 6), (3.5, 5.6))),
}
_ADVANCE = 5.4
_BITS = 8
_LINES = 8.4  # from the top of A to the foot of g


def mark_frame(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A copy of `frame` `(H, W, 3)` uint8 RGB with "AI-generated" in its lower right corner.

    The mark's width is a quarter of the frame's, at least 60 and at most 240 pixels; frames narrower than that wear
    what fits.
    """
    marked = frame.copy()
    mark_in_place(marked)
    return marked


def mark_in_place(frame: NDArray[np.uint8]) -> None:
    """As `mark_frame`, into the frame itself: twenty times as fast, as a copy is all but the whole of its time."""
    height, width = frame.shape[:2]
    added, factor = _mark(width)
    rows, columns = min(factor.shape[0], height), min(factor.shape[1], width)
    corner = frame[height - rows :, width - columns :]
    corner[...] = (corner * factor[-rows:, -columns:] + added[-rows:, -columns:]) >> _BITS


@lru_cache(maxsize=8)
def _mark(frame_width: int) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """White letters on a dark, half-transparent plate: what is added to a pixel times what, `(h, w, 3)` in 1/256."""
    width = int(np.clip(frame_width / 4, 60, 240))
    fine = 8  # drawn this much larger, then averaged
    margin = 2.5
    unit = fine * width / (_ADVANCE * len(MARK) - (_ADVANCE - 4) + 2 * margin)
    size = (round(unit * (_LINES + 2 * margin) / fine) * fine, width * fine)
    letters = np.zeros(size, dtype=np.uint8)
    thickness = max(1, round(0.75 * unit))
    for position, letter in enumerate(MARK):
        for stroke in _STROKES[letter]:
            points = (np.array(stroke) + (margin + position * _ADVANCE, margin)) * unit
            cv2.polylines(letters, [np.round(points).astype(np.int32)], False, 255, thickness, cv2.LINE_AA)
    small = cv2.resize(letters, (size[1] // fine, size[0] // fine), interpolation=cv2.INTER_AREA) / 255
    ink = small.astype(np.float32)
    opacity = np.maximum(0.45, 0.92 * ink).astype(np.float32)
    colour = 255 * ink + 20 * (1 - ink)
    one = 1 << _BITS
    # sums fit into 16 bits, whose arithmetic takes a fraction of floats' time; three equal colours spare broadcasting
    both = np.round(colour * opacity * one) + one // 2 - 1, np.round((1 - opacity) * one)
    added, factor = (np.repeat(values.astype(np.uint16)[..., None], 3, axis=-1) for values in both)
    return added, factor

"""What ATVGnet's VG-net draws: photo, attention, colour, the frame of both, and the true one, a row a clip."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from lightning_modules.logging.media import Medium

COLUMNS = ("photo", "attention", "colour", "generated", "true")
HEADER = 22
"""pixels, height of the names above"""


@dataclass(frozen=True)
class AttendedFrames:
    """Rows of pictures `(rows, 3, H, W)` in [-1, 1], RGB; attention `(rows, 1, H, W)` in [0, 1]."""

    photos: np.ndarray
    attention: np.ndarray
    colours: np.ndarray
    generated: np.ndarray
    true: np.ndarray

    def media(self) -> Iterator[Medium]:
        """One picture of all rows."""
        bright = np.repeat(self.attention * 2 - 1, 3, axis=1)
        columns = [_pixels(part) for part in (self.photos, bright, self.colours, self.generated, self.true)]
        grid = np.hstack([np.vstack(list(column)) for column in columns])
        width = columns[0].shape[2]
        header = np.full((HEADER, grid.shape[1], 3), 255, dtype=np.uint8)
        for number, name in enumerate(COLUMNS):
            place = (number * width + 6, HEADER - 7)
            cv2.putText(header, name, place, cv2.FONT_HERSHEY_SIMPLEX, 0.45, (40, 40, 40), 1, cv2.LINE_AA)
        yield Medium("frames", "picture", pixels=np.vstack([header, grid]))


def _pixels(pictures: np.ndarray) -> np.ndarray:
    """`(rows, 3, H, W)` in [-1, 1] -> `(rows, H, W, 3)` uint8."""
    scaled = (np.clip(pictures, -1, 1) + 1) * 127.5
    return scaled.round().astype(np.uint8).transpose(0, 2, 3, 1)

"""What the image translation paints: photo, sketch, generated picture and target, a row a pair."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from lightning_modules.logging.media import Medium

COLUMNS = ("photo", "sketch", "generated", "target")
HEADER = 22
"""pixels, height of the names above"""


@dataclass(frozen=True)
class TranslatedPictures:
    """Rows of pictures `(rows, 3, H, W)` in [-1, 1], RGB."""

    photos: np.ndarray
    sketches: np.ndarray
    generated: np.ndarray
    targets: np.ndarray

    def media(self) -> Iterator[Medium]:
        """One picture of all rows."""
        pictures = (self.photos, self.sketches, self.generated, self.targets)
        yield from PictureColumns(dict(zip(COLUMNS, pictures, strict=True))).media()


@dataclass(frozen=True)
class PictureColumns:
    """Columns of pictures by name, each `(rows, 3, H, W)` in [-1, 1], RGB, all of one shape."""

    columns: dict[str, np.ndarray]

    def media(self) -> Iterator[Medium]:
        """One picture of all rows."""
        columns = [_pixels(pictures) for pictures in self.columns.values()]
        grid = np.hstack([np.vstack(list(column)) for column in columns])
        width = columns[0].shape[2]
        header = np.full((HEADER, grid.shape[1], 3), 255, dtype=np.uint8)
        for number, name in enumerate(self.columns):
            place = (number * width + 6, HEADER - 7)
            cv2.putText(header, name, place, cv2.FONT_HERSHEY_SIMPLEX, 0.45, (40, 40, 40), 1, cv2.LINE_AA)
        yield Medium("pictures", "picture", pixels=np.vstack([header, grid]))


def _pixels(pictures: np.ndarray) -> np.ndarray:
    """`(rows, 3, H, W)` in [-1, 1] -> `(rows, H, W, 3)` uint8."""
    scaled = (np.clip(pictures, -1, 1) + 1) * 127.5
    return scaled.round().astype(np.uint8).transpose(0, 2, 3, 1)

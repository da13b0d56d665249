"""Pictures of videos: contact sheets, and pictures one below the other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from anyonenet.render.video import read_video

TILE_PIXELS = 320


def contact_sheet(video: Path, out: Path, count: int = 12, columns: int = 6) -> None:
    """Frames of a video, evenly spaced from first to last, as one PNG, `columns` in a row.

    Raises:
        InputError: the video cannot be read.
    """
    opened = read_video(video)
    wanted = np.linspace(0, max(opened.frame_count - 1, 0), count).round().astype(int)
    tiles: list[np.ndarray] = []
    for number, frame in enumerate(opened.frames):
        for _ in range(int((wanted == number).sum())):
            tiles.append(_tile(frame, number / opened.fps))
    while len(tiles) % columns:
        tiles.append(np.full_like(tiles[0], 255))
    rows = [np.hstack(tiles[start : start + columns]) for start in range(0, len(tiles), columns)]
    cv2.imwrite(str(out), np.vstack(rows)[..., ::-1])


def stacked(pictures: Sequence[Path], out: Path, width: int = 1200) -> None:
    """Pictures one below the other, each scaled to `width` pixels, as one PNG or JPEG."""
    scaled = []
    for path in pictures:
        picture = np.asarray(cv2.imread(str(path)))
        height = round(picture.shape[0] * width / picture.shape[1])
        scaled.append(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA))
    cv2.imwrite(str(out), np.vstack(scaled))


def _tile(frame: np.ndarray, seconds: float) -> np.ndarray:
    """One frame of a contact sheet with its time written on it."""
    height, width = frame.shape[:2]
    factor = TILE_PIXELS / max(height, width)
    small = cv2.resize(frame, (round(width * factor), round(height * factor)), interpolation=cv2.INTER_AREA)
    tile = np.ascontiguousarray(small)
    label = f"{seconds:.2f} s"
    for colour, thickness in (((0, 0, 0), 3), ((255, 255, 255), 1)):
        cv2.putText(tile, label, (6, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.45, colour, thickness, cv2.LINE_AA)
    return tile

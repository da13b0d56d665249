"""Frames of several videos in rows at a given rate, each beside its input picture (Fig. 7 and 8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from matplotlib.figure import Figure

from anyonenet.errors import InputError
from anyonenet.face.image import load_photo
from anyonenet.render.video import read_video
from evaluation.figures.saving import fonts, printable, save_figure

TILE_PIXELS = 256


@dataclass(frozen=True)
class Strip:
    """One row."""

    name: str
    video: Path
    picture: Path | None = None
    """what the video was made from, drawn left of it"""


def frames_figure(
    strips: Sequence[Strip], out: Path, fps: float = 3.0, begin: float = 0.0, most: int = 10, text: str = ""
) -> list[Path]:
    """Draw the rows.

    Args:
        strips: the rows, from above.
        out: a PNG file; a PDF is written beside it.
        fps: frames a second that are shown.
        begin: seconds into the videos of the first one.
        most: frames a row.
        text: what is said, written above.

    Raises:
        InputError: a video or picture cannot be read, or a video ends before `begin`.
    """
    rows = [tiles_of(strip.video, fps, begin, most) for strip in strips]
    pictures = [
        None if strip.picture is None else _tile(load_photo(strip.picture, TILE_PIXELS * 2)) for strip in strips
    ]
    has_pictures = any(picture is not None for picture in pictures)
    columns = max(map(len, rows)) + has_pictures
    sides = [max(tile.shape[0] / tile.shape[1] for tile in row) for row in rows]
    figure = Figure(figsize=(1.35 * columns + 0.3, 1.35 * sum(sides) + 0.45), layout="constrained")
    axes = figure.subplots(len(strips), columns, squeeze=False, height_ratios=sides)
    for row, (strip, tiles, picture) in enumerate(zip(strips, rows, pictures, strict=True)):
        shown: list[np.ndarray | None] = [*([picture] if has_pictures else []), *tiles]
        for column in range(columns):
            axis = axes[row, column]
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set_visible(False)
            tile = shown[column] if column < len(shown) else None
            if tile is not None:
                axis.imshow(tile)
        axes[row, 0].set_ylabel(printable(strip.name), family=fonts(), fontsize=9)
    if has_pictures:
        axes[0, 0].set_title("input", fontsize=8)
    for column in range(has_pictures, columns):
        axes[0, column].set_title(f"{begin + (column - has_pictures) / fps:.2f} s", fontsize=8)
    title = f"“{printable(text)}” ({fps:g} fps)" if text else f"{fps:g} fps"
    figure.suptitle(title, family=fonts(), fontsize=10)
    return save_figure(figure, out)


def tiles_of(video: Path, fps: float, begin: float, most: int) -> list[np.ndarray]:
    """The frames of a video that are shown at `begin`, `begin + 1 / fps` and so on: `(H, W, 3)` uint8 RGB each.

    Raises:
        InputError: it cannot be read, or ends before `begin`.
    """
    opened = read_video(video)
    wanted = [int((begin + step / fps) * opened.fps + 1e-6) for step in range(most)]
    tiles = []
    for number, frame in enumerate(opened.frames):
        if number > wanted[-1]:
            break
        tiles += [_tile(frame)] * wanted.count(number)
    if not tiles:
        raise InputError(f"{video} has {opened.frame_count / opened.fps:.1f} s; nothing to show from {begin:g} s on")
    return tiles


def _tile(picture: np.ndarray) -> np.ndarray:
    height, width = picture.shape[:2]
    factor = TILE_PIXELS / max(height, width)
    return cv2.resize(picture, (round(width * factor), round(height * factor)), interpolation=cv2.INTER_AREA)

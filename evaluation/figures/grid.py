"""Several videos side by side, each under its title: as a video with sound, and as a sheet of some moments."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import zip_longest
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from anyonenet.render.provenance import media_metadata, sign
from anyonenet.render.video import VideoWriter

TITLE_PIXELS = 26
_GAP = 2
Picture = NDArray[np.uint8]


def grid_frames(columns: Mapping[str, Iterable[Picture]], width: int | None = None) -> Iterator[Picture]:
    """Frames `(H, W, 3)` uint8 RGB that show one of each, as many as the longest has; shorter ones hold their last.

    Args:
        columns: title -> frames, all of one size each.
        width: pixels of a tile; None: of the first one's frames.
    """
    if not columns:
        raise ValueError("nothing to show; give at least one column")
    titles = list(columns)
    across = _across(len(titles))
    shown: list[Picture | None] = [None] * len(titles)
    size: tuple[int, int] | None = None
    for frames in zip_longest(*columns.values()):
        shown = [new if new is not None else old for new, old in zip(frames, shown, strict=True)]
        if size is None:
            first = next(frame for frame in shown if frame is not None)
            wide = width or first.shape[1]
            size = (wide, round(first.shape[0] * wide / first.shape[1]))
        tiles = [
            titled(_blank(size) if one is None else _scaled(one, size), title) for one, title in zip(shown, titles)
        ]
        tiles += [np.full_like(tiles[0], 255)] * (-len(tiles) % across)
        rows = [np.hstack(tiles[start : start + across]) for start in range(0, len(tiles), across)]
        yield np.vstack(rows)


def grid_video(
    columns: Mapping[str, Iterable[Picture]], out: Path, sound: NDArray[np.float32], fps: float, rate: int = 16000
) -> None:
    """Write them as a video with content credentials; it appears when it is complete.

    Args:
        columns: title -> frames; the made ones bear their visible mark already.
        out: an .mp4 file.
        sound: `(samples,)`, the same for all.
        fps: frames a second of all.
        rate: Hz of the sound.

    Raises:
        InputError: the file cannot be written.
    """
    frames = grid_frames(columns)
    first = next(frames)
    height, width = first.shape[:2]

    def signed(path: Path) -> None:
        sign(path, out.name)

    with VideoWriter(out, width, height, fps, rate, media_metadata(out.stem), finish=signed) as writer:
        writer.write_audio(sound)
        writer.write_frame(first)
        for frame in frames:
            writer.write_frame(frame)


def grid_sheet(columns: Mapping[str, list[Picture]], out: Path, moments: int = 8, width: int = 160) -> None:
    """Write a PNG: a row a title, frames from first to last, evenly spaced."""
    rows = []
    for title, frames in columns.items():
        places = np.linspace(0, len(frames) - 1, moments).round().astype(int)
        height = round(frames[0].shape[0] * width / frames[0].shape[1])
        row = np.hstack([_scaled(frames[place], (width, height)) for place in places])
        rows.append(titled(row, title))
    widest = max(row.shape[1] for row in rows)
    sheet = np.vstack([np.pad(row, ((0, 0), (0, widest - row.shape[1]), (0, 0)), constant_values=255) for row in rows])
    written_whole(out, lambda beside: cv2.imwrite(str(beside), sheet[..., ::-1]))


def written_whole(out: Path, write: Callable[[Path], object]) -> None:
    """Written beside and renamed."""
    beside = out.with_name(f".{out.stem}.{os.getpid()}.part{out.suffix}")
    try:
        write(beside)
        os.replace(beside, out)
    finally:
        beside.unlink(missing_ok=True)


def titled(picture: Picture, title: str) -> Picture:
    """The picture below a line with its title, white gaps around."""
    line = np.full((TITLE_PIXELS, picture.shape[1], 3), 255, dtype=np.uint8)
    (wide, _), _ = cv2.getTextSize(title, cv2.FONT_HERSHEY_SIMPLEX, 0.5, 1)
    scale = 0.5 * min(1.0, (picture.shape[1] - 8) / max(wide, 1))
    cv2.putText(line, title, (4, TITLE_PIXELS - 9), cv2.FONT_HERSHEY_SIMPLEX, scale, (0, 0, 0), 1, cv2.LINE_AA)
    return np.pad(np.vstack([line, picture]), ((0, _GAP), (0, _GAP), (0, 0)), constant_values=255)


def _across(count: int) -> int:
    """Tiles in a row: as many as there are up to four, then nearly as many as rows."""
    return count if count <= 4 else math.ceil(math.sqrt(count * 1.5))


def _scaled(picture: Picture, size: tuple[int, int]) -> Picture:
    if (picture.shape[1], picture.shape[0]) == size:
        return picture
    how = cv2.INTER_AREA if picture.shape[1] > size[0] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, size, interpolation=how), dtype=np.uint8)


def _blank(size: tuple[int, int]) -> Picture:
    return np.full((size[1], size[0], 3), 255, dtype=np.uint8)

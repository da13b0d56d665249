"""What a validation shows: pictures, sounds, videos and tables, as files and to whoever logs them."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

SUFFIXES = {"picture": ".png", "sound": ".wav", "video": ".mp4", "table": ".csv"}


@dataclass(frozen=True)
class Medium:
    """One thing to look at or to listen to."""

    name: str
    kind: str
    """'picture', 'sound', 'video' or 'table'"""
    pixels: np.ndarray | None = None
    """picture `(H, W, 3)`, video `(frames, H, W, 3)`, uint8 RGB"""
    waveform: np.ndarray | None = None
    """`(samples,)` float in [-1, 1]"""
    rate: int = 0
    """samples or frames a second"""
    columns: list[str] = field(default_factory=list)
    rows: list[list[Any]] = field(default_factory=list)

    def write(self, folder: Path) -> Path:
        """Write it into a folder, under its name."""
        path = folder / f"{self.name}{SUFFIXES[self.kind]}"
        _WRITERS[self.kind](self, path)
        return path


@runtime_checkable
class Shown(Protocol):
    """What a module leaves in its attribute `shown` at a validation."""

    def media(self) -> Iterable[Medium]:
        """Draw it; called on the first process only, and not at every validation."""


def picture_of(name: str, figure: Any) -> Medium:
    """A matplotlib figure as a picture."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return Medium(name, "picture", pixels=np.ascontiguousarray(np.asarray(canvas.buffer_rgba())[..., :3]))


def _write_picture(medium: Medium, path: Path) -> None:
    from PIL import Image

    assert medium.pixels is not None
    Image.fromarray(medium.pixels).save(path)


def _write_sound(medium: Medium, path: Path) -> None:
    from anyonenet.audio.files import write_wav

    assert medium.waveform is not None
    write_wav(path, medium.waveform, medium.rate)


def _write_video(medium: Medium, path: Path) -> None:
    from anyonenet.render.video import VideoWriter

    assert medium.pixels is not None
    height, width = medium.pixels.shape[1:3]
    sound = medium.waveform
    with VideoWriter(path, width, height, medium.rate, None if sound is None else 16000) as video:
        for frame in medium.pixels:
            video.write_frame(frame)
        if sound is not None:
            video.write_audio(sound)


def _write_table(medium: Medium, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([medium.columns, *medium.rows])


_WRITERS: dict[str, Callable[[Medium, Path], None]] = {
    "picture": _write_picture,
    "sound": _write_sound,
    "video": _write_video,
    "table": _write_table,
}

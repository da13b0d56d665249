"""One video for the page: what may be asked, where the files go, how far it is."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from anyonenet.errors import InputError
from anyonenet.pipeline import Summary
from anyonenet.request import Request

Report = Callable[[float, str], None]
"""called with the share that is done, 0 to 1, and what is being done"""
LANGUAGES = {"detect": None, "English": "en", "Mandarin": "zh"}
RENDERERS = {"moved photo": "warp", "network": "unet"}


class Generator(Protocol):
    """What makes videos: a `Pipeline`."""

    def generate(self, request: Request, progress: Callable[[str, int, int], None] | None = None) -> Summary:
        """Make one."""
        ...


@dataclass(frozen=True)
class Limits:
    """What one visitor may ask for."""

    characters: int = 2000
    """of text; some two minutes"""
    upload_megabytes: int = 20
    """of a picture"""
    kept: int = 20
    """videos on the disk, the newest"""


class Making:
    """Makes videos into a folder of its own, one at a time; a context manager that removes the folder.

    Args:
        load: makes the generator; called once, in the background, so that the page is there at once.
        limits: of a visitor.
    """

    def __init__(self, load: Callable[[], Generator], limits: Limits | None = None):
        self.limits = limits or Limits()
        self.folder = Path(tempfile.mkdtemp(prefix="anyonenet-"))
        self._videos: list[Path] = []
        self._number = 0
        self._one = threading.Lock()
        self._generator: Generator | None = None
        self._failure: Exception | None = None
        self._loading = threading.Thread(target=self._load, args=(load,), daemon=True)
        self._loading.start()

    def make(self, photo: str | Path | None, text: str, language: str, renderer: str, report: Report) -> Summary:
        """One video.

        Args:
            photo: the picture's file; None: none was given.
            text: what to say.
            language: one of `LANGUAGES`.
            renderer: one of `RENDERERS`.
            report: see `Report`.

        Raises:
            InputError: what is asked for cannot be made; the line says what to do.
            AnyoneNetError: the models could not be loaded.
        """
        self.check(photo, text)
        report(0.0, "waiting for the models")
        self._loading.join()
        if self._failure is not None:
            raise self._failure
        assert self._generator is not None and photo is not None
        with self._one:
            self._number += 1
            out = self.folder / f"anyonenet-{self._number}.mp4"
            request = Request(text, Path(photo), out, LANGUAGES[language], renderer=RENDERERS[renderer])
            summary = self._generator.generate(request, lambda *what: report(*told(*what)))
            self._videos.append(out)
            while len(self._videos) > self.limits.kept:
                self._videos.pop(0).unlink(missing_ok=True)
        return summary

    def check(self, photo: str | Path | None, text: str) -> None:
        """Find what is missing or too much, before anything slow begins.

        Raises:
            InputError: it is.
        """
        if photo is None:
            raise InputError("there is no photo yet: choose a picture with a face, or take one")
        megabytes = Path(photo).stat().st_size / 1e6
        if megabytes > self.limits.upload_megabytes:
            raise InputError(
                f"the photo has {megabytes:.0f} MB, more than the {self.limits.upload_megabytes} that are taken: "
                "choose a smaller one"
            )
        if not text.strip():
            raise InputError("there is no text yet: write what the photo shall say")
        if len(text) > self.limits.characters:
            raise InputError(
                f"the text has {len(text)} characters; at most {self.limits.characters} are taken here: shorten it, or "
                "use `anyonenet generate`, which takes any length"
            )

    def close(self) -> None:
        """Remove the folder with all videos."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Making:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _load(self, load: Callable[[], Generator]) -> None:
        try:
            self._generator = load()
        except Exception as error:  # whatever it is, the visitor who asks first is told
            self._failure = error


def told(kind: str, done: int, known: int) -> tuple[float, str]:
    """What a pipeline's report means to a visitor: the share that is done and a few words."""
    if kind == "frame":
        return 0.1 + 0.85 * min(1.0, done / max(known, 1)), f"drawing: {done} of {known} frames"
    if kind == "sentence":
        return 0.1 + 0.85 * min(1.0, done / max(known, 1)), f"{done} of {known} sentences drawn"
    words = {"photo": (0.02, "reading the photo"), "voice": (0.06, "speaking"), "file": (0.97, "finishing the file")}
    return words[kind]


def in_words(summary: Summary) -> str:
    """What the page says below a video."""
    lines = [
        f"{summary.seconds:.1f} s of video in {summary.wall_seconds['all']:.1f} s.",
        *(f"Note: {notice}." for notice in summary.notices),
    ]
    return "\n\n".join(lines)

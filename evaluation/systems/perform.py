"""A system that hears a clip's own sound and draws it, and how long that takes."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from anyonenet.audio.mel import MelSettings
from anyonenet.errors import InputError
from anyonenet.library_threads import LibraryThreads
from anyonenet.recorded import recorded
from anyonenet.side_by_side import SideBySide, usable_cores
from anyonenet.stopwatch import Stopwatch
from anyonenet.systems.known import known_system, load_system
from anyonenet.systems.system import Performance, Performer
from anyonenet.voice import Spoken
from anyonenet.weights import read_card
from evaluation.systems.truth import FPS, Truth

Align = Callable[[NDArray[np.float32], str], Spoken]
"""a recording (16 kHz) and its text -> the same with symbols"""


@dataclass(frozen=True)
class Made:
    """A clip as a system makes it."""

    frames: list[NDArray[np.uint8]]
    performances: list[Performance] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    """`real_time_factor`, `processor_factor` and `load_seconds`, see `evaluation.systems.figures`"""


class Hearing:
    """A system, loaded when it is first needed.

    Args:
        name: of `anyonenet.systems.known.SYSTEMS`.
        weights: folder that holds one folder of exported weights a stage.
        renderer: that draws it; the system's usual one where it cannot, or None.
        seed: of the motion.
        device: where networks run.
    """

    def __init__(
        self,
        name: str,
        weights: Path,
        renderer: str | None = None,
        seed: int = 0,
        device: torch.device | str = "cpu",
    ):
        self.name, self.known = name, known_system(name)
        self._weights, self._seed, self._device = Path(weights), seed, torch.device(device)
        self.renderer = renderer if renderer in self.known.renderers else self.known.renderers[0]
        self._loaded: tuple[Callable[[Truth], Performer], bool, float] | None = None
        self._align: Align | None = None

    def digest(self) -> str:
        """A name that changes with all that decides what it draws."""
        stages = [*self.known.stages, *(["images"] if self.renderer == "unet" else [])]
        cards = [read_card(self._weights / stage)[2].sha256 for stage in stages]
        return hashlib.sha256("\n".join([self.name, self.renderer, str(self._seed), *cards]).encode()).hexdigest()

    def make(self, truth: Truth, settings: MelSettings) -> Made:
        """Hear a clip's sound and draw it; work is done one thread a call, frames side by side, as in `generate`.

        Raises:
            InputError: the system reads symbols and the clip has no text, or the text cannot be aligned.
            WeightsError: weights are missing, corrupt or of another stage.
        """
        performer_of, reads_symbols, load_seconds = self._system()
        spoken = self._spoken(truth, settings, reads_symbols)
        limited = LibraryThreads()
        limited.limit()
        try:
            wall, processor = time.perf_counter(), time.process_time()
            frames: list[NDArray[np.uint8]] = []
            performances: list[Performance] = []
            performer = performer_of(truth)
            with SideBySide(usable_cores()) as pool:
                getattr(performer, "ready", lambda: None)()
                for sentence in spoken:
                    performances.append(performer.perform(sentence))
                    frames += performer.draw(performances[-1], pool, Stopwatch())
            wall, processor = time.perf_counter() - wall, time.process_time() - processor
        finally:
            limited.restore()
        seconds = len(truth.frames) / FPS
        took = {"real_time_factor": wall / seconds, "processor_factor": processor / seconds}
        return Made(frames, performances, took | {"load_seconds": load_seconds})

    def _system(self) -> tuple[Callable[[Truth], Performer], bool, float]:
        if self._loaded is None:
            begin = time.perf_counter()
            system = load_system(self.name, self._weights, self._device)
            system.prepare(self.renderer)
            took = time.perf_counter() - begin
            self._loaded = (
                lambda truth: system.performer(truth.portrait, FPS, self._seed, self.renderer),
                system.reads_symbols,
                took,
            )
        return self._loaded

    def _spoken(self, truth: Truth, settings: MelSettings, reads_symbols: bool) -> list[Spoken]:
        if not reads_symbols:
            return list(recorded(truth.waveform, settings))
        if truth.clip.text is None:
            raise InputError("it reads symbols, and the clip has no text")
        if self._align is None:
            from anyonenet.alignment import Aligner

            self._align = Aligner(self._weights, self._device).align
        return [self._align(truth.waveform, truth.clip.text)]


def still(truth: Truth) -> Made:
    """The photo in every frame."""
    return Made([truth.portrait.image] * len(truth.frames))

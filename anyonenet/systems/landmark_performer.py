"""Systems that move landmarks and leave the drawing to a renderer: all but the motion itself is here.

Such a system says how one face moves for one sentence (`Mover`), at whatever rate it likes. Here that becomes the
video's frames, is placed in the portrait, and is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from anyonenet.audio.mel import MelSettings
from anyonenet.engine_use import AUTO, EngineUse
from anyonenet.errors import InputError
from anyonenet.frames import draw
from anyonenet.lively_motion import LivelyMotion, MotionSettings
from anyonenet.motion import lip_closures
from anyonenet.portrait import Portrait
from anyonenet.raw_motion import Liven, PlainMotion, RawMotion
from anyonenet.render.renderer import Renderer
from anyonenet.renderers import Renderers
from anyonenet.side_by_side import SideBySide
from anyonenet.stopwatch import Stopwatch
from anyonenet.systems.known import LANDMARK_RENDERERS
from anyonenet.systems.system import Performance
from anyonenet.voice import Spoken


class Mover(Protocol):
    """Says how one face moves; it may remember what it needs from one sentence to the next."""

    def hear(self, spoken: Spoken) -> RawMotion:
        """One sentence's motion. Sentences come in order, in one thread, not always that which made the mover."""
        ...


class LandmarkPerformer:
    """One person through one video, as of `anyonenet.systems.system.Performer`.

    Args:
        portrait: whose face.
        mover: says how it moves.
        motion: makes the video's frames of that.
        renderer: makes what draws them; called once, when it is first needed.
    """

    def __init__(self, portrait: Portrait, mover: Mover, motion: Liven, renderer: Callable[[], Renderer]):
        self._portrait, self._mover, self._motion = portrait, mover, motion
        self._make_renderer = renderer
        self._renderer: Renderer | None = None

    def ready(self) -> None:
        """Make the renderer, while the first sentence is still spoken."""
        if self._renderer is None:
            self._renderer = self._make_renderer()

    def perform(self, spoken: Spoken) -> Performance:
        """Hear one sentence."""
        raw = self._mover.hear(spoken)
        moved = self._motion.move(spoken.mel, raw, lip_closures(spoken.symbols, spoken.symbol_of_frame))
        return Performance(self._portrait.place(moved), moved.quaternions)

    def draw(self, performance: Performance, pool: SideBySide, watch: Stopwatch) -> Iterator[NDArray[np.uint8]]:
        """The frames in order."""
        with watch.of("render"):
            self.ready()
        assert self._renderer is not None
        yield from draw(self._renderer, performance.landmarks, performance.quaternions, pool, watch)


class LandmarkSystem:
    """A system whose mover is its own and whose drawing is not, as of `anyonenet.systems.system.System`.

    Args:
        name: as the user types it.
        mover: makes one for a portrait and a seed.
        weights: folder that holds one folder of exported weights a stage; renderers find theirs there.
        device: where networks run.
        engine: how the image network is run.
        liveliness: how the face is made to live (joins, smoothing, lips that shut in silence, blinks, sway); None: the
            face as the mover says it, sentences joined without a jump.
        reads_symbols: whether the mover reads `Spoken.symbols` and `symbol_of_frame`.
        mel: the audio settings of what it hears.
        renderers: that can draw it, the usual one first.
    """

    def __init__(
        self,
        name: str,
        mover: Callable[[Portrait, int], Mover],
        weights: Path,
        device: torch.device,
        engine: EngineUse = AUTO,
        *,
        liveliness: MotionSettings | None = None,
        reads_symbols: bool = False,
        mel: MelSettings | None = None,
        renderers: tuple[str, ...] = LANDMARK_RENDERERS,
    ):
        self.name, self.renderers, self.reads_symbols = name, renderers, reads_symbols
        self._mover, self._liveliness, self._mel = mover, liveliness, mel or MelSettings()
        self._drawing = Renderers(Path(weights), device, engine)

    @property
    def engine_reason(self) -> str:
        """Which engine runs the image network, and why; empty while it is not loaded."""
        return self._drawing.engine_reason

    def prepare(self, renderer: str) -> None:
        """Load what a renderer needs.

        Raises:
            InputError: the system cannot be drawn by it.
            WeightsError: weights are missing, corrupt or of another stage.
        """
        self._check(renderer)
        self._drawing.load(renderer)

    def performer(self, portrait: Portrait, fps: float, seed: int, renderer: str) -> LandmarkPerformer:
        """One person through one video; what the renderer needs is loaded when it is first needed. Raises as
        `prepare`."""
        self._check(renderer)
        motion: Liven
        if self._liveliness is None:
            motion = PlainMotion(portrait.frontal, fps, self._mel.frame_rate)
        else:
            motion = LivelyMotion(self._mel, portrait.frontal, portrait.quaternion, fps, seed, self._liveliness)
        mover = self._mover(portrait, seed)
        return LandmarkPerformer(portrait, mover, motion, lambda: self._drawing.make(renderer, portrait))

    def _check(self, renderer: str) -> None:
        if renderer not in self.renderers:
            raise InputError(
                f"renderer '{renderer}' cannot draw the system '{self.name}'; choose {' or '.join(self.renderers)}"
            )

"""What a system of talking heads must be able to do to stand in one table with the others.

A system is loaded once; it makes a performer for each portrait; the performer hears one sentence after another and
draws the frames that fall into it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from anyonenet.engine_use import EngineUse
from anyonenet.portrait import Portrait
from anyonenet.side_by_side import SideBySide
from anyonenet.stopwatch import Stopwatch
from anyonenet.voice import Spoken


@dataclass(frozen=True)
class Performance:
    """The video frames that fall into one sentence, before they are drawn."""

    landmarks: NDArray[np.float32]  # (F, 68, 3) pixels of the video; the portrait's own where a system has none
    quaternions: NDArray[np.float32]  # (F, 4) head orientations (w, x, y, z), unit
    driving: NDArray[np.generic] | None = None  # (F, ...) what else the frames are drawn from


class Performer(Protocol):
    """One person through one video. `perform` is called for each sentence in turn, in a thread of its own; `draw`,
    in another, for each performance in the same order. A performer may have one more method, `ready()`: called before
    the first `draw`, in its thread, while the first sentence is still spoken."""

    def perform(self, spoken: Spoken) -> Performance:
        """Hear one sentence. After all `T` mel frames so far there are `ceil(T / mel rate * fps)` frames in all."""
        ...

    def draw(self, performance: Performance, pool: SideBySide, watch: Stopwatch) -> Iterator[NDArray[np.uint8]]:
        """The frames in order, each (H, W, 3) uint8 RGB of the portrait's size; a few at a time are in memory.

        Args:
            performance: from `perform`.
            pool: threads to draw in.
            watch: counts 'render'.
        """
        ...


class System(Protocol):
    """A system with its weights loaded; one instance serves any number of portraits.

    Its module has a function `load(weights: Path, device: torch.device, engine: EngineUse) -> System`, which loads what
    every portrait needs and leaves what a renderer needs to `prepare`.
    """

    name: str
    """as the user types it"""
    renderers: tuple[str, ...]
    """that can draw it, the usual one first; 'own' where frames come from its own networks"""
    reads_symbols: bool
    """whether it reads `Spoken.symbols` and `symbol_of_frame`; otherwise the sound is enough"""

    def prepare(self, renderer: str) -> None:
        """Load what a renderer needs.

        Raises:
            InputError: the system cannot be drawn by it.
            WeightsError: weights are missing, corrupt or of another stage.
        """
        ...

    def performer(self, portrait: Portrait, fps: float, seed: int, renderer: str) -> Performer:
        """One person through one video. Raises as `prepare`."""
        ...


class Load(Protocol):
    """How a system is loaded."""

    def __call__(self, weights: Path, device: torch.device, engine: EngineUse) -> System:
        """
        Args:
            weights: folder that holds one folder of exported weights a stage.
            device: where networks run.
            engine: how the image network is run.

        Raises:
            WeightsError: weights are missing, corrupt or of another stage.
        """
        ...

"""The image translation network, run by an engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anyonenet.side_by_side import SideBySide, usable_cores
from anyonenet.weights import WeightsCard

Pictures = NDArray[np.float32]
"""`(batch, channels, height, width)`"""


@dataclass(frozen=True)
class ImageEngine:
    """What `ImageTranslator.raw` says, from NumPy to NumPy.

    It holds nothing of a person, so one serves any number of photos; it may be called in any number of threads.
    """

    name: str
    reason: str
    """why it is this one, one line"""
    inputs: int
    """6 or 9 channels, see `ImageTranslator.join`"""
    outputs: int
    """3 or 6 channels"""
    card: WeightsCard
    """of the weights"""
    convolved: Callable[[Pictures], Pictures]
    """`ImageTranslator.convolved`, with one thread"""
    threads: int
    """frames computed at once by `stream`"""

    def __call__(self, pictures: Pictures) -> Pictures:
        """`(batch, inputs, height, width)` in [-1, 1] -> `(batch, outputs, height, width)`; see `ImageTranslator.raw`.

        Raises:
            ValueError: another shape.
        """
        if pictures.ndim != 4 or pictures.shape[1] != self.inputs:
            raise ValueError(f"got pictures of shape {pictures.shape}; expected (batch, {self.inputs}, height, width)")
        made = self.convolved(np.ascontiguousarray(pictures, dtype=np.float32))
        if self.inputs == 9 and self.outputs == 6:  # what the landmarks say is added in full precision
            made[:, 4:] += pictures[:, 6:8]
        return made

    def stream(self, pictures: Iterable[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
        """`(inputs, height, width)`, one after another -> `(outputs, height, width)` of each, in order.

        A few frames are computed at once, each in a thread of its own: no thread waits for another within a frame.
        """
        with SideBySide(self.threads) as beside:
            yield from beside.map(lambda picture: self(picture[None])[0], pictures)


def threads_or_cores(threads: int | None) -> int:
    """As many threads as asked for; None: as there are cores."""
    return threads or usable_cores()

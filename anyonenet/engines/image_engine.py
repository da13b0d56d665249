"""The image translation network, run by an engine."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anyonenet.engines.key_frames import Group, groups
from anyonenet.engines.runner import Pictures, Runner
from anyonenet.side_by_side import SideBySide, usable_cores
from anyonenet.weights import WeightsCard

Picture = NDArray[np.float32]
"""`(channels, height, width)`"""
Whole = Future[tuple[Pictures, Pictures]]
"""of a key frame: what the network gives, and what its coarse levels made"""
_LEAD = 2
"""key frames begun beyond the group whose other frames are begun: none of these then waits for a key frame"""


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
    runner: Runner
    """the network, with one thread a call"""
    threads: int
    """frames computed at once by `stream`"""
    whole_every: int = 1
    """`stream` computes the coarse levels for every so-manyth frame"""

    def __call__(self, pictures: Pictures) -> Pictures:
        """`(batch, inputs, height, width)` in [-1, 1] -> `(batch, outputs, height, width)`; see `ImageTranslator.raw`.

        Raises:
            ValueError: another shape.
        """
        return self._raw(self.runner.convolved(self._checked(pictures)), pictures)

    def stream(self, pictures: Iterable[Picture]) -> Iterator[Picture]:
        """`(inputs, height, width)`, one after another -> `(outputs, height, width)` of each, in order.

        A few frames are computed at once, each in a thread of its own: no thread waits for another within a frame.
        With `whole_every` above 1 the pictures have to be neighbouring frames of one video: the network is computed
        whole for one in so many and for the last; for those between, its fine levels alone, on what the coarse levels
        made of the two nearest key frames, interpolated.
        """
        with SideBySide(self.threads) as beside:
            if self.whole_every == 1 or self.runner.whole is None:
                yield from beside.map(lambda picture: self(picture[None])[0], pictures)
            else:
                yield from self._interpolated(pictures, beside)

    def _interpolated(self, pictures: Iterable[Picture], beside: SideBySide) -> Iterator[Picture]:
        begun: deque[tuple[Group[Picture], Whole]] = deque()
        coming: deque[Callable[[], Picture]] = deque()
        for group in groups(pictures, self.whole_every):
            begun.append((group, beside.do(self._key, group.key)))
            if len(begun) > _LEAD:
                coming.extend(self._frames_of(begun, beside))
            while len(coming) > beside.ahead:
                yield coming.popleft()()
        while begun:
            coming.extend(self._frames_of(begun, beside))
        while coming:
            yield coming.popleft()()

    def _frames_of(
        self, begun: deque[tuple[Group[Picture], Whole]], beside: SideBySide
    ) -> Iterator[Callable[[], Picture]]:
        """Begin the frames of the first group, and take it off."""
        group, whole = begun.popleft()
        yield lambda: self._raw(whole.result()[0], group.key[None])[0]
        for number, picture in enumerate(group.between, 1):
            share = np.float32(number / (len(group.between) + 1))
            yield beside.do(self._between, picture, whole, begun[0][1], share).result

    def _key(self, picture: Picture) -> tuple[Pictures, Pictures]:
        assert self.runner.whole is not None
        return self.runner.whole(self._checked(picture[None]))

    def _between(self, picture: Picture, before: Whole, after: Whole, share: np.float32) -> Picture:
        """A frame `share` of the way from one key frame to the next."""
        assert self.runner.fine is not None
        coarse = before.result()[1] * (1 - share)
        coarse += after.result()[1] * share
        return self._raw(self.runner.fine(self._checked(picture[None]), coarse), picture[None])[0]

    def _checked(self, pictures: Pictures) -> Pictures:
        if pictures.ndim != 4 or pictures.shape[1] != self.inputs:
            raise ValueError(f"got pictures of shape {pictures.shape}; expected (batch, {self.inputs}, height, width)")
        return np.ascontiguousarray(pictures, dtype=np.float32)

    def _raw(self, made: Pictures, pictures: Pictures) -> Pictures:
        """What the convolutions made, with what is not left to them."""
        if self.inputs == 9 and self.outputs == 6:  # what the landmarks say is added in full precision
            made[:, 4:] += pictures[:, 6:8]
        return made


def threads_or_cores(threads: int | None) -> int:
    """As many threads as asked for; None: as there are cores."""
    return threads or usable_cores()

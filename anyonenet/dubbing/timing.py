"""When the new speech and the video are not equally long: which frame of the video is shown when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from anyonenet.render.video import Video

LENGTHS = ("loop", "hold", "video")
"""'loop': as long as the speech, a shorter video goes forwards and backwards; 'hold': as long as the speech, the last
frame of a shorter video stays; 'video': as long as the video, speech that is longer is cut, after shorter speech the
mouth is shut"""
_BACKWARDS = 64
"""frames of a video that are held in memory to be shown backwards"""


def shown(count: int, first: int, wanted: int, length: str) -> NDArray[np.int64]:
    """Which frames of a video of `count` are shown as frames `first` to `first + wanted` of the new one.

    Returns:
        `(wanted,)`; each is the one before, its neighbour, or the same again.
    """
    places = np.arange(first, first + wanted)
    if length != "loop" or count < 2:
        return np.minimum(places, count - 1)
    period = 2 * (count - 1)
    return (count - 1) - np.abs(places % period - (count - 1))


class SteadyFrames:
    """Frames of a video at its mean rate, also where the file's own rate varies.

    Args:
        video: the file.
    """

    def __init__(self, video: Video):
        self._video = video

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        """All frames once, `(H, W, 3)` uint8 RGB; sides are even, an odd row or column at the end is left out."""
        last: NDArray[np.uint8] | None = None
        count = 0
        for time, frame in self._video.timed_frames():
            if last is not None:
                while count < (time * self._video.fps) - 0.5:
                    yield last
                    count += 1
            last = np.ascontiguousarray(frame[: frame.shape[0] // 2 * 2, : frame.shape[1] // 2 * 2])
        if last is not None:
            yield last

    def along(self, places: Iterable[int]) -> Iterator[NDArray[np.uint8]]:
        """The frames at `places`, which go on, stay, or go back by one each; few of them are in memory.

        Each is an array of its own.
        """
        ahead, at = iter(self), -1
        held: dict[int, NDArray[np.uint8]] = {}
        for place in places:
            if place not in held:
                if place > at and all(place > kept for kept in held):
                    while at < place:
                        frame = next(ahead)
                        at += 1
                    held = {place - 1: held[place - 1], place: frame} if place - 1 in held else {place: frame}
                else:  # backwards: what lies before is read again, from the beginning
                    begin = max(place - _BACKWARDS + 1, 0)
                    held, ahead, at = {}, iter(self), -1
                    while at < place:
                        frame = next(ahead)
                        at += 1
                        if at >= begin:
                            held[at] = frame
            yield held[place].copy()

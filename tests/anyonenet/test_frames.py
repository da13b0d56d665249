from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from anyonenet.frames import draw
from anyonenet.side_by_side import SideBySide
from anyonenet.stopwatch import Stopwatch


class Plain:
    """Draws frames that say which they are."""

    def __init__(self) -> None:
        self.threads: set[int] = set()

    def render(self, landmarks: np.ndarray, quaternion: np.ndarray) -> np.ndarray:
        self.threads.add(threading.get_ident())
        return np.full((4, 4, 3), int(landmarks[0, 0] + quaternion[0]), np.uint8)


class Safe(Plain):
    thread_safe = True


class Many(Safe):
    def __init__(self) -> None:
        super().__init__()
        self.drawn = 0

    def render_many(self, landmarks: np.ndarray, quaternions: np.ndarray) -> Iterator[np.ndarray]:
        for points, quaternion in zip(landmarks, quaternions):
            self.drawn += 1
            yield self.render(points, quaternion)


LANDMARKS = np.arange(60, dtype=np.float32)[:, None, None] * np.ones((1, 68, 3), np.float32)
QUATERNIONS = np.ones((60, 4), np.float32)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("kind", [Plain, Safe, Many])
def test_frames_come_in_order_whatever_the_renderer_and_the_threads(kind: type[Plain], threads: int) -> None:
    renderer, watch = kind(), Stopwatch()
    with SideBySide(threads) as pool:
        frames = list(draw(renderer, LANDMARKS, QUATERNIONS, pool, watch))
    assert [frame[0, 0, 0] for frame in frames] == list(range(1, 61))
    here = threading.get_ident() in renderer.threads
    assert here == (kind is not Safe)  # only who allows it is called elsewhere
    assert watch.wall_seconds()["render"] > 0


def test_a_renderer_of_many_is_asked_for_one_after_the_other() -> None:
    renderer = Many()
    with SideBySide(2) as pool:
        frames = draw(renderer, LANDMARKS, QUATERNIONS, pool, Stopwatch())
        next(frames), next(frames)
        assert renderer.drawn == 2

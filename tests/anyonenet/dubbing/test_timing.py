import numpy as np
import pytest

from anyonenet.dubbing.timing import SteadyFrames, shown


class Clip:
    """A video whose frames hold their number; `times` are when they are shown."""

    def __init__(self, count: int, fps: float = 25.0, times: list[float] | None = None):
        self.fps, self.passes = fps, 0
        self._times = times or [number / fps for number in range(count)]

    def timed_frames(self):
        self.passes += 1
        for number, time in enumerate(self._times):
            yield time, np.full((5, 4, 3), number, np.uint8)


def numbers(frames) -> list[int]:
    return [int(frame[0, 0, 0]) for frame in frames]


def test_a_shorter_video_goes_forwards_and_backwards():
    assert shown(4, 0, 9, "loop").tolist() == [0, 1, 2, 3, 2, 1, 0, 1, 2]
    assert shown(4, 5, 3, "loop").tolist() == [1, 0, 1]
    assert shown(1, 0, 3, "loop").tolist() == [0, 0, 0]


def test_or_its_last_frame_stays():
    assert shown(3, 1, 4, "hold").tolist() == [1, 2, 2, 2]


def test_frames_of_even_sides_at_a_steady_rate():
    assert numbers(SteadyFrames(Clip(4))) == [0, 1, 2, 3]
    assert {frame.shape for frame in SteadyFrames(Clip(2))} == {(4, 4, 3)}
    # 25 frames a second, the second frame is shown for three periods, the fourth comes at once
    assert numbers(SteadyFrames(Clip(4, times=[0, 0.04, 0.16, 0.161]))) == [0, 1, 1, 1, 3]


@pytest.mark.parametrize("length", ["loop", "hold"])
def test_frames_come_in_the_order_asked_for(length):
    clip = Clip(150)
    places = shown(150, 0, 700, length).tolist()
    assert numbers(SteadyFrames(clip).along(iter(places))) == places
    assert clip.passes == (1 if length == "hold" else 7)  # backwards in pieces of 64 frames, twice


def test_a_frame_that_was_drawn_on_is_not_shown_again():
    frames = SteadyFrames(Clip(3)).along(iter([0, 1, 2, 1]))
    for _ in range(3):
        next(frames)[:] = 99
    assert numbers([next(frames)]) == [1]

"""A dubbed video's frames, by a performer and by a system that blends its own faces, without any network."""

from types import SimpleNamespace

import numpy as np
import pytest

from anyonenet.audio.mel import MelSettings
from anyonenet.dubbing.dubber import _fitted, _Made, _MadeWhole
from anyonenet.dubbing.filmed import Poses
from anyonenet.dubbing.sound import NewSound
from anyonenet.dubbing.timing import SteadyFrames
from anyonenet.face.registration import place
from anyonenet.face.template import frontal_template
from anyonenet.portrait import portrait_of
from anyonenet.side_by_side import SideBySide
from anyonenet.stopwatch import Stopwatch
from anyonenet.systems.system import Performance
from anyonenet.video_rate import VideoRate

FPS, COUNT = 10.0, 4
UPRIGHT = np.array([1.0, 0, 0, 0])


class Clip:
    fps = FPS

    def timed_frames(self):
        for number in range(COUNT):
            yield number / FPS, np.full((120, 120, 3), 40 + number, np.uint8)


@pytest.fixture
def filmed():
    """A head that stands still; the third frame shows no face."""
    poses = Poses(np.full(COUNT, 40.0), np.tile(UPRIGHT, (COUNT, 1)), np.tile([60.0, 50.0, 0], (COUNT, 1)))
    landmarks = place(frontal_template(), poses.quaternions, poses.scale, poses.translation)
    return SimpleNamespace(
        count=COUNT,
        poses=poses,
        found=np.array([True, True, False, True]),
        landmarks=landmarks,
        frontal=np.repeat(frontal_template()[None].astype(np.float32), COUNT, axis=0),
        reference=0,
        portrait=portrait_of(np.full((120, 120, 3), 40, np.uint8), landmarks[0]),
        frames=SteadyFrames(Clip()),
    )


class White:
    """Draws a white picture for each frame."""

    def __init__(self, portrait):
        self._portrait, self._rate = portrait, VideoRate(FPS, 80.0)

    def perform(self, spoken):
        count = len(self._rate.next(len(spoken.mel))[1])
        landmarks = np.repeat(self._portrait.landmarks[None], count, axis=0)
        return Performance(landmarks, np.repeat(self._portrait.quaternion[None], count, axis=0))

    def draw(self, performance, pool, watch):
        for _ in performance.landmarks:
            picture = np.full((120, 120, 3), 40, np.uint8)
            picture[70:85, 50:70] = 255
            yield picture


def frames_of(made, seconds: float) -> list[np.ndarray]:
    silence = NewSound(SimpleNamespace(speech=None), None, MelSettings()).silence(seconds)
    with SideBySide(1) as pool:
        return list(made.frames(silence, "loop", pool, Stopwatch()))


def test_frames_without_a_face_are_as_they_were(filmed):
    made = _Made(filmed, White(filmed.portrait), FPS)
    frames = frames_of(made, 0.5) + frames_of(made, 0.2)
    shown = [40, 41, 42, 43, 42, 41, 40]
    assert [int(frame[5, 5, 0]) for frame in frames] == shown
    assert [int(frame[77, 60, 0]) > 200 for frame in frames] == [number != 42 for number in shown]
    assert made.count == 7 and made.untouched == 2


def test_a_system_that_dubs_by_itself_is_left_to_itself(filmed):
    asked = []

    def redub(frames, landmarks, waveform, fps):
        asked.append((len(landmarks), len(waveform), fps))
        for frame in frames():
            yield 255 - frame

    made = _MadeWhole(filmed, White(filmed.portrait), FPS, redub, MelSettings())
    frames = frames_of(made, 0.4) + frames_of(made, 0.1)
    assert [int(frame[0, 0, 0]) for frame in frames] == [215, 214, 42, 212, 42]
    assert asked == [(4, 6400, FPS), (1, 1600, FPS)] and made.untouched == 2


def test_silence_follows_speech_that_is_shorter_than_the_video():
    new = NewSound(SimpleNamespace(speech=None), None, MelSettings())
    new.stretches = lambda filmed: iter([new.silence(0.25)])
    heard = list(_fitted(new, None, FPS, 8, Stopwatch()))
    assert [len(one.sound) for one in heard] == [4000, round(0.55 * 16000)]
    new.stretches = lambda filmed: iter([new.silence(0.5), new.silence(0.5), new.silence(0.5)])
    assert len(list(_fitted(new, None, FPS, 8, Stopwatch()))) == 2  # what comes after the video's end is not asked for
    new.stretches = lambda filmed: iter([new.silence(0.25)])
    assert len(list(_fitted(new, None, FPS, None, Stopwatch()))) == 1

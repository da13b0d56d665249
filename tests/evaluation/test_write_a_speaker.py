"""What the evaluations of Write-a-Speaker's generators count."""

from __future__ import annotations

import numpy as np
import pytest

from anyonenet.face.blendshapes import MOUTH, UPPER
from anyonenet.text.symbols import INDEX
from evaluation.facial_motion import EmotionJudge, mean_by_emotion, others
from evaluation.write_a_speaker_head import UNIT, speed, spread, statistics
from evaluation.write_a_speaker_mouth import closures, gap, lips
from evaluation.write_a_speaker_upper import blinks, likeness


def test_closures_are_counted_by_sound():
    p, a = INDEX["p"], INDEX["æ"]
    symbols = np.array([a, p, p, a, a, p, a, p])
    gaps = np.array([0.2, 0.1, 0.0, 0.2, 0.2, 0.2, 0.2, 0.2])
    assert closures(gaps, symbols) == (1, 3)
    gaps[6] = 0.01  # a neighbour of two sounds that close
    assert closures(gaps, symbols) == (3, 3)


def test_gap_and_lips_follow_the_jaw():
    mouth = np.zeros((2, len(MOUTH)))
    mouth[1, MOUTH.index("jawOpen")] = 0.5
    assert gap(mouth)[0] == pytest.approx(0, abs=1e-9) and gap(mouth)[1] > 0.1
    assert lips(mouth).shape == (2, 20, 3)


def test_blinks_are_counted_once_each():
    track = np.zeros((20, len(UPPER)))
    for side in ("Left", "Right"):
        track[[3, 4, 5, 12], UPPER.index(f"eyeBlink{side}")] = 0.9
    assert blinks(track) == 2


def test_likeness_of_the_same_and_of_a_still_track():
    track = np.sin(np.arange(40))[:, None].repeat(3, 1)
    same, held = likeness([track, np.zeros_like(track) + track.mean()], [track, track])
    assert same == pytest.approx(1) and held < 0.01


def test_a_judge_tells_what_differs_and_guesses_what_does_not():
    rng = np.random.default_rng(0)

    def tracks(shift: float) -> tuple[list[np.ndarray], np.ndarray]:
        labels = np.arange(80) % 4
        return [rng.normal(size=(30, 5)) * 0.3 + shift * (np.arange(5) == label) for label in labels], labels

    for shift, low, high in ((0.5, 0.95, 1.0), (0.0, 0.0, 0.5)):
        judge = EmotionJudge(*tracks(shift))
        made, labels = tracks(shift)
        assert low <= (judge(made) == labels).mean() <= high


def test_other_utterances_are_of_the_same_emotion_and_length():
    tracks = [np.full((length, 2), float(number)) for number, length in enumerate((5, 7, 9, 4))]
    emotions = np.array([0, 1, 0, 1])
    found = others(tracks, emotions)
    assert [len(track) for track in found] == [5, 7, 9, 4]
    assert [track[0, 0] for track in found] == [2, 3, 0, 1]
    means = mean_by_emotion(tracks, emotions)
    assert means[0, 0] == pytest.approx(18 / 14) and means[2, 0] == pytest.approx(means[3, 0])


def test_motion_of_heads_is_in_degrees():
    still = np.ones((50, 6))
    assert spread(still) == 0 and speed(still) == 0
    turning = np.zeros((50, 6))
    turning[:, 1] = np.radians(np.arange(50) * 0.4) / UNIT  # 0.4 degrees a frame at 25 Hz
    assert speed(turning) == pytest.approx(10)
    assert statistics([turning, turning[:20]]).shape == (3, 18)

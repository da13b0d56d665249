from __future__ import annotations

import numpy as np

from anyonenet.face.template import frontal_template
from anyonenet.liveliness import (
    INNER_LIPS,
    UPPER_LIDS,
    Blinks,
    Sway,
    close_lids,
    close_lips,
    smooth,
    speech_activity,
    uncross_lips,
)


def open_mouth() -> np.ndarray:
    face = frontal_template().astype(np.float64)
    for upper, lower in INNER_LIPS:
        face[lower, 1] = face[upper, 1] + 0.2
    return face[None]


def test_blinks_come_at_a_human_rate_and_shut_the_eyes():
    times = np.arange(0, 120, 0.04)
    closure = Blinks(3).closure(times)
    begins = int(((closure[1:] > 0.5) & (closure[:-1] <= 0.5)).sum())
    assert 120 / 6 < begins < 120 / 2
    assert closure.min() == 0 and closure.max() > 0.99
    assert (closure > 0.5).mean() < 0.1


def test_blinks_asked_for_in_pieces_are_the_same():
    times = np.arange(0, 30, 0.04)
    pieces = Blinks(7)
    in_pieces = np.concatenate([pieces.closure(part) for part in np.array_split(times, 9)])
    assert np.array_equal(in_pieces, Blinks(7).closure(times))
    assert not np.array_equal(in_pieces, Blinks(8).closure(times))


def test_sway_begins_at_the_photo_and_never_rests():
    times = np.arange(0, 60, 0.0125)
    turns = np.degrees(Sway(1).rotation_vectors(times))
    assert np.allclose(turns[0], 0)
    assert np.abs(np.diff(turns, axis=0)).max() < 0.25  # degrees in 12.5 ms
    assert (turns[800:].std(axis=0) > 0.3).all()
    assert np.abs(turns).max() < 12


def test_closed_lids_meet_and_half_closed_ones_do_not():
    face = frontal_template()[None].astype(np.float64)
    shut, half = close_lids(face, np.ones(1)), close_lids(face, np.full(1, 0.5))
    for upper, lower in UPPER_LIDS:
        assert np.allclose(shut[0, upper], shut[0, lower])
        assert 0 < half[0, lower, 1] - half[0, upper, 1] < face[0, lower, 1] - face[0, upper, 1]


def test_closed_lips_meet_without_crossing_and_the_chin_follows():
    face = open_mouth()
    shut = close_lips(face, np.ones(1))
    for upper, lower in INNER_LIPS:
        assert np.allclose(shut[0, upper, 1], shut[0, lower, 1])
    assert shut[0, 8, 1] < face[0, 8, 1]
    assert np.array_equal(shut[0, 27:48], face[0, 27:48])
    assert np.array_equal(close_lips(face, np.zeros(1)), face)


def test_crossed_lips_meet_halfway():
    face = open_mouth()
    for upper, lower in INNER_LIPS:
        face[0, lower, 1] = face[0, upper, 1] - 0.1
    parted = uncross_lips(face)
    for upper, lower in INNER_LIPS:
        assert np.isclose(parted[0, upper, 1], parted[0, lower, 1])
        assert np.isclose(parted[0, upper, 1], face[0, upper, 1] - 0.05)


def test_activity_is_one_in_speech_and_zero_in_long_silence_only():
    mels = np.full((160, 80), -2.6)
    mels[40:120] = 0.0
    mels[70:75] = -2.6  # the closure of a stop
    activity = speech_activity(mels, -2.6)
    assert activity[45:115].min() > 0.95
    assert activity[:20].max() < 0.01 and activity[-20:].max() < 0.01
    assert speech_activity(np.zeros((0, 80)), -2.6).shape == (0,)


def test_smoothing_keeps_constants_and_has_no_delay():
    values = np.zeros((41, 2, 3))
    values[20] = 1
    smoothed = smooth(values, 2.0)
    assert smoothed.shape == values.shape
    assert smoothed[:, 0, 0].argmax() == 20 and np.isclose(smoothed[:, 0, 0].sum(), 1)
    assert np.allclose(smooth(np.ones((5, 1)), 3.0), 1)
    assert smooth(values, 0) is values

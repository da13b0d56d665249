import math

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from evaluation.metrics.head_motion import (
    RATE,
    beat_alignment,
    head_motion_distance,
    head_speed,
    head_spread,
    pose_diversity,
    pose_track,
    stresses,
    window_features,
)

SECONDS = 6.0


def nodding(degrees: float, hertz: float, rate: float = 80.0, phase: float = 0.0) -> np.ndarray:
    """A head that nods about a pose that looks elsewhere: `(frames, 4)`."""
    times = np.arange(round(SECONDS * rate)) / rate
    nods = np.deg2rad(degrees) * np.sin(2 * np.pi * hertz * times + phase)
    turned = Rotation.from_euler("y", 25, degrees=True) * Rotation.from_rotvec(nods[:, None] * [1.0, 0, 0])
    return np.roll(turned.as_quat(), 1, axis=1)


def wandering(seed: int, size: float = 1.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return size * np.cumsum(np.cumsum(rng.normal(size=(120, 3)), axis=0), axis=0) / 50


def test_a_nod_by_hand():
    """A sine of 0.5 Hz and 4 degrees: spread 4 / sqrt 2, mean speed 4 * 4 * 0.5; smoothed by exp(-(2 pi f s)^2 / 2)."""
    track = pose_track(nodding(4.0, 0.5), 80.0)
    kept = math.exp(-((2 * math.pi * 0.5 * 0.05) ** 2) / 2)
    assert head_spread(track) == pytest.approx(kept * 4 / math.sqrt(2), rel=0.01)
    assert head_speed(track) == pytest.approx(kept * 4 * 4 * 0.5, rel=0.02)
    assert np.abs(track[:, 1:]).max() < 1e-6  # in the head's own frame it only nods
    assert len(track) == SECONDS * RATE


@pytest.mark.parametrize("rate", [25.0, 80.0])
def test_neither_sign_nor_pose_nor_rate_matters(rate):
    plain, given = pose_track(nodding(4.0, 0.5), 80.0), nodding(4.0, 0.5, rate)
    given[::2] *= -1
    np.testing.assert_allclose(head_speed(pose_track(given, rate)), head_speed(plain), rtol=0.02)


def test_distance_is_none_to_the_same_and_grows_with_what_is_wrong():
    true = [wandering(seed) for seed in range(12)]
    assert head_motion_distance(true, true) == pytest.approx(0, abs=1e-9)
    others = head_motion_distance([wandering(seed) for seed in range(20, 32)], true)
    flatter, half, still = (
        head_motion_distance([wandering(seed, size) for seed in range(20, 32)], true) for size in (0.5, 0.25, 0.0)
    )
    assert others < flatter < half < still


def test_distance_of_known_normals():
    """Twice as large a movement moves every logarithm by ln 2 and changes no covariance (but for the floor)."""
    true = [1000 * wandering(seed) for seed in range(12)]
    scale = np.concatenate([window_features(track) for track in true]).std(0, ddof=1)
    wanted = ((math.log(2) / scale) ** 2).sum()
    assert head_motion_distance([2 * track for track in true], true) == pytest.approx(wanted, rel=1e-3)


def test_turning_points_on_stresses_and_between_them():
    track = pose_track(nodding(4.0, 1.0), 80.0)  # turns at 0.25, 0.75, 1.25 ... seconds
    turning = np.arange(0.25, SECONDS, 0.5)
    assert beat_alignment(track, turning) > 0.95
    assert beat_alignment(track, turning + 0.25) == pytest.approx(math.exp(-0.5 * 2.5**2), abs=0.05)
    assert math.isnan(beat_alignment(track, np.zeros(0)))
    assert math.isnan(beat_alignment(np.zeros((60, 3)), turning))


def test_stresses_are_loud():
    times = np.arange(400) / 80.0
    mel = np.repeat(-np.cos(2 * np.pi * 2 * times)[:, None], 80, axis=1)  # loudest at 0.25, 0.75 ...
    np.testing.assert_allclose(stresses(mel, 80.0), np.arange(0.25, 5.0, 0.5), atol=0.013)


def test_diversity_by_hand():
    same = np.tile([1.0, 0, 0, 0], (3, 5, 1))
    assert pose_diversity(same) == 0
    same[0] = np.roll(Rotation.from_rotvec([0, 0, math.radians(12)]).as_quat(), 1)
    assert pose_diversity(-same) == pytest.approx(12 * 2 / 3)  # two of three pairs lie 12 degrees apart


def test_what_cannot_be_measured_is_refused():
    with pytest.raises(ValueError, match="at least two frames"):
        pose_track(np.ones((1, 4)), 80.0)
    with pytest.raises(ValueError, match="at least 20 Hz"):
        pose_track(np.ones((9, 4)), 15.0)
    with pytest.raises(ValueError, match="two windows"):
        head_motion_distance([], [wandering(0)])
    with pytest.raises(ValueError, match="at least two draws"):
        pose_diversity(np.ones((1, 5, 4)))

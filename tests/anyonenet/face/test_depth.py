"""Lifting: a turned template seen in the picture gets back its pose and depth."""

from __future__ import annotations

import numpy as np
import pytest

from anyonenet.face import depth
from anyonenet.face import quaternion as Q
from anyonenet.face.depth import fit_pose, lift
from anyonenet.face.registration import place, register
from anyonenet.face.template import JAW, LIPS, NOSE, frontal_template


@pytest.mark.parametrize("angles", [(0, 0, 0), (0.2, 0.3, -0.2), (-0.2, -0.5, 0.4), (0.1, 0.0, 1.2)])
def test_lift_recovers_the_template(angles: tuple[float, float, float]) -> None:
    q = Q.from_euler(*angles)
    truth = place(frontal_template(), q, 100.0, [320.0, 240.0, 0.0])
    landmarks, pose = lift(truth[:, :2])
    assert landmarks.dtype == np.float32
    np.testing.assert_array_equal(landmarks[:, :2], truth[:, :2])
    assert abs(landmarks[:, 2].mean()) < 1e-3
    np.testing.assert_allclose(landmarks[:, 2], truth[:, 2] - truth[:, 2].mean(), atol=0.1)
    assert np.degrees(Q.angle_between(pose.quaternion, q)) < 0.1
    assert np.degrees(Q.angle_between(register(landmarks).quaternions, q)) < 0.2


def test_another_persons_turned_face_becomes_symmetric() -> None:
    rng = np.random.default_rng(0)
    person = frontal_template()
    person[list(JAW)] *= (1.1, 1.05, 1.0)
    person[list(LIPS)] += (0.0, 0.03, 0.0)
    q = Q.from_euler(0.1, 0.3, 0.1)
    truth = place(person, q, 100.0, np.zeros(3)) + rng.normal(size=(68, 3)) * 0.3
    landmarks, pose = lift(truth[:, :2])
    assert np.degrees(Q.angle_between(pose.quaternion, q)) < 3
    depth_error = np.abs(landmarks[:, 2] - (truth[:, 2] - truth[:, 2].mean())).mean() / 100
    assert depth_error < 0.03  # outer-eye distances


def test_the_fitted_pose_is_the_best_one() -> None:
    """Where no pose explains the points, the gradient of the weighted error vanishes all the same."""
    face, nose = frontal_template(), list(NOSE)
    seen = place(face, Q.from_euler(0.3, 0.5, 0.0), 100.0, np.zeros(3))[:, :2].astype(np.float64)
    seen[nose] += np.random.default_rng(1).normal(size=(len(nose), 2)) * 6
    pose = fit_pose(seen, face)
    weights = depth._weights() / depth._weights().sum()

    def error(turn: np.ndarray) -> float:
        q = Q.multiply(Q.from_rotation_vector(turn), pose.quaternion)
        projected = pose.scale * (face @ Q.to_matrix(q).T)[:, :2]
        residual = seen - projected
        return float(weights @ np.sum((residual - weights @ residual) ** 2, axis=1))

    for axis in np.eye(3):
        slope = (error(1e-4 * axis) - error(-1e-4 * axis)) / 2e-4
        assert abs(slope) < 1e-2 * error(np.zeros(3))


def test_lift_wants_68_points_in_the_picture() -> None:
    with pytest.raises(ValueError, match=r"\(68, 2\)"):
        lift(np.zeros((68, 3)))

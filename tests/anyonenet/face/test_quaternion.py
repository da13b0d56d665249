"""Quaternions: against scipy's rotations, and the properties that sequences need."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from anyonenet.face import quaternion as Q


def _random(count: int, seed: int = 0) -> np.ndarray:
    return Q.normalise(np.random.default_rng(seed).normal(size=(count, 4)))


def _scipy(q: np.ndarray) -> Rotation:
    return Rotation.from_quat(q[..., [1, 2, 3, 0]])


def test_matrix_and_product_agree_with_scipy() -> None:
    p, q = _random(50, 1), _random(50, 2)
    np.testing.assert_allclose(Q.to_matrix(p), _scipy(p).as_matrix(), atol=1e-12)
    np.testing.assert_allclose(Q.to_matrix(Q.multiply(p, q)), (_scipy(p) * _scipy(q)).as_matrix(), atol=1e-12)
    np.testing.assert_allclose(Q.multiply(p, Q.conjugate(p)), np.tile([1.0, 0, 0, 0], (50, 1)), atol=1e-12)


def test_from_matrix_inverts_to_matrix_even_for_half_turns() -> None:
    half_turns = np.eye(4)[1:]
    q = np.concatenate([_random(200), half_turns, [[1.0, 0, 0, 0]]])
    back = Q.from_matrix(Q.to_matrix(q))
    assert (back[:, 0] >= 0).all()
    np.testing.assert_allclose(np.abs(np.sum(back * q, axis=1)), 1, atol=1e-12)


def test_rotation_vectors_there_and_back() -> None:
    vectors = np.random.default_rng(3).uniform(-1.8, 1.8, size=(100, 3))  # shorter than pi
    vectors = np.concatenate([vectors, np.zeros((1, 3)), [[1e-10, 0, 0]]])
    np.testing.assert_allclose(Q.to_rotation_vector(Q.from_rotation_vector(vectors)), vectors, atol=1e-9)


def test_euler_angles_there_and_back_with_the_documented_senses() -> None:
    angles = np.random.default_rng(4).uniform(-1, 1, size=(3, 40))
    np.testing.assert_allclose(Q.to_euler(Q.from_euler(*angles)), angles, atol=1e-9)
    nose = np.array([0.0, 0.0, -1.0])  # towards the camera
    assert (Q.to_matrix(Q.from_euler(0.3, 0.0, 0.0)) @ nose)[1] > 0.2  # positive pitch: down in the image
    assert (Q.to_matrix(Q.from_euler(0.0, 0.3, 0.0)) @ nose)[0] < -0.2  # positive yaw: to the image's left
    assert (Q.to_matrix(Q.from_euler(0.0, 0.0, 0.3)) @ [1.0, 0, 0])[1] > 0.2  # positive roll: clockwise


def test_slerp_takes_the_short_way_at_constant_speed() -> None:
    axis = np.array([0.0, 1.0, 0.0])
    p, q = Q.from_rotation_vector(0.2 * axis), -Q.from_rotation_vector(1.0 * axis)
    middle = Q.slerp(p, q, np.array([0.0, 0.25, 0.5, 1.0]))
    np.testing.assert_allclose(Q.to_rotation_vector(middle)[:, 1], [0.2, 0.4, 0.6, 1.0], atol=1e-9)
    np.testing.assert_allclose(Q.slerp(p, p, 0.5), p, atol=1e-12)


def test_make_continuous_changes_signs_only() -> None:
    rng = np.random.default_rng(5)
    smooth = Q.from_rotation_vector(np.cumsum(rng.normal(size=(2, 80, 3)) * 0.1, axis=1))
    flipped = smooth * rng.choice([-1.0, 1.0], size=(2, 80, 1))
    fixed = Q.make_continuous(flipped)
    assert (np.sum(fixed[:, 1:] * fixed[:, :-1], axis=-1) > 0).all()
    assert (fixed[:, 0, 0] >= 0).all()
    np.testing.assert_allclose(np.abs(np.sum(fixed * smooth, axis=-1)), 1, atol=1e-12)
    assert Q.make_continuous(np.zeros((0, 4))).shape == (0, 4)


def test_interpolate_from_25_to_80_frames_a_second() -> None:
    times = np.arange(50) / 25
    angles = 0.4 * np.sin(2 * np.pi * 0.5 * times)
    q = Q.from_rotation_vector(angles[:, None] * np.array([0.0, 1.0, 0.0]))
    q[20:] *= -1  # a jump in sign is no motion
    out = np.arange(160) / 80
    found = Q.interpolate(q, times, out)
    inside = out <= times[-1]
    expected = 0.4 * np.sin(2 * np.pi * 0.5 * out)
    np.testing.assert_allclose(Q.to_rotation_vector(found)[inside, 1], expected[inside], atol=1e-3)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-12)
    np.testing.assert_allclose(Q.to_rotation_vector(found)[-1, 1], angles[-1], atol=1e-9)  # held at the end


def test_interpolate_refuses_times_that_do_not_fit() -> None:
    q = _random(3)
    with pytest.raises(ValueError, match="one time for each"):
        Q.interpolate(q, [0, 1], [0.5])
    with pytest.raises(ValueError, match="increase strictly"):
        Q.interpolate(q, [0, 1, 1], [0.5])
    assert Q.interpolate(q[:1], [0], [0, 1, 2]).shape == (3, 4)


def test_normalise_and_float32_are_kept() -> None:
    assert Q.normalise(np.zeros(4)).tolist() == [1, 0, 0, 0]
    assert Q.multiply(np.ones((2, 4), np.float32), np.ones(4, np.float32)).dtype == np.float32
    assert Q.slerp(np.ones(4, np.float32), np.ones(4, np.float32), np.float32(0.5)).dtype == np.float32
    assert Q.angle_between(Q.from_euler(0.0, 0.1, 0.0), Q.from_euler(0.0, 0.4, 0.0)) == pytest.approx(0.3)

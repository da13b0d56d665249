"""Registration: exact on what it made itself, blind to speech, steady over a clip."""

from __future__ import annotations

import numpy as np
import pytest

from anyonenet.face import quaternion as Q
from anyonenet.face.registration import fit_similarity, outer_eye_distance, place, register, register_clip
from anyonenet.face.template import LIPS, STABLE, frontal_template


def _poses(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return (
        Q.from_euler(*rng.uniform(-0.6, 0.6, size=(3, count))),
        rng.uniform(30, 200, count),
        rng.uniform(-300, 300, (count, 3)),
    )


def test_register_recovers_pose_and_face() -> None:
    q, scale, translation = _poses(20)
    landmarks = place(frontal_template(), q, scale, translation)
    assert landmarks.shape == (20, 68, 3) and landmarks.dtype == np.float32
    found = register(landmarks)
    np.testing.assert_allclose(found.frontal, np.tile(frontal_template(), (20, 1, 1)), atol=1e-4)
    np.testing.assert_allclose(found.quaternions, Q.make_continuous(q[:, None])[:, 0], atol=1e-4)
    np.testing.assert_allclose(found.scale, scale, rtol=1e-5)
    np.testing.assert_allclose(found.translation, translation, atol=1e-2)


def test_place_inverts_register_on_any_face() -> None:
    face = frontal_template() + np.random.default_rng(1).normal(size=(68, 3)) * 0.05
    q, scale, translation = _poses(5, 1)
    landmarks = place(face, q, scale, translation).reshape(5, 1, 68, 3)  # any leading axes
    r = register(landmarks)
    assert r.quaternions.shape == (5, 1, 4) and r.scale.shape == (5, 1)
    np.testing.assert_allclose(place(r.frontal, r.quaternions, r.scale, r.translation), landmarks, atol=2e-3)
    np.testing.assert_allclose(outer_eye_distance(r.frontal), 1, atol=1e-5)
    np.testing.assert_allclose(r.frontal[..., list(STABLE), :].mean(axis=-2), 0, atol=1e-5)


def test_speech_does_not_move_the_pose() -> None:
    spoken = frontal_template()
    spoken[list(LIPS)] += (0.0, 0.2, 0.0)
    np.testing.assert_allclose(register(spoken).quaternions, [1, 0, 0, 0], atol=1e-6)


def test_register_clip_is_continuous_and_fits_the_person() -> None:
    rng = np.random.default_rng(2)
    person = frontal_template() + rng.normal(size=(68, 3)) * 0.04
    angles = 0.3 * np.sin(np.linspace(0, 6, 60))
    q = Q.from_euler(0.2 * angles, angles, 0.5 * angles)
    noisy = place(person, q, np.full(60, 100.0), np.zeros((60, 3))) + rng.normal(size=(60, 68, 3)) * 0.5
    clip, single = register_clip(noisy), register(noisy)
    assert (np.sum(clip.quaternions[1:] * clip.quaternions[:-1], axis=1) > 0.9).all()
    # fitted scale and centre: less of the eye corners' noise reaches the frontal faces
    assert clip.frontal.std(axis=0).mean() < 0.95 * single.frontal.std(axis=0).mean()
    relative = Q.angle_between(clip.quaternions[0], clip.quaternions)
    np.testing.assert_allclose(relative, Q.angle_between(q[0], q), atol=0.02)
    assert abs(outer_eye_distance(clip.frontal.mean(axis=0)) - 1) < 2e-3
    np.testing.assert_allclose(place(clip.frontal, clip.quaternions, clip.scale, clip.translation), noisy, atol=2e-3)


def test_fit_similarity_never_mirrors() -> None:
    source = np.random.default_rng(3).normal(size=(10, 3))
    rotation, _, _ = fit_similarity(source, source * (-1, 1, 1))
    assert np.isclose(np.linalg.det(rotation), 1)


def test_bad_landmarks_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(\.\.\., 68, 3\)"):
        register(np.zeros((68, 2)))
    with pytest.raises(ValueError, match="not finite"):
        register(np.full((68, 3), np.nan))
    with pytest.raises(ValueError, match="coincide"):
        register(np.zeros((68, 3)))
    with pytest.raises(ValueError, match="T >= 1"):
        register_clip(np.zeros((0, 68, 3)))

"""Faces differ most in one direction, and tell the voice in another."""

from __future__ import annotations

import numpy as np

from datamodules.face_directions import principal_directions, telling_directions


def faces_and_voices(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    faces = rng.normal(size=(400, 6)) * [5.0, 1.0, 1.0, 0.3, 1.0, 1.0]
    faces -= faces.mean(0)
    voices = np.outer(faces[:, 1], [1.0, 0.0, 2.0]) + 2 * np.outer(faces[:, 3], [0.0, 1.0, 0.0])
    return faces, voices + rng.normal(0, 0.1, voices.shape)


def test_principal_directions_follow_the_spread() -> None:
    faces, _ = faces_and_voices(np.random.default_rng(0))
    directions = principal_directions(faces, 2)
    assert directions.shape == (2, 6)
    assert abs(directions[0, 0]) > 0.99


def test_telling_directions_follow_the_voice() -> None:
    faces, voices = faces_and_voices(np.random.default_rng(0))
    directions = telling_directions(faces, voices, 2, ridge=1.0)
    np.testing.assert_allclose(directions @ directions.T, np.eye(2), atol=1e-9)
    shown = np.square(directions).sum(0)  # of each entry, 1 = seen whole
    assert shown[1] > 0.98 and shown[3] > 0.95 and shown[[0, 2, 4, 5]].max() < 0.05


def test_a_large_penalty_keeps_to_where_faces_differ() -> None:
    faces, voices = faces_and_voices(np.random.default_rng(0))
    weak = np.square(telling_directions(faces, voices, 1, ridge=1.0)).sum(0)
    strong = np.square(telling_directions(faces, voices, 1, ridge=1e5)).sum(0)
    assert weak[1] > 0.98
    assert strong[0] > weak[0] + 1e-4  # leans towards the wide direction, which says nothing

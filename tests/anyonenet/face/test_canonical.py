"""Registration by eyes and nose: similarities are undone to rounding, and the mouth has no say."""

from __future__ import annotations

import numpy as np
import pytest

from anyonenet.face.canonical import canonical_landmarks, canonical_matrix, moved, registered
from anyonenet.face.stills import stills_of
from anyonenet.face.template import LIPS, frontal_template


def placed(angle: float, scale: float, shift: tuple[float, float]) -> np.ndarray:
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return scale * frontal_template()[:, :2] @ turn.T + shift


@pytest.mark.parametrize(
    ("angle", "scale", "shift"), [(0.0, 50.0, (0, 0)), (0.4, 90.0, (300, 200)), (-2.5, 7.0, (-9, 4))]
)
def test_a_similarity_is_undone(angle: float, scale: float, shift: tuple[float, float]) -> None:
    points = placed(angle, scale, shift)
    matrix = canonical_matrix(points, 112)
    np.testing.assert_allclose(moved(points, matrix), canonical_landmarks(112), atol=1e-3)
    both = canonical_matrix(np.stack([points, points + 5]), 112)
    np.testing.assert_allclose(both[0], matrix, atol=1e-12)


def test_the_mouth_has_no_say() -> None:
    points = placed(0.1, 60.0, (80, 90))
    opened = points.copy()
    opened[list(LIPS)] += (3, 20)
    opened[:17] += (0, 15)
    np.testing.assert_array_equal(canonical_matrix(opened, 64), canonical_matrix(points, 64))


def test_an_open_mouth_and_the_brows_are_inside() -> None:
    points = canonical_landmarks(112)
    assert points.min() > 5 and points[:, 1].max() < 112 - 0.15 * 112 / 2.16
    np.testing.assert_allclose(points[[36, 45], 0].mean(), 55.5)


def test_pictures_go_where_their_landmarks_go() -> None:
    picture = np.zeros((200, 200, 3), np.uint8)
    points = placed(0.2, 60.0, (100, 80))
    x, y = points[30].round().astype(int)
    picture[y - 2 : y + 3, x - 2 : x + 3] = 255
    matrix = canonical_matrix(points, 112)
    made = registered(picture, matrix, 112)
    found = np.array(np.unravel_index(made[..., 0].argmax(), (112, 112)))[::-1]
    assert np.abs(found - moved(points, matrix)[30]).max() < 2.5
    # fine stripes become their mean, not a pattern
    stripes = np.zeros((400, 400, 3), np.uint8)
    stripes[:, ::2] = 200
    small = registered(stripes, np.array([[0.25, 0, 0], [0, 0.25, 0]]), 100)
    assert small[10:90, 10:90].std() < 2 and abs(small.mean() - 100) < 3


def test_what_is_not_landmarks_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\(\.\.\., 68, 2 or 3\), got \(5, 2\)"):
        canonical_matrix(np.zeros((5, 2)), 112)
    with pytest.raises(ValueError, match="in one place"):
        canonical_matrix(np.ones((68, 2)), 112)


def test_stills_go_from_closed_to_open() -> None:
    faces = np.repeat(frontal_template()[None, :, :2], 7, 0)
    gaps = np.array([3, 0, 5, 1, 6, 2, 4]) * 0.05
    faces[:, [65, 66, 67], 1] += gaps[:, None]
    assert stills_of(faces, 1).tolist() == [1]
    assert stills_of(faces, 3).tolist() == [1, 0, 4]
    assert stills_of(faces[:2], 5).tolist() in ([1, 1, 1, 0, 0], [1, 1, 0, 0, 0])

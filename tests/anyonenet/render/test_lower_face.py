"""Pasting a lower face: what does not differ stays to the byte, what differs is inside the region, any resolution."""

from __future__ import annotations

import numpy as np
import pytest

from anyonenet.face.canonical import canonical_landmarks, canonical_matrix, moved
from anyonenet.face.template import frontal_template
from anyonenet.render.lower_face import Ground, LowerFace, lower_face

SIDE = 64


def photo(scale: float, side: int) -> tuple[np.ndarray, np.ndarray]:
    """A picture with fine grain and landmarks in it."""
    generator = np.random.default_rng(0)
    picture = (120 + 20 * generator.standard_normal((side, side, 3))).clip(0, 255).astype(np.uint8)
    return picture, frontal_template()[:, :2] * scale + side / 2


def test_the_region_has_the_mouth_and_no_eyes() -> None:
    points = canonical_landmarks(SIDE)
    region = lower_face(points, SIDE)
    rows, columns = points[:, 1].round().astype(int), points[:, 0].round().astype(int)
    assert region[rows[48:68], columns[48:68]].all()
    assert not region[rows[36:48], columns[36:48]].any()
    assert region[rows[8] + 3, columns[8]] and not region[[0, -1]].any()


@pytest.mark.parametrize(("scale", "side"), [(30.0, 120), (70.0, 240), (200.0, 400)])
def test_the_face_itself_changes_nothing(scale: float, side: int) -> None:
    picture, points = photo(scale, side)
    matrix = canonical_matrix(points, SIDE)
    ground = Ground(picture, matrix, LowerFace(moved(points, matrix), SIDE))
    # of another tint too, which the blending takes off
    for tint in (0, 9):
        made = ground.frame(ground.canonical.astype(np.float32) + tint)
        np.testing.assert_array_equal(made, picture)


def test_what_differs_is_drawn_inside_the_region() -> None:
    picture, points = photo(70.0, 240)
    matrix = canonical_matrix(points, SIDE)
    inside = moved(points, matrix)
    ground = Ground(picture, matrix, LowerFace(inside, SIDE))
    generated = ground.canonical.astype(np.float32)
    x, y = inside[48:68].mean(0).round().astype(int)
    generated[y - 3 : y + 4, x - 5 : x + 6] = 20
    made = ground.frame(generated)
    x, y = points[48:68].mean(0).round().astype(int)
    assert made[y - 2 : y + 3, x - 4 : x + 5].mean() < 60
    assert made[y - 2 : y + 3, x - 4 : x + 5].std() < 14  # the photo's grain is gone with what it was on
    top = int(points[27, 1])
    np.testing.assert_array_equal(made[: top - 20], picture[: top - 20])


def test_a_face_at_the_edge_of_the_picture_is_drawn_as_far_as_it_is_seen() -> None:
    picture, points = photo(70.0, 240)
    points = points + (100, 60)
    matrix = canonical_matrix(points, SIDE)
    ground = Ground(picture, matrix, LowerFace(moved(points, matrix), SIDE))
    assert ground.frame(np.full((SIDE, SIDE, 3), 50, np.float32)).shape == picture.shape

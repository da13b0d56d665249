"""The mean face: symmetric, normalised, of human proportions."""

from __future__ import annotations

import numpy as np

from anyonenet.face import template as T


def test_groups_cover_all_points_once() -> None:
    assert sorted(T.JAW + T.BROWS + T.NOSE + T.EYES + T.OUTER_LIPS + T.INNER_LIPS) == list(range(68))


def test_mirror_is_its_own_inverse_and_swaps_the_groups() -> None:
    mirror = np.array(T.MIRROR)
    assert (mirror[mirror] == np.arange(68)).all()
    assert {T.MIRROR[i] for i in T.RIGHT_EYE} == set(T.LEFT_EYE)
    assert {T.MIRROR[i] for i in T.INNER_LIPS} == set(T.INNER_LIPS)


def test_template_is_symmetric_and_normalised() -> None:
    face = T.frontal_template()
    np.testing.assert_allclose(face[list(T.MIRROR)] * (-1, 1, 1), face, atol=1e-12)
    assert np.isclose(np.linalg.norm(face[36] - face[45]), 1)
    np.testing.assert_allclose(face[list(T.STABLE)].mean(axis=0), 0, atol=1e-12)


def test_axes_are_right_down_away() -> None:
    face = T.frontal_template()
    assert face[36, 0] < face[45, 0]  # the person's right eye is on the image's left
    assert face[8, 1] == face[:, 1].max()  # the chin is lowest
    assert face[30, 2] == face[:, 2].min()  # the tip of the nose is nearest
    assert face[[0, 16], 2].min() == face[:, 2].max()  # the ears are farthest
    gap = face[66, 1] - face[62, 1]
    assert 0 < gap < 0.05  # the mouth is at rest

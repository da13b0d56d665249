import numpy as np
import pytest

from anyonenet.face.motion_field import motion_field
from anyonenet.face.template import frontal_template


def frontal_face(size: int) -> np.ndarray:
    """`(68, 2)` pixels of a canvas with that side."""
    return frontal_template()[:, :2] * (0.25 * size) + size / 2


def test_a_face_moved_as_a_whole_moves_as_a_whole_and_the_corners_stay():
    photo = frontal_face(256)
    field = motion_field(photo + (6.0, -3.0), photo)
    assert field.shape == (256, 256, 3) and field.dtype == np.float32
    column, row = (photo[30] + (6.0, -3.0)).round().astype(int)
    np.testing.assert_allclose(field[row, column, :2], (-6 / 128, 3 / 128), rtol=0.02)  # back to where it was
    assert field[row, column, 2] > 0.98
    assert np.abs(field[0, 0]).max() < 0.01


def test_each_lip_follows_its_own_landmarks():
    photo = frontal_face(256)
    wanted = photo.copy()
    lower = [55, 56, 57, 58, 59, 65, 66, 67]
    wanted[lower, 1] += 10.0
    field = motion_field(wanted, photo)
    column, row = wanted[57].round().astype(int)
    assert field[row, column, 1] * 128 == pytest.approx(-10.0, abs=1.0)
    column, row = wanted[51].round().astype(int)
    assert field[row, column, 1] * 128 == pytest.approx(0.0, abs=2.0)


def test_no_motion_is_no_displacement_and_bad_points_are_named():
    photo = frontal_face(64)
    assert not motion_field(photo, photo, 64)[..., :2].any()
    with pytest.raises(ValueError, match=r"68 finite landmarks, got an array of shape \(67, 2\)"):
        motion_field(photo[:67], photo)

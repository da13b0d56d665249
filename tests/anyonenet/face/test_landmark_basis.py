import numpy as np
import pytest

from anyonenet.face.landmark_basis import landmark_basis
from anyonenet.face.template import frontal_template


def clips() -> list[np.ndarray]:
    """Two persons of different width whose chin goes down by 0.2, a brow up by 0.05, each in its own time."""
    found = []
    for person in range(2):
        time = np.arange(40) + person
        clip = np.repeat(frontal_template()[None, :, :2], 40, 0) * [1 + 0.3 * person, 1]
        clip[:, 66, 1] += 0.2 * np.sin(time)
        clip[:, 19, 1] -= 0.05 * np.sin(2.3 * time)
        found.append(clip)
    return found


def test_directions_are_of_motion_not_of_persons():
    basis = landmark_basis(clips(), 3)
    assert basis.directions[0, 2 * 66 + 1] == pytest.approx(1, abs=0.01)
    assert abs(basis.directions[1, 2 * 19 + 1]) == pytest.approx(1, abs=0.01)
    np.testing.assert_allclose(basis.spreads[:2], [0.2 / 2**0.5, 0.05 / 2**0.5], rtol=0.05)
    assert basis.explained[1] == pytest.approx(1) and basis.explained[0] < 0.99
    np.testing.assert_allclose(basis.mean.reshape(68, 2)[30], np.mean(clips(), axis=(0, 1))[30], atol=1e-6)


def test_a_face_is_its_example_and_its_motion():
    basis = landmark_basis(clips(), 2)
    wide = clips()[1]
    np.testing.assert_allclose(basis.rebuilt(wide, wide[0], 2), wide, atol=1e-5)
    only_chin = basis.rebuilt(wide, wide[0], 1)
    np.testing.assert_allclose(only_chin[:, 66], wide[:, 66], atol=1e-2)
    np.testing.assert_allclose(only_chin[:, 19], np.repeat(wide[:1, 19], 40, 0), atol=1e-2)


def test_more_directions_than_frames_are_refused():
    with pytest.raises(ValueError, match="5 components are wanted of 4 frames"):
        landmark_basis([np.zeros((4, 68, 2))], 5)

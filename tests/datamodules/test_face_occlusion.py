import numpy as np
import pytest

from anyonenet.face import quaternion
from anyonenet.face.registration import place
from anyonenet.face.template import MIRROR, frontal_template
from datamodules.face_occlusion import draw_glasses, draw_strands

SIDE = 128


def face(yaw_degrees: float = 0.0) -> np.ndarray:
    """(68, 2) landmarks in the middle of the picture."""
    turn = quaternion.from_rotation_vector(np.radians([0, yaw_degrees, 0]))
    return place(frontal_template(), turn, np.array(45.0), np.array([64.0, 60, 0]))[:, :2]


def drawn(occlusion, landmarks: np.ndarray) -> np.ndarray:
    """(H, W) bool: where the picture is no longer as it was."""
    picture = np.full((SIDE, SIDE, 3), 200, np.uint8)
    occlusion.draw(picture, landmarks)
    return (picture != 200).any(-1)


@pytest.mark.parametrize("draw", [draw_glasses, draw_strands])
def test_they_move_with_the_face(draw) -> None:
    for seed in range(4):
        occlusion = draw(np.random.default_rng(seed))
        here, there = drawn(occlusion, face()), drawn(occlusion, face() + (7, -5))
        assert here.sum() > 20
        np.testing.assert_array_equal(there[1:-5, 7:], here[6:, :-7])


@pytest.mark.parametrize("draw", [draw_glasses, draw_strands])
def test_they_are_the_mirror_image_on_a_mirrored_face_only_if_symmetric(draw) -> None:
    occlusion = draw(np.random.default_rng(1))
    mirrored = (face() * (-1, 1) + (SIDE - 1, 0))[list(MIRROR)]
    alike = (drawn(occlusion, face())[:, ::-1] == drawn(occlusion, mirrored)).mean()
    assert alike > 0.985 if draw is draw_glasses else alike < 0.985


@pytest.mark.parametrize("yaw_degrees", [-30, 0, 30])
def test_lenses_lie_around_the_eyes(yaw_degrees: float) -> None:
    landmarks = face(yaw_degrees)
    for seed in range(4):
        rows, columns = np.nonzero(drawn(draw_glasses(np.random.default_rng(seed)), landmarks))
        for eye in (landmarks[36:42], landmarks[42:48]):
            assert columns.min() < eye[:, 0].min() and columns.max() > eye[:, 0].max()
            assert rows.min() < eye[:, 1].min() and rows.max() > eye[:, 1].max()


def test_a_face_beyond_the_edge_is_no_trouble() -> None:
    for shift in ((-300, 0), (90, 90), (1e7, -1e7)):
        for draw in (draw_glasses, draw_strands):
            drawn(draw(np.random.default_rng(0)), face() + shift)

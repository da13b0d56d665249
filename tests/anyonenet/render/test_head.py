import numpy as np
import pytest

from anyonenet.face import quaternion
from anyonenet.render.head import Head, head_motion
from anyonenet.render.outline import Outline

UPRIGHT = np.eye(3)


@pytest.fixture(scope="module")
def head(faces):
    photo, landmarks = faces.drawn(192)
    return landmarks, Head(landmarks, UPRIGHT, photo.shape[:2])


def test_motion_is_recovered_from_landmarks_that_turn_grow_and_move(head):
    landmarks, _ = head
    turn = quaternion.to_matrix(quaternion.from_rotation_vector((0.1, -0.15, 0.05)))
    moved = (1.1 * landmarks @ turn.T + (5, -3, 2)).astype(np.float32)
    moved[48:68] += 3  # speech does not count as motion of the skull
    motion = head_motion(landmarks, UPRIGHT, moved, turn)
    assert motion.scale == pytest.approx(1.1, abs=1e-3)
    np.testing.assert_allclose(motion.move(landmarks)[:48], moved[:48], atol=0.05)


def test_all_of_the_motion_on_the_face_none_on_the_border(head):
    landmarks, head = head
    assert head.mask(landmarks[:, :2]).min() > 0.95
    edge = np.arange(192, dtype=np.float32)
    for line in ((edge, 0 * edge), (edge, 0 * edge + 191), (0 * edge, edge), (0 * edge + 191, edge)):
        assert head.mask(np.stack(line, 1)).max() == 0


def test_a_border_that_cuts_the_face_moves_with_it(faces):
    _, landmarks = faces.drawn(192)
    cut = landmarks - np.array([0, landmarks[:, 1].min() + 4, 0], np.float32)
    head = Head(cut, UPRIGHT, (192, 192))
    assert head.mask(np.array([[96.0, 0.0]], np.float32))[0] > 0.5


def test_the_throat_goes_part_of_the_way_with_the_jaw(head):
    landmarks, head = head
    lowered = landmarks.copy()
    lowered[:17, 1] += 10
    moved = head.moved_throat(lowered) - head.throat
    assert (moved[:, 1] > 3).all() and (moved[:, 1] < 7).all()


def test_template_points_lie_around_the_face(head):
    landmarks, head = head
    assert head.points[:, 1].min() < landmarks[:, 1].min() - 0.8 * head.unit  # crown
    assert head.points[:, 0].min() < landmarks[:, 0].min() < landmarks[:, 0].max() < head.points[:, 0].max()


def test_the_far_side_of_a_turning_face_keeps_half_its_width(head):
    landmarks, _ = head
    points = landmarks[[1, 15], :2].astype(np.float64)
    outline = Outline(points, landmarks[:, :2].astype(np.float64))
    width = landmarks[36, 0] - points[0, 0]
    pressed = points + [[3 * width, 0], [0, 0]]
    held = outline.limited(pressed, landmarks[:, :2], landmarks[:, :2])
    assert points[0, 0] < held[0, 0] < points[0, 0] + 0.7 * width
    np.testing.assert_allclose(held[1], points[1])
    outwards = points + [[-9.0, 0], [9.0, 0]]
    np.testing.assert_allclose(outline.limited(outwards, landmarks[:, :2], landmarks[:, :2]), outwards)

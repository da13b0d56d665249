import numpy as np

from anyonenet.face.alignment import aligned_to, joined, mapped, relative
from anyonenet.face.template import LIPS, STABLE, frontal_template


def test_turned_sized_and_shifted_faces_come_back():
    face = frontal_template()[:, :2] * 40 + 100
    turn = 1.3 * np.array([[np.cos(0.3), -np.sin(0.3)], [np.sin(0.3), np.cos(0.3)]])
    other = face @ turn.T + [7.0, -3.0]
    other[list(LIPS)] += 5.0  # what speech moves does not count
    back = mapped(other, aligned_to(np.stack([other, face]), face)[0])
    np.testing.assert_allclose(back[list(STABLE)], face[list(STABLE)], atol=1e-9)
    assert np.abs(back - face)[list(LIPS)].min() > 1
    np.testing.assert_allclose(aligned_to(face, face), [[1, 0, 0], [0, 1, 0]], atol=1e-9)


def test_one_map_after_another():
    first = np.array([[2.0, 0.5, 1.0], [0.0, 1.0, -4.0]])
    second = np.array([[0.0, -1.0, 3.0], [1.0, 0.0, 0.0]])
    points = np.random.default_rng(0).normal(size=(5, 2))
    np.testing.assert_allclose(mapped(points, joined(first, second)), mapped(mapped(points, first), second))


def test_the_edges_of_a_picture_are_minus_one_and_one():
    np.testing.assert_allclose(relative(np.array([-0.5, 63.5, 127.5]), 128), [-1, 0, 1])

import numpy as np

from anyonenet.render.seam import darkest_path, find_seam


def test_the_path_follows_the_dark_and_steps_one_row_at_most():
    cost = np.ones((9, 30))
    rows = np.clip(4 + np.round(3 * np.sin(np.arange(30) / 6)).astype(int), 0, 8)
    cost[rows, np.arange(30)] = 0
    path = darkest_path(cost)
    assert np.array_equal(path, rows)
    cost[:, 15] = 1
    cost[0, 15] = -0.5  # one tempting pixel far away is out of reach
    assert np.abs(np.diff(darkest_path(cost))).max() <= 1


def test_the_seam_is_found_beside_the_landmarks():
    photo = np.full((120, 160, 3), (180, 110, 100), np.uint8)
    photo[57:59, 30:130] = (90, 40, 40)
    middle = np.stack([np.linspace(40, 120, 9), np.full(9, 61.0)], 1).astype(np.float32)
    seam = find_seam(photo, middle, np.array([0, 1], np.float32), unit=140)
    assert np.abs(seam[2:7, 1] - 57.5).max() < 1.0
    assert np.array_equal(seam[:, 0], middle[:, 0])


def test_lips_without_a_line_keep_the_landmarks():
    photo = np.full((120, 160, 3), 140, np.uint8)
    middle = np.stack([np.linspace(40, 120, 9), np.full(9, 61.0)], 1).astype(np.float32)
    seam = find_seam(photo, middle, np.array([0, 1], np.float32), unit=140)
    assert np.abs(seam - middle).max() < 0.5

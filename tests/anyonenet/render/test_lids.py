import cv2
import numpy as np

from anyonenet.render.lids import _membrane, closed_eye

DOWN = np.array([0, 1], np.float32)


def eye_outline(centre: tuple[float, float]) -> np.ndarray:
    angles = np.linspace(0, 2 * np.pi, 32, endpoint=False)
    return (centre + np.stack([14 * np.cos(angles), 7 * np.sin(angles)], 1)).astype(np.float32)


def test_skin_covers_the_eye_and_follows_the_shade_around_it():
    photo = np.zeros((100, 120, 3), np.uint8)
    photo[:] = (120 + np.arange(100) * 0.8)[:, None, None]  # lighter downwards
    cv2.ellipse(photo, (60, 50), (14, 7), 0, 0, 360, (10, 10, 10), -1)
    closed = closed_eye(photo, eye_outline((60, 50)), DOWN, unit=100)
    assert closed is not None
    row, column = 50 - closed.top, 60 - closed.left
    assert closed.picture[row, column, 3] > 0.95  # replaced wholly
    np.testing.assert_allclose(closed.picture[row, column, :3], 160, atol=8)
    assert closed.picture[row - 5, column, 0] < closed.picture[row + 5, column, 0] - 3
    assert closed.picture[0, :, 3].max() < 0.02  # and with a soft edge


def test_an_eye_off_the_photo_has_no_lid():
    photo = np.full((60, 60, 3), 128, np.uint8)
    assert closed_eye(photo, eye_outline((200, 30)), DOWN, unit=100) is None


def test_an_eye_across_the_border_is_covered_as_far_as_it_shows():
    photo = np.full((60, 60, 3), 128, np.uint8)
    closed = closed_eye(photo, eye_outline((2, 30)), DOWN, unit=100)
    assert closed is not None and np.isfinite(closed.picture).all()


def test_the_hole_is_filled_by_the_one_surface_without_bumps():
    y, x = np.mgrid[0:40, 0:60].astype(np.float32)
    harmonic = np.repeat((100 + ((x - 30) ** 2 - (y - 20) ** 2) / 10)[..., None], 3, axis=-1)
    hole = np.zeros((40, 60), np.uint8)
    cv2.ellipse(hole, (30, 20), (25, 15), 0, 0, 360, 1, -1)
    filled = _membrane(np.where(hole[..., None] > 0, 0, harmonic).astype(np.float32), hole > 0)
    np.testing.assert_allclose(filled, harmonic, atol=0.5)

import numpy as np
import pytest

from anyonenet.render.head import head_motion
from anyonenet.render.lips import PhotoLips
from anyonenet.render.palette import mouth_colours
from anyonenet.render.photo_teeth import _without_specks, photo_teeth
from anyonenet.render.teeth import draw_jaw, draw_upper_teeth

UPRIGHT = np.eye(3)


def unit(landmarks: np.ndarray) -> float:
    return float(np.linalg.norm(landmarks[45] - landmarks[36]))


def asked(lips: PhotoLips, photo_landmarks: np.ndarray, landmarks: np.ndarray):
    return lips.shape(landmarks, head_motion(photo_landmarks, UPRIGHT, landmarks, UPRIGHT))


def test_open_and_closed_photos_are_told_apart(faces):
    photo, landmarks = faces.smiling()
    assert not PhotoLips(photo, landmarks, unit(landmarks)).closed
    photo, landmarks = faces.drawn()
    assert PhotoLips(photo, landmarks, unit(landmarks)).closed


def test_a_false_gap_on_closed_lips_is_no_opening_but_a_wide_one_is_kept(faces):
    photo, landmarks = faces.drawn()
    landmarks = landmarks.copy()
    landmarks[[65, 66, 67], 1] += 0.02 * unit(landmarks)  # as detectors leave it
    lips = PhotoLips(photo, landmarks, unit(landmarks))
    assert lips.closed
    assert asked(lips, landmarks, landmarks).opening < 1e-3
    wide = faces.opened(landmarks, 0.2 * unit(landmarks))
    gap = float((wide[[65, 66, 67], 1] - wide[[63, 62, 61], 1]).mean() / unit(landmarks))
    assert asked(lips, landmarks, wide).opening == pytest.approx(gap, rel=0.15)


def test_lips_never_cross(faces):
    photo, landmarks = faces.drawn()
    lips = PhotoLips(photo, landmarks, unit(landmarks))
    crossed = landmarks.copy()
    crossed[[61, 62, 63], 1] += 5
    shape = asked(lips, landmarks, crossed)
    assert ((shape.lower - shape.upper) @ shape.down).min() > -1e-3
    assert shape.opening == 0


def test_a_smile_has_upper_teeth_and_a_closed_line_of_lips_none(faces):
    photo, landmarks = faces.smiling()
    lips = PhotoLips(photo, landmarks, unit(landmarks))
    lip = mouth_colours(photo, landmarks).lip
    upper, _ = photo_teeth(photo, lips.upper, lips.lower, unit(landmarks), lip)
    assert upper is not None and upper.picture[..., 3].max() > 0.9
    flat = np.full_like(photo, 130)
    assert photo_teeth(flat, lips.upper, lips.lower, unit(landmarks), flat[0, 0].astype(np.float32)) == (None, None)


def test_two_rows_of_teeth_are_parted_at_the_dark_between_them():
    photo = np.full((80, 120, 3), (150, 90, 85), np.uint8)
    photo[30:50, 30:90] = (40, 20, 20)
    photo[31:38, 36:84] = (220, 215, 205)
    photo[42:49, 36:84] = (215, 210, 200)
    x = np.linspace(30, 90, 9)
    upper = np.stack([x, np.full(9, 30.0)], 1).astype(np.float32)
    lower = np.stack([x, np.full(9, 50.0)], 1).astype(np.float32)
    skull, jaw = photo_teeth(photo, upper, lower, 100.0, np.array([150, 90, 85], np.float32))
    assert skull is not None and jaw is not None

    def rows(layer):
        covered = np.flatnonzero(layer.picture[..., 3].max(1) > 0.6)
        return layer.to_photo[1, 2] + layer.to_photo[1, 1] * covered

    assert rows(skull).max() < 40 < rows(jaw).min()


def test_specks_beside_the_teeth_are_not_teeth():
    cover = np.zeros((40, 60), np.float32)
    cover[10:20, 15:50] = 1
    cover[12:15, 5:8] = 0.9
    clean = _without_specks(cover)
    assert not clean[:, :12].any() and np.array_equal(clean[:, 12:], cover[:, 12:])


def test_teeth_painted_into_a_blurred_photo_are_blurred(faces):
    photo, landmarks = faces.drawn()
    colours = mouth_colours(photo, landmarks)
    sharp, soft = (draw_upper_teeth(np.zeros(2), np.eye(2), 60.0, colours, blur).picture for blur in (0.0, 2.0))
    assert np.abs(np.diff(soft[..., 3], axis=0)).max() < 0.5 * np.abs(np.diff(sharp[..., 3], axis=0)).max()
    assert soft[..., 3].sum() == pytest.approx(sharp[..., 3].sum(), rel=0.02)


def test_a_tongue_is_darker_towards_the_throat(faces):
    photo, landmarks = faces.drawn()
    jaw = draw_jaw(np.zeros(2), np.eye(2), 200.0, mouth_colours(photo, landmarks))
    middle = jaw.picture[:, jaw.picture.shape[1] // 2]
    rows = jaw.to_photo[1, 2] + jaw.to_photo[1, 1] * np.arange(len(middle))
    back, front = (middle[np.abs(rows - at).argmin()] for at in (-18, -6))
    assert back[3] > 0.5 and front[3] > 0.5
    assert back[0] / back[3] < 0.75 * front[0] / front[3]


def test_a_mouth_has_the_colours_of_its_photo(faces):
    photo, landmarks = faces.drawn(grey=True)
    grey = mouth_colours(photo, landmarks)
    for colour in (grey.teeth, grey.gum, grey.tongue, grey.cavity):
        assert np.ptp(colour) < 2
    photo, landmarks = faces.drawn()
    colours = mouth_colours(photo, landmarks)
    dark = mouth_colours((photo * 0.5).astype(np.uint8), landmarks)
    assert colours.teeth.mean() > colours.tongue.mean() > colours.cavity.mean()
    assert dark.teeth.mean() < 0.75 * colours.teeth.mean()


def test_lips_barely_apart_are_open_only_if_they_show_teeth(faces):
    photo, landmarks = faces.drawn()
    landmarks = landmarks.copy()
    landmarks[[65, 66, 67], 1] += 0.04 * unit(landmarks)
    assert PhotoLips(photo, landmarks, unit(landmarks)).closed
    left, right = landmarks[[61, 63], 0].astype(int)
    top, bottom = np.round(landmarks[[62, 66], 1]).astype(int)
    photo[top : bottom + 1, left - 2 : right + 3] = (235, 230, 220)
    assert not PhotoLips(photo, landmarks, unit(landmarks)).closed

import pickle

import cv2
import numpy as np
import pytest

from anyonenet.errors import InputError
from anyonenet.face import quaternion
from anyonenet.face.registration import register
from anyonenet.render.warp import WarpRenderer

UPRIGHT = np.array([1, 0, 0, 0], np.float32)


@pytest.fixture(scope="module")
def smiling(faces):
    photo, landmarks = faces.smiling()
    return photo, landmarks, register(landmarks).quaternions, WarpRenderer(photo, landmarks)


@pytest.fixture(scope="module")
def drawn(faces):
    photo, landmarks = faces.drawn()
    return photo, landmarks, WarpRenderer(photo, landmarks, UPRIGHT)


def turned(landmarks: np.ndarray, degrees: tuple[float, float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Landmarks and orientation of a head turned about a point behind its chin."""
    turn = quaternion.from_rotation_vector(np.radians(degrees))
    unit = np.linalg.norm(landmarks[45] - landmarks[36])
    pivot = landmarks[8] + (0, 0, 0.9 * unit)
    moved = (landmarks - pivot) @ quaternion.to_matrix(turn).T + pivot
    orientation = quaternion.multiply(turn, register(landmarks).quaternions)
    return moved.astype(np.float32), orientation.astype(np.float32)


def polygon(landmarks: np.ndarray, points: list[int], shape: tuple[int, ...]) -> np.ndarray:
    mask = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(landmarks[points, :2]).astype(np.int32)], 1)
    return mask > 0


INNER_LIPS = [*range(60, 68)]


def test_the_photos_own_landmarks_give_the_photo(smiling, drawn):
    photo, landmarks, orientation, renderer = smiling
    assert np.abs(renderer.render(landmarks, orientation).astype(int) - photo).max() <= 4
    photo, landmarks, renderer = drawn
    assert np.abs(renderer.render(landmarks, UPRIGHT).astype(int) - photo).max() <= 4


def test_background_and_borders_stay_still(smiling, faces):
    photo, landmarks, _, renderer = smiling
    moved, orientation = turned(faces.opened(landmarks, 6), (8, -10, 6))
    frame = renderer.render(moved, orientation)
    changed = np.abs(frame.astype(int) - photo).max(2) > 0
    assert changed[100:130, 180:270].mean() > 0.8  # the face does move
    assert not changed[300:].any() and not changed[:, :60].any() and not changed[:, 400:].any()
    assert not changed[0].any()


def test_the_face_goes_where_it_is_asked_to(drawn):
    photo, landmarks, renderer = drawn
    shifted = landmarks + np.array([7, 4, 0], np.float32)
    frame = renderer.render(shifted, UPRIGHT)
    box = np.s_[80:130, 70:120]
    assert np.abs(np.roll(photo, (4, 7), (0, 1))[box].astype(int) - frame[box]).mean() < 4


def test_a_turn_moves_the_ears_more_slowly_than_the_nose(drawn):
    """Depth: points near the camera and points behind the axis of the head go opposite ways in a turn of the head."""
    _, landmarks, renderer = drawn
    flow = []
    for degrees in (-8.0, 8.0):
        moved, orientation = turned(landmarks, (0, degrees, 0))
        flow.append(renderer.render(moved, orientation).astype(int))
    nose = int(landmarks[30, 1]), int(landmarks[30, 0])
    assert np.abs(flow[0] - flow[1])[nose[0] - 25 : nose[0] - 10].max() > 60


def test_lips_that_coincide_leave_no_opening(smiling, faces):
    photo, landmarks, orientation, renderer = smiling
    closed = faces.with_closed_lips(landmarks)
    frame = renderer.render(closed, orientation)
    teeth = photo[polygon(landmarks, INNER_LIPS, photo.shape)].astype(int)
    bright = np.quantile(teeth.min(1), 0.6)  # teeth are bright in every channel, lips are not
    mouth = polygon(closed, [*range(48, 60)], photo.shape)
    assert (photo[mouth].min(1) > bright).mean() > 0.2
    assert (frame[mouth].min(1) > bright).mean() < 0.05


def test_a_closed_photo_keeps_its_lips_closed_when_points_cross(drawn):
    photo, landmarks, renderer = drawn
    crossed = landmarks.copy()
    crossed[[61, 62, 63], 1] += 3
    crossed[[65, 66, 67], 1] -= 3
    frame = renderer.render(crossed, UPRIGHT).astype(int)
    mouth = polygon(landmarks, [*range(48, 60)], photo.shape)
    # nothing darker and nothing whiter than the lips and their line
    assert frame[mouth].min() > photo[mouth].min() - 30
    assert frame[mouth][:, 1].max() < 180


def test_an_opening_shows_the_inside_of_the_mouth(drawn, faces):
    photo, landmarks, renderer = drawn
    wide = faces.opened(landmarks, 12)
    frame = renderer.render(wide, UPRIGHT)
    inside = cv2.erode(polygon(wide, INNER_LIPS, photo.shape).astype(np.uint8), np.ones((3, 3))) > 0
    middle = int(wide[[62, 66], 0].mean())
    column = frame[int(wide[62, 1]) + 1 : int(wide[66, 1]), middle].astype(int)
    assert inside.sum() > 40
    assert column[:, 1].max() > 130  # teeth: bright where lips and cavity are not
    assert column.mean(1).min() < 90  # cavity


def test_teeth_of_the_photo_stay_with_the_skull(smiling, faces):
    photo, landmarks, orientation, renderer = smiling
    frame = renderer.render(faces.opened(landmarks, 8), orientation)
    teeth = np.s_[143:147, 215:232]
    assert np.abs(frame[teeth].astype(int) - photo[teeth]).mean() < 12
    below = np.s_[153:156, 218:228]
    assert frame[below].mean() < photo[below].mean() - 60


def test_blinks_cover_the_iris_with_skin(smiling, faces):
    photo, landmarks, orientation, renderer = smiling
    frame = renderer.render(faces.with_closed_eyes(landmarks), orientation)
    for eye in ([36, 37, 38, 39, 40, 41], [42, 43, 44, 45, 46, 47]):
        middle = landmarks[eye, :2].mean(0).round().astype(int)
        iris = np.s_[middle[1] - 2 : middle[1] + 1, middle[0] - 2 : middle[0] + 3]
        cheek = photo[middle[1] + 12, middle[0]].mean()
        assert photo[iris].mean() < 0.6 * cheek
        assert frame[iris].mean() > 0.7 * cheek


def test_half_a_blink_closes_half_the_eye(smiling, faces):
    _, landmarks, orientation, renderer = smiling
    shut = faces.with_closed_eyes(landmarks)
    changes = []
    whole = renderer.render(landmarks, orientation).astype(int)
    for share in (0.3, 0.6, 1.0):
        frame = renderer.render(landmarks + share * (shut - landmarks), orientation).astype(int)
        changes.append(np.abs(frame - whole)[90:112, 185:265].mean())
    assert changes[0] < changes[1] < changes[2]


def test_grey_photos_stay_grey(faces):
    photo, landmarks = faces.drawn(grey=True)
    renderer = WarpRenderer(photo, landmarks, UPRIGHT)
    frame = renderer.render(faces.with_closed_eyes(faces.opened(landmarks, 12)), UPRIGHT).astype(int)
    assert np.ptp(frame, axis=2).max() <= 3


@pytest.mark.parametrize("shift", [(-60, 0), (70, 30), (0, 90), (0, -95), (400, 400)])
def test_landmarks_partly_outside_the_picture(shift, faces):
    photo, landmarks = faces.drawn(128)
    outside = landmarks + np.array([*shift, 0], np.float32)
    frame = WarpRenderer(photo, landmarks, UPRIGHT).render(faces.opened(outside, 9), UPRIGHT)
    assert frame.shape == photo.shape and frame.dtype == np.uint8
    again = WarpRenderer(photo, outside, UPRIGHT).render(faces.with_closed_eyes(faces.opened(outside, 9)), UPRIGHT)
    assert again.shape == photo.shape


def test_frames_depend_on_nothing_but_the_arguments(smiling, faces):
    photo, landmarks, _, renderer = smiling
    moved, orientation = turned(faces.opened(landmarks, 7), (3, 5, -4))
    first = renderer.render(moved, orientation)
    renderer.render(faces.with_closed_eyes(landmarks), UPRIGHT)
    assert np.array_equal(first, renderer.render(moved, orientation))
    assert np.array_equal(first, WarpRenderer(photo, landmarks).render(moved, orientation))


def test_a_frame_leaves_nothing_behind_in_the_renderer(smiling, faces):
    """So threads may share it: nothing is written that another frame reads."""
    _, landmarks, orientation, renderer = smiling
    before = pickle.dumps(renderer)
    renderer.render(faces.with_closed_eyes(faces.opened(landmarks, 7)), orientation)
    assert pickle.dumps(renderer) == before


def test_the_photo_is_left_as_it_was(drawn, faces):
    photo, landmarks, renderer = drawn
    before = photo.copy()
    renderer.render(faces.opened(landmarks, 9), UPRIGHT)[:] = 0
    assert np.array_equal(photo, before)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda points: points[:, :2], "must have shape"),
        (lambda points: points * np.nan, "not finite"),
        (lambda points: points + np.inf, "not finite"),
    ],
)
def test_unusable_landmarks_are_refused(drawn, change, message):
    photo, landmarks, renderer = drawn
    with pytest.raises(InputError, match=message):
        renderer.render(change(landmarks), UPRIGHT)
    with pytest.raises(InputError, match=message):
        WarpRenderer(photo, change(landmarks), UPRIGHT)


def test_unusable_quaternions_and_photos_are_refused(drawn):
    photo, landmarks, renderer = drawn
    with pytest.raises(InputError, match="the quaternion hold"):
        renderer.render(landmarks, UPRIGHT * np.nan)
    with pytest.raises(InputError, match="uint8"):
        WarpRenderer(photo[..., 0], landmarks, UPRIGHT)
    with pytest.raises(InputError, match="uint8"):
        WarpRenderer(photo / 255.0, landmarks, UPRIGHT)
    with pytest.raises(InputError, match="within one pixel"):
        WarpRenderer(photo, landmarks * 1e-3, UPRIGHT)

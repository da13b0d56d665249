import numpy as np
import pytest

from anyonenet.errors import InputError
from anyonenet.face import quaternion
from anyonenet.frames import draw
from anyonenet.liveliness import close_lids
from anyonenet.render.cartoon import CartoonRenderer
from anyonenet.side_by_side import SideBySide
from anyonenet.stopwatch import Stopwatch

UPRIGHT = np.array([1, 0, 0, 0], np.float32)


@pytest.fixture(scope="module")
def flat(faces):
    """A drawing of few colours, its mouth closed."""
    photo, landmarks = faces.drawn()
    photo = (photo // 64 * 64).astype(np.uint8)
    return photo, landmarks, CartoonRenderer(photo, landmarks, UPRIGHT)


@pytest.fixture(scope="module")
def smiling(faces):
    photo, landmarks = faces.smiling()
    return photo, landmarks, CartoonRenderer(photo, landmarks, UPRIGHT)


def colours(picture: np.ndarray) -> set[tuple[int, ...]]:
    return {tuple(colour) for colour in picture.reshape(-1, 3).tolist()}


def turned(landmarks: np.ndarray, degrees: tuple[float, float, float]) -> tuple[np.ndarray, np.ndarray]:
    turn = quaternion.from_rotation_vector(np.radians(degrees))
    pivot = landmarks[8] + (0, 0, 50)
    return (landmarks - pivot) @ quaternion.to_matrix(turn).T.astype(np.float32) + pivot, turn.astype(np.float32)


def test_the_drawings_own_landmarks_give_the_drawing_to_the_bit(flat, smiling):
    for picture, landmarks, renderer in (flat, smiling):
        np.testing.assert_array_equal(renderer.render(landmarks, UPRIGHT), picture)


def test_a_face_that_moves_as_a_whole_moves_its_pixels(flat):
    picture, landmarks, renderer = flat
    frame = renderer.render(landmarks + (3, 2, 0), UPRIGHT)
    inside = np.s_[70:120, 70:120]  # eyes, nose and cheeks
    np.testing.assert_array_equal(frame[inside], picture[68:118, 67:117])
    assert (frame[inside] != picture[inside]).any()


def test_a_drawing_of_few_colours_keeps_them(flat):
    picture, landmarks, renderer = flat
    moved, turn = turned(landmarks, (5, -9, 6))
    frame = renderer.render(moved, turn)
    assert (frame != picture).any()
    assert colours(frame) <= colours(picture)
    speaking = landmarks.copy()
    speaking[[65, 66, 67, 55, 56, 57, 58, 59], 1] += 9
    assert 1 <= len(colours(renderer.render(speaking, UPRIGHT)) - colours(picture)) <= 3  # cavity, tongue, teeth


def test_flat_colours_stay_exact_between_smooth_edges(faces):
    picture, landmarks = faces.drawn()
    renderer = CartoonRenderer(picture, landmarks, UPRIGHT, edges="soft")
    moved, turn = turned(landmarks, (5, -9, 6))
    frame = renderer.render(moved, turn)
    skin = (frame == picture[110, 70]).all(2)
    assert skin.sum() > 0.8 * (picture == picture[110, 70]).all(2).sum()
    assert len(colours(frame)) > len(colours(picture))  # only here are edges mixed


def test_a_closed_mouth_opens_onto_flat_colours_and_lips_keep_theirs(flat):
    picture, landmarks, renderer = flat
    speaking = landmarks.copy()
    speaking[[65, 66, 67, 55, 56, 57, 58, 59], 1] += 12
    frame = renderer.render(speaking, UPRIGHT)
    x, top, bottom = int(landmarks[62, 0]), int(landmarks[62, 1]), int(speaking[66, 1])
    new = colours(frame) - colours(picture)
    middle = {tuple(colour) for colour in frame[top + 3 : bottom - 2, x].tolist()}
    assert middle <= new and len(middle) >= 2
    # the lower lip lies where it was asked to, as drawn
    lip = int(landmarks[57, 1] + landmarks[66, 1]) // 2
    np.testing.assert_array_equal(frame[lip + 12, x], picture[lip, x])


def test_eyes_close_without_squeezing_them(flat):
    picture, landmarks, renderer = flat
    white = picture[int(landmarks[36, 1]), int(landmarks[36, 0]) + 4]
    half = renderer.render(close_lids(landmarks[None], np.array([0.5]))[0], UPRIGHT)
    shut = renderer.render(close_lids(landmarks[None], np.array([1.0]))[0], UPRIGHT)
    eyes = np.s_[int(landmarks[37, 1]) : int(landmarks[41, 1]) + 1, int(landmarks[36, 0]) : int(landmarks[45, 0])]
    counts = [int((frame[eyes] == white).all(2).sum()) for frame in (picture, half, shut)]
    assert counts[0] > counts[1] > counts[2] and counts[2] < 0.2 * counts[0]
    low = np.s_[int(landmarks[41, 1]) - 1, int(landmarks[36, 0]) + 3 : int(landmarks[39, 0]) - 3]
    np.testing.assert_array_equal(half[low], picture[low])  # what the lid does not cover stays where it is


def test_the_background_is_not_touched(smiling):
    picture, landmarks, renderer = smiling
    frame = renderer.render(*turned(landmarks, (8, -10, 6)))
    changed = (frame != picture).any(2)
    assert changed[100:130, 180:270].mean() > 0.8
    assert not changed[300:].any() and not changed[:, :60].any() and not changed[:, 400:].any()
    assert not changed[0].any()


def test_threads_do_not_change_a_byte(flat):
    _, landmarks, renderer = flat
    moved = landmarks[None] + np.random.default_rng(0).normal(0, 2, (8, 68, 3)).astype(np.float32)
    drawn = []
    for threads in (1, 4):
        with SideBySide(threads) as pool:
            drawn.append(list(draw(renderer, moved, np.tile(UPRIGHT, (8, 1)), pool, Stopwatch())))
    np.testing.assert_array_equal(drawn[0], drawn[1])


@pytest.mark.parametrize("degrees", [(40, 0, 0), (0, 50, 0), (0, 0, 60), (-30, -45, 20)])
def test_however_far_it_turns_a_frame_comes_out(flat, degrees):
    picture, landmarks, renderer = flat
    frame = renderer.render(*turned(landmarks, degrees))
    assert frame.shape == picture.shape and colours(frame) <= colours(picture)


def test_mistakes(flat):
    picture, landmarks, renderer = flat
    with pytest.raises(InputError, match="landmarks must have shape"):
        renderer.render(landmarks[:, :2], UPRIGHT)
    with pytest.raises(InputError, match="not finite"):
        renderer.render(np.full((68, 3), np.nan), UPRIGHT)
    with pytest.raises(ValueError, match="edges are 'round'"):
        CartoonRenderer(picture, landmarks, edges="round")

from __future__ import annotations

import cv2
import numpy as np
import pytest

from anyonenet.errors import InputError
from anyonenet.face.square import square_around
from anyonenet.face.template import frontal_template
from anyonenet.render.blend import Square, blend_of, soft_edge

SIZE = 64  # of the network's pictures
SHAPES = [(256, 256), (512, 512), (331, 417)]


def scene(shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray, Square]:
    """A photo full of detail, the landmarks of its face, and the square around them."""
    noise = np.random.default_rng(0).integers(0, 256, (*shape, 3)).astype(np.uint8)
    photo = cv2.GaussianBlur(noise, (0, 0), 1.5)
    landmarks = frontal_template() * 0.24 * shape[0] + [shape[1] / 2, shape[0] / 2, 0]
    return photo, landmarks, Square.around(landmarks)


def drawing(photo: np.ndarray, square: Square, offset: float = 0.0) -> np.ndarray:
    """What a network of head "picture" gives that copies its photo, all colours off by so many grey levels."""
    return ((square.cut(photo, SIZE).astype(np.float32) + offset) / 127.5 - 1).transpose(2, 0, 1).copy()


def still() -> np.ndarray:
    """What a network of head "flow" gives where nothing moves and nothing is painted."""
    return np.zeros((6, SIZE, SIZE), np.float32)


def middle(square: Square, share: float = 0.3) -> tuple[slice, slice]:
    """The part of a photo in the middle of its square."""
    centre, half = np.array([square.top, square.left]) + square.side // 2, int(share * square.side / 2)
    return slice(centre[0] - half, centre[0] + half), slice(centre[1] - half, centre[1] + half)


def apart(frame: np.ndarray, photo: np.ndarray) -> np.ndarray:
    return np.abs(frame.astype(int) - photo).max(axis=2)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_network_that_returns_the_photo_leaves_it_as_it_is(shape):
    photo, landmarks, square = scene(shape)
    for raw in (drawing(photo, square), still()):
        assert np.array_equal(blend_of(photo, landmarks, square, raw).frame(raw), photo)


def test_another_tint_is_matched_away_also_where_the_face_moves():
    photo, landmarks, square = scene((512, 512))
    photo[middle(square)] = (90, 120, 150)
    rest = drawing(photo, square, offset=-24)
    blend = blend_of(photo, landmarks, square, rest)
    assert apart(blend.frame(rest), photo).max() <= 1
    raw = rest.copy()
    raw[:, 28:36, 28:36] += 60 / 127.5
    frame = blend.frame(raw)
    painted = frame[middle(square, 0.04)].reshape(-1, 3).mean(0)
    assert painted == pytest.approx([150, 180, 210], abs=3)
    untouched = frame[square.top : square.top + square.side // 4]
    assert apart(untouched, photo[square.top : square.top + square.side // 4]).max() <= 1


def test_tint_of_what_covers_the_photo_is_matched_too():
    photo, landmarks, square = scene((300, 300))
    photo[:] = (90, 120, 150)
    rest = still()
    rest[:3], rest[3, 20:44, 20:44] = drawing(photo, square, offset=30), 1
    blend = blend_of(photo, landmarks, square, rest)
    assert np.array_equal(blend.frame(rest), photo)
    raw = rest.copy()
    raw[:3, 24:40, 24:40] += 50 / 127.5
    painted = blend.frame(raw)[middle(square, 0.06)].reshape(-1, 3).mean(0)
    assert painted == pytest.approx([140, 170, 200], abs=4)


def test_thin_paint_at_rest_tells_nothing_of_paint_that_covers():
    photo, landmarks, square = scene((300, 300))
    photo[:] = (200, 150, 150)
    rest = still()
    rest[:3], rest[3] = -1, 0.3  # a shadow of black, say of a mouth that might open
    blend = blend_of(photo, landmarks, square, rest)
    assert np.array_equal(blend.frame(rest), photo)
    raw = rest.copy()
    raw[3, 28:36, 28:36] = 1
    assert blend.frame(raw)[middle(square, 0.04)].max() <= 2  # as black as it was painted


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("pixels", [(7, 0), (0, -5), (3, 4)])
def test_displacement_moves_the_photo_at_its_own_resolution(shape, pixels):
    photo, landmarks, square = scene(shape)
    raw = still()
    raw[4:] = np.array(pixels, np.float32)[:, None, None] * 2 / square.side
    frame = blend_of(photo, landmarks, square, still()).frame(raw)
    rows, columns = middle(square)
    x, y = pixels
    looked_at = photo[rows.start + y : rows.stop + y, columns.start + x : columns.stop + x]
    assert apart(frame[rows, columns], looked_at).max() <= 1
    assert apart(frame[rows, columns], photo[rows, columns]).max() > 20


def test_displacement_of_the_photo_at_rest_is_an_error_and_taken_off():
    photo, landmarks, square = scene((512, 512))
    rest = still()
    rest[4] = 0.03
    blend = blend_of(photo, landmarks, square, rest)
    assert np.array_equal(blend.frame(rest), photo)
    painted = rest.copy()
    painted[3] = 1  # under paint a displacement says nothing
    painted[:3] = drawing(photo, square)
    moved = blend_of(photo, landmarks, square, painted).frame(rest)
    rows, columns = middle(square)
    shift = round(0.03 * square.side / 2)
    looked_at = photo[rows, columns.start + shift : columns.stop + shift]
    assert np.median(apart(moved[rows, columns], looked_at)) < np.median(apart(photo[rows, columns], looked_at)) / 2


def test_paint_lies_where_the_mask_asks():
    photo, landmarks, square = scene((512, 512))
    raw = still()
    raw[:3], raw[3, 28:36, 28:36] = 1, 1
    frame = blend_of(photo, landmarks, square, still()).frame(raw)
    assert (frame[middle(square, 0.08)] == 255).all()
    frame[middle(square, 0.16)] = photo[middle(square, 0.16)]
    assert np.array_equal(frame, photo)


@pytest.mark.parametrize("place", [(0, 0), (-90, 0), (70, -60)])
@pytest.mark.parametrize("outputs", [3, 6])
def test_outside_of_the_square_nothing_changes(place, outputs):
    photo, landmarks, _ = scene((300, 320))
    landmarks = landmarks + [*place, 0]
    square = Square.around(landmarks)
    rng = np.random.default_rng(1)
    rest, raw = rng.uniform(-1, 1, (2, outputs, SIZE, SIZE)).astype(np.float32)
    frame = blend_of(photo, landmarks, square, rest).frame(raw)
    changed = np.argwhere((frame != photo).any(axis=2))
    first, last = np.array([square.top, square.left]), np.array([square.top, square.left]) + square.side - 1
    assert len(changed) > 1000
    assert (changed >= first).all() and (changed <= last).all()


def test_the_edge_is_soft():
    photo, landmarks, square = scene((400, 400))
    photo[:] = 100
    frame = blend_of(photo, landmarks, square, drawing(photo, square)).frame(np.ones((3, SIZE, SIZE), np.float32))
    assert frame.max() == 255 and np.abs(np.diff(frame[200, :, 0].astype(int))).max() < 12
    edge = soft_edge(SIZE)
    assert edge[0].max() == 0 == edge[:, -1].max() and edge[SIZE // 2, SIZE // 2] == 1


def test_every_drawing_fades_out_towards_the_edge():
    photo, landmarks, square = scene((400, 400))
    moved, painted = still(), still()
    moved[4:], painted[3] = 0.05, 1
    other = drawing(photo, square) + 0.5
    for rest, raw in ((still(), moved), (still(), painted), (drawing(photo, square), other)):
        frame = blend_of(photo, landmarks, square, rest).frame(raw)
        rows, columns = square.inside(photo.shape)
        assert apart(frame, photo)[middle(square)].max() > 20
        for ring in (np.s_[rows.start, columns], np.s_[rows, columns.start], np.s_[rows, columns.stop - 1]):
            assert np.array_equal(frame[ring], photo[ring])


@pytest.mark.parametrize("place", [(-70, 0), (60, -70)])
def test_a_square_that_reaches_over_the_photo_is_drawn_in_place(place):
    photo, landmarks, _ = scene((300, 320))
    landmarks = landmarks + [*place, 0]
    square = Square.around(landmarks)
    assert square.left < 0 or square.top < 0
    raw = still()
    raw[:3], raw[3, 28:36, 28:36] = 1, 1
    frame = blend_of(photo, landmarks, square, still()).frame(raw)
    white = np.argwhere((frame == 255).all(axis=2) & (photo < 255).any(axis=2))
    assert white.mean(0) == pytest.approx(
        [square.top + (square.side - 1) / 2, square.left + (square.side - 1) / 2], abs=1
    )


def test_square_is_the_one_of_training_in_whole_pixels():
    _, landmarks, square = scene((512, 512))
    matrix = square_around(landmarks, size=SIZE)
    trained = landmarks[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    assert np.abs(square.points(landmarks[:, :2], SIZE) - trained).max() < 0.6
    corners = square.points(np.array([[square.left, square.top]]) - 0.5, SIZE)
    assert corners == pytest.approx(-0.5, abs=1e-4)


def test_a_square_beside_the_photo_is_refused():
    photo, landmarks, _ = scene((120, 100))
    square = Square.around(landmarks + [1000, 0, 0])
    with pytest.raises(InputError, match="landmarks lie beside the photo"):
        square.cut(photo, SIZE)

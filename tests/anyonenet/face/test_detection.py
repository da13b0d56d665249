"""Faces found: one, several, tilted, at the edge, none; and what the user is told."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from skimage.data import astronaut as astronaut_photo

from anyonenet.errors import FaceError, InputError
from anyonenet.face.detection import FaceBox, choose_face, detect_faces, detect_in_frames

FACE = (222, 124)  # where her nose bridge is


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return astronaut_photo()


def _near(box: FaceBox, point: tuple[float, float]) -> bool:
    return math.dist(box.centre, point) < 0.25 * box.side


def test_one_face_and_no_false_second(photo: np.ndarray) -> None:
    boxes = detect_faces(photo)
    assert len(boxes) == 1
    assert _near(boxes[0], FACE) and 70 < boxes[0].side < 120
    assert boxes[0].roll_degrees == 0 and 0.5 < boxes[0].confidence <= 1


def test_frames_searched_together_give_what_each_gives(photo: np.ndarray) -> None:
    small = cv2.resize(photo, (256, 256), interpolation=cv2.INTER_AREA).astype(np.uint8)
    frames = [small, np.full_like(small, 90), np.roll(small, 30, axis=1)]
    together = detect_in_frames(frames, "mtcnn")
    assert [len(boxes) for boxes in together] == [1, 0, 1]
    for frame, boxes in zip(frames, together, strict=True):
        for box, other in zip(boxes, detect_faces(frame, "mtcnn"), strict=True):
            assert box.centre == pytest.approx(other.centre, abs=0.5) and box.side == pytest.approx(other.side, abs=0.5)
    mixed = detect_in_frames([small, small[:200]], "mtcnn")  # a film that changes its size
    assert [len(boxes) for boxes in mixed] == [1, 1] and detect_in_frames([], "mtcnn") == []


def test_mtcnn_alone_agrees(photo: np.ndarray) -> None:
    (box,) = detect_faces(photo, "mtcnn")
    (other,) = detect_faces(photo)
    assert _near(box, FACE)
    assert 0.75 < box.side / other.side < 1.33


def test_a_tilted_head_is_found_with_its_tilt(photo: np.ndarray) -> None:
    matrix = cv2.getRotationMatrix2D(FACE, -50, 1.0)  # clockwise in the picture
    tilted = cv2.warpAffine(photo, matrix, (512, 512))
    (box,) = detect_faces(tilted)
    assert _near(box, FACE)
    assert 25 <= box.roll_degrees <= 75


def test_several_faces_come_largest_first(photo: np.ndarray) -> None:
    head = photo[20:230, 120:330]
    picture = np.full((420, 700, 3), 128, np.uint8)
    picture[:420, :420] = cv2.resize(head, (420, 420), interpolation=cv2.INTER_CUBIC)
    picture[100:310, 450:660] = head
    boxes = detect_faces(picture)
    assert len(boxes) == 2 and boxes[0].side > 1.5 * boxes[1].side
    said: list[str] = []
    assert choose_face(picture, notice=said.append) == boxes[0]
    assert len(said) == 1 and "2 faces" in said[0] and "\n" not in said[0]
    assert choose_face(picture, 2, notice=said.append) == boxes[1]
    assert len(said) == 1  # who chose needs no notice
    with pytest.raises(FaceError, match="no face 3: found 2; choose a number from 1 to 2"):
        choose_face(picture, 3)
    with pytest.raises(FaceError, match="no face 0"):
        choose_face(picture, 0)


def test_no_face_says_what_to_do() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (300, 400, 3)).astype(np.uint8)
    for picture in (noise, np.zeros((1, 1, 3), np.uint8), np.zeros((20, 3000, 3), np.uint8)):
        assert detect_faces(picture) == []
    with pytest.raises(FaceError, match="no face found in the picture .400x300 pixels.; give a picture"):
        choose_face(noise)


def test_too_small_a_face_says_its_size(photo: np.ndarray) -> None:
    small = cv2.resize(photo, (256, 256), interpolation=cv2.INTER_AREA)
    with pytest.raises(FaceError, match=r"too small: \d\d pixels wide, at least 64"):
        choose_face(small)


def test_a_huge_picture_is_searched_at_a_sensible_size(photo: np.ndarray) -> None:
    huge = cv2.resize(photo, (5120, 5120), interpolation=cv2.INTER_LINEAR)
    (box,) = detect_faces(huge)
    assert _near(box, (FACE[0] * 10, FACE[1] * 10)) and box.side > 700


def test_wrong_arguments_are_named(photo: np.ndarray) -> None:
    with pytest.raises(InputError, match="unknown face detector 'haar'; choose one of dlib, mtcnn"):
        detect_faces(photo, "haar")
    with pytest.raises(InputError, match="uint8"):
        detect_faces(photo.astype(np.float32))

"""Following one person: through motion, gaps, company and cuts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import matplotlib
import numpy as np
import pytest
from skimage.data import astronaut as astronaut_photo

from anyonenet.errors import FaceError
from anyonenet.face import tracking
from anyonenet.face.embedding import FaceEmbedder
from anyonenet.face.image import load_photo
from anyonenet.face.landmarks import LandmarkDetector
from anyonenet.face.tracking import Track, track_face

SIDE = 210


@pytest.fixture(scope="module")
def models() -> tuple[LandmarkDetector, FaceEmbedder]:
    return LandmarkDetector(), FaceEmbedder()


@pytest.fixture(scope="module")
def collins() -> np.ndarray:
    return np.ascontiguousarray(astronaut_photo()[20:230, 120:330])


@pytest.fixture(scope="module")
def hopper() -> np.ndarray:
    photo = load_photo(Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg")
    return cv2.resize(photo[20:340, 90:410], (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.uint8)


def follow(frames: list[np.ndarray], models: tuple[LandmarkDetector, FaceEmbedder]) -> Track:
    return track_face(lambda: iter(frames), *models, search_every=2)


def test_a_moving_face_is_followed_and_a_gap_filled(models, collins) -> None:
    shifts = [0, 4, 8, 12, 16, 20, 24, 28]
    frames = [np.roll(collins, shift, axis=1) for shift in shifts]
    frames[2] = np.full_like(collins, 90)  # nothing to be seen
    track = follow(frames, models)
    assert track.landmarks.shape == (8, 68, 3) and track.landmarks.dtype == np.float32
    # what lies next to a search without the face may show anything
    assert track.found.tolist() == [True, False, False, False, True, True, True, True]
    moved = track.landmarks[:, :, 0].mean(axis=1) - track.landmarks[0, :, 0].mean()
    np.testing.assert_allclose(moved, shifts, atol=1.5)


def test_who_passes_is_ignored_even_in_front(models, collins, hopper) -> None:
    frames = [np.concatenate([collins, np.full_like(collins, 120)], axis=1) for _ in range(7)]
    for index, column in ((2, SIDE), (4, 0)):  # beside her, then in her place
        frames[index][:, column : column + SIDE] = hopper
    track = follow(frames, models)
    assert track.found.tolist() == [True, True, True, False, False, False, True]
    assert (track.landmarks[:, :, 0] < SIDE).all()
    np.testing.assert_allclose(track.landmarks[4], track.landmarks[0], atol=2)


def test_the_one_seen_longest_is_followed_wherever_the_film_cuts_to(models, collins, hopper) -> None:
    large = cv2.resize(hopper, (2 * SIDE, SIDE * 2), interpolation=cv2.INTER_LINEAR).astype(np.uint8)[:SIDE]
    frames = [hopper, large[:, :SIDE], *[collins] * 5]
    assert follow(frames, models).found.tolist() == [False, False, True, True, True, True, True]


def test_a_video_without_a_face_says_so(models) -> None:
    with pytest.raises(FaceError, match="in any of 2 frames"):
        follow([np.zeros((80, 80, 3), np.uint8)] * 2, models)


def test_a_long_stretch_without_a_face_is_searched_rarely(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[int] = []

    def nobody(frames: list[np.ndarray], backend: str) -> list[list]:
        searched.extend(int(frame[0, 0, 0]) for frame in frames)
        return [[] for _ in frames]

    class Idle:
        def each(self, faces) -> Iterator:
            return iter(list(faces))

    monkeypatch.setattr(tracking, "detect_in_frames", nobody)
    frames = [np.full((2, 2, 3), index, np.int16) for index in range(400)]
    with pytest.raises(FaceError, match="in any of 400 frames"):
        track_face(lambda: iter(frames), Idle(), Idle(), search_every=2)
    assert searched[:17] == list(range(0, 34, 2)) and set(np.diff(searched[17:])) == {16}

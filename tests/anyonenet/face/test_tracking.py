"""Following one face: through motion, gaps and company."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from skimage.data import astronaut as astronaut_photo

from anyonenet.errors import FaceError
from anyonenet.face.landmarks import LandmarkDetector
from anyonenet.face.tracking import track_face


@pytest.fixture(scope="module")
def detector() -> LandmarkDetector:
    return LandmarkDetector()


@pytest.fixture(scope="module")
def head() -> np.ndarray:
    return np.ascontiguousarray(astronaut_photo()[20:230, 120:330])


def test_a_moving_face_is_followed_and_a_gap_filled(detector: LandmarkDetector, head: np.ndarray) -> None:
    shifts = [0, 4, 8, 12, 16, 20]
    frames = [np.roll(head, shift, axis=1) for shift in shifts]
    frames[3] = np.full_like(head, 90)  # nothing to be seen
    track = track_face(frames, detector, redetect_every=3)
    assert track.landmarks.shape == (6, 68, 3) and track.landmarks.dtype == np.float32
    assert track.found.tolist() == [True, True, True, False, True, True]
    moved = track.landmarks[:, :, 0].mean(axis=1) - track.landmarks[0, :, 0].mean()
    np.testing.assert_allclose(moved, shifts, atol=1.5)


def test_the_largest_at_first_is_kept_when_another_grows(detector: LandmarkDetector, head: np.ndarray) -> None:
    def picture(left: int, right: int) -> np.ndarray:
        canvas = np.full((440, 900, 3), 120, np.uint8)
        for side, x in ((left, 0), (right, 450)):
            canvas[:side, x : x + side] = cv2.resize(head, (side, side), interpolation=cv2.INTER_LINEAR)
        return canvas

    track = track_face([picture(420, 300), picture(300, 420)], detector, redetect_every=1)
    assert (track.landmarks[:, :, 0] < 450).all() and track.found.all()


def test_a_video_without_a_face_says_so(detector: LandmarkDetector) -> None:
    with pytest.raises(FaceError, match="in any of 2 frames"):
        track_face([np.zeros((80, 80, 3), np.uint8)] * 2, detector)

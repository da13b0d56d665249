"""Landmarks on a real photograph, and how they bear moving, tilting, mirroring and cutting the picture."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage.data import astronaut as astronaut_photo

from anyonenet.errors import FaceError, InputError, WeightsError
from anyonenet.face import quaternion as Q
from anyonenet.face.detection import FaceBox, detect_faces
from anyonenet.face.landmarks import LandmarkDetector
from anyonenet.face.registration import outer_eye_distance, register
from anyonenet.face.template import MIRROR


@pytest.fixture(scope="module")
def detector() -> LandmarkDetector:
    return LandmarkDetector()


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return astronaut_photo()


@pytest.fixture(scope="module")
def found(detector: LandmarkDetector, photo: np.ndarray) -> np.ndarray:
    return detector(photo, detect_faces(photo)[0])


def _distance(a: np.ndarray, b: np.ndarray) -> float:
    """Mean distance in the picture, in outer-eye distances."""
    return float(np.linalg.norm(a[:, :2] - b[:, :2], axis=1).mean() / outer_eye_distance(b))


def test_points_lie_on_the_features(found: np.ndarray) -> None:
    assert found.shape == (68, 3) and found.dtype == np.float32
    by_eye = {36: (195, 101), 45: (255, 104), 30: (225, 127), 8: (220, 178), 48: (201, 139), 54: (245, 141)}
    for index, position in by_eye.items():
        assert np.linalg.norm(found[index, :2] - position) < 4, index
    assert abs(found[:, 2].mean()) < 1e-2
    assert found[30, 2] == found[:, 2].min()  # nose towards the camera
    assert max(np.abs(np.degrees(Q.to_euler(register(found).quaternions)))) < 10


def test_the_detectors_box_hardly_matters(detector: LandmarkDetector, photo: np.ndarray, found: np.ndarray) -> None:
    box = detect_faces(photo)[0]
    for dx, dy, grow in ((8, 0, 0), (-6, 6, 4), (0, -8, -5)):
        moved = FaceBox(box.left + dx - grow, box.top + dy - grow, box.right + dx + grow, box.bottom + dy + grow, 1.0)
        assert _distance(detector(photo, moved), found) < 0.012


def test_mirrored_picture_gives_mirrored_points(
    detector: LandmarkDetector, photo: np.ndarray, found: np.ndarray
) -> None:
    mirrored = np.ascontiguousarray(photo[:, ::-1])
    points = detector(mirrored, detect_faces(mirrored)[0])[list(MIRROR)]
    points[:, 0] = 511 - points[:, 0]
    assert _distance(points, found) < 0.012


@pytest.mark.parametrize("degrees", [-60, 35])
def test_tilted_heads_are_no_special_case(
    detector: LandmarkDetector, photo: np.ndarray, found: np.ndarray, degrees: float
) -> None:
    matrix = cv2.getRotationMatrix2D((222, 124), -degrees, 1.0)
    tilted = cv2.warpAffine(photo, matrix, (512, 512))
    landmarks = detector(tilted, detect_faces(tilted)[0])
    expected = found[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    assert _distance(landmarks, expected) < 0.02
    roll = np.degrees(Q.to_euler(register(landmarks).quaternions)[2])
    assert roll == pytest.approx(degrees + np.degrees(Q.to_euler(register(found).quaternions)[2]), abs=3)


def test_a_face_cut_by_the_edge_still_gets_its_points(
    detector: LandmarkDetector, photo: np.ndarray, found: np.ndarray
) -> None:
    cut = np.ascontiguousarray(photo[:, 195:])  # through her right eye's corner
    box = detect_faces(photo)[0]
    moved = FaceBox(box.left - 195, box.top, box.right - 195, box.bottom, 1.0)
    points = detector(cut, moved) + (195, 0, 0)
    assert _distance(points, found) < 0.03


def test_scale_does_not_matter(detector: LandmarkDetector, photo: np.ndarray, found: np.ndarray) -> None:
    for factor, tolerance in ((0.7, 0.02), (4.0, 0.015)):
        scaled = cv2.resize(photo, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA if factor < 1 else 1)
        points = (detector(scaled, detect_faces(scaled)[0])[:, :2] + 0.5) / factor - 0.5
        assert _distance(points, found) < tolerance


def test_profile_is_refused_with_its_angle(detector: LandmarkDetector, photo: np.ndarray) -> None:
    box = detect_faces(photo)[0]
    with pytest.raises(FaceError, match=r"in profile \(turned by about \d+ degrees, at most 0 work\)"):
        detector(photo, box, largest_yaw_degrees=0.0)


def test_a_box_without_a_face_is_refused(detector: LandmarkDetector) -> None:
    noise = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, (300, 300, 3)).astype(np.uint8), (0, 0), 3)
    with pytest.raises(FaceError, match=r"waver by \d\.\d\d eye distances\): it is in profile, covered or blurred"):
        detector(noise, FaceBox(80, 80, 220, 220, 0.5))


def test_fan_without_its_weights_says_where_they_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    def refuse(*_: object, **__: object) -> None:
        raise OSError("no network")

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setattr(torch.hub, "download_url_to_file", refuse)
    with pytest.raises(WeightsError) as caught:
        LandmarkDetector("fan")
    message = str(caught.value)
    assert "3DFAN4-7835d9f11d.pth.tar" in message and str(tmp_path) in message and "'dlib'" in message
    assert "\n" not in message


def test_unknown_backend_lists_the_known() -> None:
    with pytest.raises(InputError, match="unknown landmark backend 'x'; choose one of dlib, fan"):
        LandmarkDetector("x")

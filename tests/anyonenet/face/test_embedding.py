"""Face embeddings: one person near, another far; steady under small changes."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import cv2
import matplotlib
import numpy as np
import pytest
from skimage.data import astronaut as astronaut_photo

from anyonenet.errors import InputError, WeightsError
from anyonenet.face import embedding
from anyonenet.face.detection import detect_faces
from anyonenet.face.embedding import FaceEmbedder
from anyonenet.face.image import load_photo
from anyonenet.face.landmarks import LandmarkDetector


@pytest.fixture(scope="module")
def embedder() -> FaceEmbedder:
    return FaceEmbedder()


@pytest.fixture(scope="module")
def faces() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    detector = LandmarkDetector()
    collins = astronaut_photo()
    hopper = load_photo(Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg")
    dim = (0.6 * collins + 20).astype(np.uint8)
    photos = {"collins": collins, "hopper": hopper, "collins dim": dim}
    return {name: (photo, detector(photo, detect_faces(photo)[0])) for name, photo in photos.items()}


def test_one_person_is_near_and_another_far(
    embedder: FaceEmbedder, faces: dict[str, tuple[np.ndarray, np.ndarray]]
) -> None:
    vectors = {name: embedder(*face) for name, face in faces.items()}
    for vector in vectors.values():
        assert vector.shape == (embedder.size,) == (128,) and vector.dtype == np.float32
    same = np.linalg.norm(vectors["collins"] - vectors["collins dim"])
    other = np.linalg.norm(vectors["collins"] - vectors["hopper"])
    assert same < 0.3 < 0.6 < other


def test_depth_is_ignored_and_the_result_is_deterministic(
    embedder: FaceEmbedder, faces: dict[str, tuple[np.ndarray, np.ndarray]]
) -> None:
    photo, landmarks = faces["collins"]
    np.testing.assert_array_equal(embedder(photo, landmarks), embedder(photo, landmarks[:, :2]))


def test_jittered_average_stays_near_and_steadies(faces: dict[str, tuple[np.ndarray, np.ndarray]]) -> None:
    photo, landmarks = faces["hopper"]
    shaken = landmarks + np.random.default_rng(0).normal(size=(68, 3)) * 2
    plain, jittered = FaceEmbedder(), FaceEmbedder(jitters=4)
    assert np.linalg.norm(jittered(photo, landmarks) - plain(photo, landmarks)) < 0.3
    change = [np.linalg.norm(embed(photo, landmarks) - embed(photo, shaken)) for embed in (plain, jittered)]
    assert change[1] < change[0]


def test_a_face_at_the_edge_and_a_huge_one(
    embedder: FaceEmbedder, faces: dict[str, tuple[np.ndarray, np.ndarray]]
) -> None:
    photo, landmarks = faces["collins"]
    whole = embedder(photo, landmarks)
    cut = embedder(np.ascontiguousarray(photo[70:, 170:]), landmarks - (170, 70, 0))
    assert np.linalg.norm(cut - whole) < 0.45
    large = cv2.resize(photo, None, fx=6, fy=6, interpolation=cv2.INTER_LINEAR)
    assert np.linalg.norm(embedder(large, landmarks * 6) - whole) < 0.3


def test_facenet_without_its_weights_says_where_they_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    def refuse(*_: object, **__: object) -> None:
        raise OSError("no network")

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setattr(torch.hub, "download_url_to_file", refuse)
    with pytest.raises(WeightsError, match="20180402-114759-vggface2.pt") as caught:
        FaceEmbedder("facenet")
    assert str(tmp_path) in str(caught.value) and "\n" not in str(caught.value)


def test_facenet_reads_weights_from_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, faces: dict[str, tuple[np.ndarray, np.ndarray]]
) -> None:
    import torch
    from facenet_pytorch import InceptionResnetV1

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    path = tmp_path / "checkpoints" / "20180402-114759-vggface2.pt"
    path.parent.mkdir()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        state = InceptionResnetV1(pretrained=None, classify=False).state_dict()
    state["logits.weight"], state["logits.bias"] = torch.zeros(8631, 512), torch.zeros(8631)
    torch.save(state, path)
    with pytest.raises(WeightsError, match=r"not the published file .* expected 281cebca86\)"):
        FaceEmbedder("facenet")
    standing_in = replace(embedding.FACENET_FILE, sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    monkeypatch.setattr(embedding, "FACENET_FILE", standing_in)
    embedder = FaceEmbedder("facenet")
    vector = embedder(*faces["collins"])
    assert vector.shape == (embedder.size,) == (512,)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-4)
    monkeypatch.setattr(embedding, "_TOGETHER", 2)
    names = ["hopper", "collins", "collins dim"]
    together = list(embedder.each(faces[name] for name in names))  # a batch of two and one of one
    np.testing.assert_allclose(together[1], vector, atol=1e-5)
    assert len(together) == 3 and np.abs(together[0] - vector).max() > 1e-4


def test_wrong_arguments_are_named(embedder: FaceEmbedder) -> None:
    with pytest.raises(InputError, match="unknown face embedding 'x'; choose one of dlib, facenet"):
        FaceEmbedder("x")
    with pytest.raises(InputError, match="jitters must be 0 or more"):
        FaceEmbedder(jitters=-1)
    with pytest.raises(ValueError, match="shape"):
        embedder(np.zeros((9, 9, 3), np.uint8), np.zeros((5, 2)))

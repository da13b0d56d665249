from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from anyonenet.errors import CorpusError, InputError
from datamodules import face_embeddings
from datamodules.corpora.manifest import Clip, Picture
from datamodules.face_embeddings import face_store
from datamodules.face_tracks import FaceTrack


@pytest.fixture
def stubs(monkeypatch, tmp_path):
    """Readers of two persons; a 'detector' that finds a face where the picture is bright; mean colour as embedding."""
    pictures = []
    for number, level in enumerate((200, 180, 0, 160)):
        path = tmp_path / f"{number}.png"
        cv2.imwrite(str(path), np.full((32, 32, 3), level, np.uint8))
        pictures.append(Picture(f"id0000{number // 2}/{number}", "cnceleb", f"id0000{number // 2}", path, "f"))
    clip = Clip("id7/v/1", "voxceleb2", "id7", tmp_path / "v.mp4", tmp_path / "v.m4a", None, "m")
    frames = [np.full((32, 32, 3), index, np.uint8) for index in range(10)]
    monkeypatch.setattr(face_embeddings.cnceleb, "read_pictures", lambda root: pictures)
    monkeypatch.setattr(face_embeddings.voxceleb2, "read_clips", lambda root: [clip])
    monkeypatch.setattr(face_embeddings, "read_track", lambda clip: FaceTrack(np.zeros((9, 68, 3), np.float32), 25.0))
    monkeypatch.setattr(face_embeddings, "read_video", lambda path: SimpleNamespace(frames=iter(frames)))
    monkeypatch.setattr(face_embeddings, "LandmarkDetector", lambda backend: lambda image, box: np.zeros((68, 3)))
    monkeypatch.setattr(face_embeddings, "detect_faces", lambda image: ["box"] if image.mean() > 50 else [])
    embedder = lambda image, landmarks: np.array([image.mean(), 1.0], np.float32)  # noqa: E731
    monkeypatch.setattr(face_embeddings, "FaceEmbedder", lambda backend: embedder)
    return pictures


def test_pictures_without_a_face_are_listed(tmp_path, stubs):
    store = face_store(tmp_path / "store", "cnceleb", tmp_path, "dlib", 5, treatments=2)
    assert len(store) == 3 * 3 and store.manifest["treated"].sum() == 6
    assert store.array("embedding", 0).tolist() == [[200.0, 1.0]]
    assert "no face found" in (tmp_path / "store" / "skipped.csv").read_text()
    assert face_store(tmp_path / "other", "cnceleb", tmp_path, "dlib", 1, 0).manifest["person"].tolist() == [
        "id00000",
        "id00001",
    ]


def test_frames_have_landmarks_and_are_drawn_once(tmp_path, stubs):
    store = face_store(tmp_path / "store", "voxceleb2", tmp_path, "dlib", 4, treatments=0)
    levels = [float(store.array("embedding", index)[0, 0]) for index in range(len(store))]
    assert len(set(levels)) == 4 and max(levels) < 9  # the tenth frame has no landmarks
    assert set(store.manifest["sex"]) == {"m"}


def test_refusals(tmp_path, stubs):
    with pytest.raises(InputError, match="unknown corpus of faces 'lfw'"):
        face_store(tmp_path / "store", "lfw", tmp_path, "dlib", 4, 0)
    face_store(tmp_path / "store", "cnceleb", tmp_path, "dlib", 4, 0)
    stubs.pop()
    with pytest.raises(CorpusError, match="sources = 4, wanted 3"):
        face_store(tmp_path / "store", "cnceleb", tmp_path, "dlib", 4, 0)

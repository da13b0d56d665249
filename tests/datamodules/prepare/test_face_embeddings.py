"""Which pictures and frames are embedded, of whom, and what is listed."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from anyonenet.errors import FaceError
from anyonenet.face.detection import FaceBox
from datamodules.corpora.manifest import Clip, Picture
from datamodules.prepare import face_embeddings
from datamodules.prepare.face_embeddings import FaceEmbeddingRecipe
from datamodules.prepare.face_models import FaceModels
from datamodules.prepare.run import prepare_store
from datamodules.store import Store
from tests.datamodules.prepare.films import make_clip


class Embedder:
    """The mean colour of each picture, in one batch."""

    def each(self, faces):
        batch = [np.array([image.mean(), 1.0], np.float32) for image, _ in faces]
        yield from batch


@pytest.fixture(autouse=True)
def models(monkeypatch: pytest.MonkeyPatch) -> None:
    """A 'detector' that finds a face where the picture is bright."""
    monkeypatch.setattr(FaceModels, "detector", lambda self, image, box: np.zeros((68, 3)))
    monkeypatch.setattr(FaceModels, "embedder", Embedder())
    box = FaceBox(0, 0, 9, 9, 1.0)
    monkeypatch.setattr(face_embeddings, "detect_faces", lambda image, backend: [box] if image.mean() > 70 else [])


@pytest.fixture
def pictures(tmp_path: Path) -> list[Picture]:
    """Of two persons, one of them once in the dark."""
    found = []
    for number, level in enumerate((200, 180, 0, 160)):
        person = f"id0000{number // 2}"
        path = tmp_path / person / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        cv2.imwrite(str(path), np.full((32, 32, 3), level, np.uint8))
        found.append(Picture(f"{person}/{number}", "cnceleb", person, path, "f"))
    return found


def prepared(shown: list, features: Path, **options: int) -> Store:
    recipe = FaceEmbeddingRecipe("own", lambda: shown, FaceModels(), **options)
    store = prepare_store(recipe, features, workers=0, progress=False)
    assert store is not None and store.folder == features / "face_voice" / "own" / "faces"
    return store


def values(store: Store) -> list[float]:
    return [float(store.array("embedding", index)[0, 0]) for index in range(len(store))]


def test_pictures_without_a_face_are_listed(tmp_path: Path, pictures: list[Picture]) -> None:
    store = prepared(pictures, tmp_path / "a", treatments=2)
    assert len(store) == 3 * 3 and store.manifest["treated"].sum() == 6
    assert values(store)[0] == 200.0 and store.manifest["id"].tolist()[0] == "id00000/0"
    assert "2.png,no face found,face" in (store.folder / "skipped.csv").read_text()
    once = prepared(pictures, tmp_path / "b", pictures_a_person=1)
    assert once.manifest["person"].tolist() == ["id00000", "id00001"]
    # treatments hang on the picture, not on what else is there
    alone = prepared(pictures[3:], tmp_path / "c", treatments=2)
    assert values(alone) == values(store)[6:]


def test_a_person_never_seen_is_listed_once(tmp_path: Path, pictures: list[Picture]) -> None:
    store = prepared([pictures[0], pictures[2]], tmp_path / "a")
    assert "no face found in any of 1 pictures" in (store.folder / "skipped.csv").read_text()
    assert store.summary["sources_lost"] == 1


def known_clip(folder: Path, name: str, frames: int) -> Clip:
    np.savez(folder / f"{name}.landmarks.npz", landmarks=np.zeros((frames - 1, 68, 3)), fps=25.0)
    return make_clip(folder, name, np.arange(frames) / 25, 0.3, landmarks=folder / f"{name}.landmarks.npz")


def test_frames_with_known_landmarks_are_drawn_once(tmp_path: Path) -> None:
    store = prepared([known_clip(tmp_path, "a", 10)], tmp_path / "features", pictures_a_person=8)
    numbers = [int(name.split("/")[1]) for name in store.manifest["id"]]
    assert len(numbers) == 8 == len(set(numbers)) and max(numbers) < 9  # the tenth frame has no landmarks


def test_frames_are_spread_over_a_persons_clips(tmp_path: Path) -> None:
    clips = [known_clip(tmp_path, name, 6) for name in "abcd"]
    assert len(prepared(clips, tmp_path / "few", pictures_a_person=8)) == 8
    some = prepared(clips, tmp_path / "many", pictures_a_person=2)
    assert len(some) == 2 == len({name.split("/")[0] for name in some.manifest["id"]})
    again = prepared(clips[::-1], tmp_path / "again", pictures_a_person=2)
    assert sorted(again.manifest["id"]) == sorted(some.manifest["id"])


def test_frames_without_a_face_give_way_to_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = make_clip(tmp_path, "a", np.arange(10) / 25, 0.4)
    refused: list[int] = []

    def unsteady(self: FaceModels, image: np.ndarray, box: FaceBox) -> np.ndarray:
        refused.append(len(refused) % 2)
        if refused[-1] == 0:
            raise FaceError("in profile")
        return np.zeros((68, 3))

    monkeypatch.setattr(FaceModels, "detector", unsteady)
    assert len(prepared([clip], tmp_path / "a", pictures_a_person=4)) == 4
    assert len(refused) == 8
    dark = make_clip(tmp_path, "b", np.arange(6) / 25, 0.3)
    monkeypatch.setattr(face_embeddings, "detect_faces", lambda image, backend: [])
    recipe = FaceEmbeddingRecipe("own", lambda: [dark], FaceModels(), pictures_a_person=2)
    with pytest.raises(FaceError, match="b.mp4: no face found in 4 frames drawn at random"):
        list(recipe.items(recipe.sources()[0], lambda *_: None))

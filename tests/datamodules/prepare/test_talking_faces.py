"""Squares around the head, evenly spread over the frames that show it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from anyonenet.errors import CorpusError
from datamodules.prepare import talking_faces as recipes
from datamodules.prepare.recipe import Item, Source
from datamodules.prepare.talking_faces import TalkingFacesRecipe
from tests.datamodules.prepare.films import make_clip, track_of


def work(monkeypatch: pytest.MonkeyPatch, folder: Path, found: np.ndarray, split: str | None = "test") -> list[Item]:
    times = np.arange(len(found)) / 25
    clip = make_clip(folder, "a", times, 0.5)
    monkeypatch.setattr(recipes, "read_track", lambda *_: track_of(times, found))
    recipe = TalkingFacesRecipe("own", lambda: [clip], size=64, frames_per_clip=3)
    return list(recipe.items(Source("a", clip.video, (clip, split)), lambda *_: None))


def test_landmarks_lie_on_the_face(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    items = work(monkeypatch, tmp_path, np.ones(9, bool))
    assert [fields["frame"] for fields, _ in items] == [0, 4, 8]
    assert {fields["split"] for fields, _ in items} == {"test"}
    for _, arrays in items:
        picture = cv2.imdecode(arrays["jpegs"], cv2.IMREAD_COLOR)
        assert picture.shape == (64, 64, 3)
        x, y = arrays["landmarks"][27]  # the bridge of the nose, on a bright disc
        assert picture[round(float(y)), round(float(x))].max() > 200
        assert picture[2, 2].max() < 120


def test_frames_without_the_face_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = np.ones(9, bool)
    found[2:7] = False
    assert [fields["frame"] for fields, _ in work(monkeypatch, tmp_path, found)] == [0, 1, 8]
    with pytest.raises(CorpusError, match="seen in 1 frame; a pair is needed"):
        work(monkeypatch, tmp_path, np.arange(9) == 3)


def test_where_persons_are_split_later_there_is_no_split(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert all("split" not in fields for fields, _ in work(monkeypatch, tmp_path, np.ones(9, bool), None))

"""Cuts with all their frames: on one clock whatever the film's, landmarks on the faces, sound of exactly the cut."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from anyonenet.audio.files import read_audio
from anyonenet.errors import CorpusError
from anyonenet.face.mouth import mouth_opening
from datamodules.prepare import talking_clips as recipes
from datamodules.prepare.recipe import Item, Source
from datamodules.prepare.talking_clips import TalkingClipsRecipe, nearest_frames
from tests.datamodules.prepare.films import make_clip, mouth, track_of


def work(
    monkeypatch: pytest.MonkeyPatch, folder: Path, times: np.ndarray, seconds: float, found: np.ndarray | None = None
) -> list[Item]:
    clip = make_clip(folder, "a", times, seconds)
    monkeypatch.setattr(recipes, "read_track", lambda *_: track_of(times, found))
    recipe = TalkingClipsRecipe("own", lambda: [clip], size=64, clip_seconds=2.0)
    return list(recipe.items(Source("a", clip.video, (clip, "test")), lambda *_: None))


def frames_of(arrays: dict[str, np.ndarray]) -> list[np.ndarray]:
    parts = np.split(arrays["jpegs"], np.cumsum(arrays["sizes"])[:-1])
    return [cv2.imdecode(part, cv2.IMREAD_COLOR) for part in parts]  # type: ignore[misc]


@pytest.mark.parametrize("rate", [25.0, 30000 / 1001])
def test_all_rates_come_onto_one_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rate: float) -> None:
    times = np.arange(round(3.4 * rate)) / rate
    items = work(monkeypatch, tmp_path, times, 3.4)
    assert [(fields["begin"], fields["seconds"]) for fields, _ in items] == [(0.0, 2.0), (2.0, pytest.approx(1.4))]
    assert {fields["split"] for fields, _ in items} == {"test"}
    sound = read_audio(tmp_path / "a.wav", 16000)
    for fields, arrays in items:
        count, begin = round(fields["seconds"] * 25), fields["begin"]
        assert len(arrays["sizes"]) == len(arrays["landmarks"]) == len(arrays["frontal"]) == count
        pictures = frames_of(arrays)
        assert len(pictures) == count and pictures[0].shape == (64, 64, 3)
        for picture, points in zip(pictures, arrays["landmarks"], strict=True):
            x, y = points[27]  # the bridge of the nose, on a bright disc
            assert picture[round(float(y)), round(float(x))].max() > 180 and picture[2, 2].max() < 120
        clock = begin + np.arange(count) / 25
        np.testing.assert_allclose(mouth_opening(arrays["frontal"]), mouth(clock), atol=0.03)
        part = sound[round(begin * 16000) : round(begin * 16000) + 640 * count]
        np.testing.assert_allclose(arrays["samples"] / 32767, np.clip(part, -1, 1), atol=1e-4)


def test_cuts_come_from_stretches_that_show_the_face(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    times = np.arange(90) / 25
    found = np.ones(90, bool)
    found[30:55] = False
    items = work(monkeypatch, tmp_path, times, 3.6, found)
    spans = [(fields["begin"], fields["begin"] + fields["seconds"]) for fields, _ in items]
    np.testing.assert_allclose(spans, [(0, 1.28), (2.08, 3.6)], atol=0.05)
    with pytest.raises(CorpusError, match=r"no 1 s of sound with a face without a gap \(3.6 s of sound\)"):
        work(monkeypatch, tmp_path, times, 3.6, times < 0.5)


def test_frames_go_with_the_noted_offset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipes, "sound_offset_seconds", lambda clip: 0.2)
    ((fields, arrays),) = work(monkeypatch, tmp_path, np.arange(45) / 25, 1.8)
    moments = fields["begin"] + np.arange(len(arrays["frontal"])) / 25 + 0.2
    np.testing.assert_allclose(mouth_opening(arrays["frontal"])[:-4], mouth(moments)[:-4], atol=0.02)


def test_a_film_shorter_than_its_landmarks_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = make_clip(tmp_path, "a", np.arange(30) / 25, 1.6)
    monkeypatch.setattr(recipes, "read_track", lambda *_: track_of(np.arange(40) / 25))
    recipe = TalkingClipsRecipe("own", lambda: [clip])
    with pytest.raises(CorpusError, match="fewer frames than landmarks"):
        list(recipe.items(Source("a", clip.video, (clip, None)), lambda *_: None))


def test_nearest_frames() -> None:
    track = track_of(np.array([0.0, 0.1, 0.3]))
    assert nearest_frames(track, np.array([-1, 0.04, 0.06, 0.19, 0.21, 9])).tolist() == [0, 0, 1, 1, 2, 2]
    assert nearest_frames(track_of(np.zeros(1)), np.array([-1.0, 0.0, 1.0])).tolist() == [0, 0, 0]

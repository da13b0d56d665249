"""Cuts for the landmark predictor: on the mel's clock whatever the film's, and none without a face."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from anyonenet.errors import CorpusError
from anyonenet.face import quaternion
from anyonenet.face.mouth import mouth_opening
from datamodules.corpora.manifest import Clip
from datamodules.prepare import landmarks as recipes
from datamodules.prepare.landmarks import LandmarkRecipe, cut_out, upsample
from datamodules.prepare.recipe import Item, Source
from tests.datamodules.prepare.films import make_clip, mouth, track_of

FILMS = {
    "25 a second": np.arange(40) / 25,
    "29.97 a second": np.arange(48) * 1001 / 30000,
    "varying": np.cumsum(np.random.default_rng(0).choice([1 / 60, 1 / 30, 1 / 24, 1 / 12], 42)) - 1 / 60,
}


def test_upsampling_keeps_the_frames_and_the_closed_mouth() -> None:
    times = np.arange(26) / 25
    landmarks, quaternions = upsample(track_of(times), np.arange(80) / 80)
    opening = mouth_opening(landmarks)
    np.testing.assert_allclose(opening, mouth(np.arange(80) / 80), atol=0.015)
    assert opening.min() > -0.005  # no overshoot: lips never cross
    turned = quaternion.from_rotation_vector(np.outer(0.2 * np.sin(0.8 * np.pi * times), [0, 1, 0]))
    np.testing.assert_allclose(np.abs((quaternions[::16] * turned[0:25:5]).sum(-1)), 1, atol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(quaternions, axis=-1), 1, atol=1e-5)
    still, _ = upsample(track_of(np.zeros(1)), np.arange(9) / 80)
    assert np.ptp(still, axis=0).max() == 0


def test_long_videos_come_out_as_if_done_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    track, times = track_of(FILMS["varying"] - FILMS["varying"][0]), np.arange(-5, 150) / 80
    whole = upsample(track, times)[0]
    for together in (1, 7, 40):
        monkeypatch.setattr(recipes, "_TOGETHER", together)
        np.testing.assert_array_equal(upsample(track, times)[0], whole)


def test_a_face_stands_still_before_and_after_its_pictures() -> None:
    landmarks, _ = upsample(track_of(np.arange(6) / 25), np.arange(-8, 40) / 80)
    assert np.ptp(landmarks[:9], axis=0).max() == 0
    assert np.ptp(landmarks[24:], axis=0).max() == 0


@pytest.mark.parametrize("film", list(FILMS))
def test_all_rates_come_onto_one_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, film: str) -> None:
    times = FILMS[film] - FILMS[film][0]
    ((fields, arrays),) = work(monkeypatch, make_clip(tmp_path, "a", times, 1.5), times)[0]
    assert {name: len(array) for name, array in arrays.items()} == dict.fromkeys(arrays, len(arrays["mels"]))
    assert fields["seconds"] == pytest.approx(1.5, abs=0.03)
    opening = mouth_opening(arrays["landmarks"])
    np.testing.assert_allclose(opening, mouth(np.arange(len(opening)) / 80), atol=0.04)
    loud = arrays["mels"].mean(-1)
    assert np.corrcoef(loud, opening)[0, 1] > 0.7


@pytest.mark.parametrize("frames", [5, -5])
def test_a_noted_offset_moves_the_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, frames: int) -> None:
    times = np.arange(50) / 25
    monkeypatch.setattr(recipes, "sound_offset_seconds", lambda clip: frames / 25)
    ((fields, arrays),) = work(monkeypatch, make_clip(tmp_path, "a", times, 2.0), times)[0]
    # the picture that belongs to a moment of the sound is shown so many frames later
    begin = fields["begin"] / 80
    wanted = mouth(np.arange(len(arrays["mels"])) / 80 + begin + frames / 25)
    np.testing.assert_allclose(mouth_opening(arrays["landmarks"])[8:-8], wanted[8:-8], atol=0.02)
    assert begin == pytest.approx(max(0, -frames / 25 - 0.125), abs=0.02)  # no cut where there is no picture
    assert begin + fields["seconds"] == pytest.approx(min(2.0, 2.0 - frames / 25), abs=0.15)


def test_cuts_come_from_stretches_that_show_the_face(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    times = np.arange(175) / 25
    found = np.ones(175, bool)
    found[80:105] = False  # 3.2 s to 4.2 s
    items, skipped = work(monkeypatch, make_clip(tmp_path, "a", times, 7.0), times, found)
    spans = [(fields["begin"] / 80, fields["seconds"]) for fields, _ in items]
    np.testing.assert_allclose(spans, [(0, 3.0), (4.2 - 0.125, 3.0 - 0.07)], atol=0.03)
    assert "no face in 0.8 of 7.0 s" in skipped[0]
    with pytest.raises(CorpusError, match=r"no 1 s of sound with a face without a gap \(7.0 s of sound, a face in 4%"):
        work(monkeypatch, make_clip(tmp_path, "a", times, 7.0), times, times < 0.16)


@pytest.mark.parametrize(("value", "reason"), [(0.0, "is silent"), (np.nan, "not numbers")])
def test_sound_that_says_nothing_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value, reason) -> None:
    times = np.arange(30) / 25
    clip = make_clip(tmp_path, "a", times, 1.2)
    soundfile.write(clip.audio, np.full(19200, value, np.float32), 16000, subtype="FLOAT")
    with pytest.raises(CorpusError, match=rf"a\.wav: the sound .*{reason}"):
        work(monkeypatch, clip, times)


def test_cut_out() -> None:
    seen = np.array([1] * 9 + [0] * 2 + [1] * 2 + [0] + [1] * 4, bool)
    assert list(cut_out(seen, 4, 3)) == [slice(0, 4), slice(4, 8), slice(14, 18)]
    assert list(cut_out(seen, 4, 1))[2] == slice(8, 9)
    assert list(cut_out(np.zeros(5, bool), 4, 1)) == []


def work(
    monkeypatch: pytest.MonkeyPatch, clip: Clip, times: np.ndarray, found: np.ndarray | None = None
) -> tuple[list[Item], list[str]]:
    """Items and reasons of a recipe whose tracking has found a face on a film's clock."""
    monkeypatch.setattr(recipes, "read_track", lambda *_: track_of(times, found))
    skipped: list[str] = []

    def items() -> Iterator[Item]:
        recipe = LandmarkRecipe("own", lambda: [clip])
        source = Source(clip.id, clip.video, (clip, "train"))
        return recipe.items(source, lambda path, reason, stage: skipped.append(reason))

    return list(items()), skipped

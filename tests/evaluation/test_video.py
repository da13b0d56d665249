"""The evaluation of whole videos, on videos made by hand and a detector that knows where to look."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from anyonenet.errors import CorpusError, InputError, WeightsError
from anyonenet.face.template import frontal_template
from anyonenet.render.video import VideoWriter
from datamodules.corpora.manifest import Clip
from evaluation import seen_video
from evaluation import video as evaluation

FPS, FRAMES, SIDE, RATE = 25, 100, 64, 16000


def mouths(openings: np.ndarray) -> np.ndarray:
    """`(F, 68, 2)` pixels of a face whose mouth opens by so many eye distances."""
    face = frontal_template()[:, :2] * 20 + SIDE / 2
    landmarks = np.repeat(face[None], len(openings), 0)
    landmarks[:, [65, 66, 67], 1] += 20 * openings[:, None]
    return landmarks.astype(np.float32)


def loudness() -> np.ndarray:
    """`(F,)` in [0, 1]: syllables of different lengths."""
    rng = np.random.default_rng(3)
    return np.interp(np.arange(FRAMES), np.arange(0, FRAMES, 4), rng.uniform(0, 1, FRAMES // 4))


@pytest.fixture
def talking(tmp_path: Path) -> Path:
    """A video whose frames tell their number by their grey, and whose sound is as loud as `loudness` says."""
    path = tmp_path / "talk.mp4"
    envelope = np.interp(np.arange(FRAMES * RATE // FPS) / RATE, np.arange(FRAMES) / FPS, loudness())
    with VideoWriter(path, SIDE, SIDE, FPS, RATE) as writer:
        for number in range(FRAMES):
            writer.write_frame(np.full((SIDE, SIDE, 3), 20 + 2 * number, np.uint8))
        writer.write_audio(0.3 * envelope * np.sin(2 * np.pi * 200 * np.arange(len(envelope)) / RATE))
    return path


def knowing(landmarks: np.ndarray):
    """A detector that finds what it is told, by the grey of the picture; nothing in the first ten frames."""

    def detect(picture: torch.Tensor) -> torch.Tensor | None:
        number = round((float((picture.mean() + 1) * 127.5) - 20) / 2)
        return None if number < 10 else torch.from_numpy(landmarks[min(number, FRAMES - 1)])

    return detect


def test_a_video_that_does_what_was_asked(talking):
    asked = mouths(0.3 * loudness())
    seen = evaluation.look(talking, asked, knowing(asked))
    assert seen.lips == pytest.approx(0, abs=0.01) and seen.opening_correlation > 0.95
    assert seen.faces_found == pytest.approx(0.9, abs=0.02)
    assert abs(seen.lag) < 0.03 and seen.sync_correlation > 0.7
    assert seen.seconds == pytest.approx(4.0, abs=0.05) and seen.length_difference < 0.1
    assert seen.frozen == 0 and seen.lip_motion > 0.005
    assert seen.landmarks == pytest.approx(0, abs=0.01) and np.isnan(seen.lip_sync).all()


def test_a_late_mouth_and_wrong_lips_are_found(talking):
    asked = mouths(0.3 * loudness())
    late = evaluation.look(talking, asked, knowing(np.roll(asked, 5, axis=0) + [2.0, 0.0]))
    assert late.lag == pytest.approx(5 / FPS, abs=0.03)
    assert late.lips > 2.0 / 20 and late.opening_correlation < 0.9


class Mouths:
    """Stands in for SyncNet: mouths and sounds are told by the grey of their frames, the sound two frames early."""

    shown: np.ndarray

    def features(self, faces: np.ndarray, waveform: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        self.shown = faces
        number = torch.from_numpy(faces[:, 112, 112, 0].astype(np.float32))[:, None]
        return number, number.roll(-2, 0)


@pytest.mark.parametrize("rate", [1, 2])
def test_syncnet_sees_the_face_at_its_own_rate(talking, rate):
    """Whatever frames a second the landmarks and the video have, 25 a second are shown, cut out around the face."""
    asked, network = mouths(0.3 * loudness()), Mouths()
    opened = seen_video.read_video(talking)
    if rate == 2:  # the same frames as if they were of a video of 50 a second: every other one is shown
        opened = dataclasses.replace(opened, fps=2 * FPS)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(seen_video, "read_video", lambda path: opened)
        distance, confidence, offset = seen_video.lip_sync(network, talking, asked, np.zeros(FRAMES * RATE // FPS))
    assert network.shown.shape == (FRAMES // rate, 224, 224, 3)
    greys = network.shown[:, 112, 112, 0].astype(int)
    assert np.abs(greys - (20 + 2 * rate * np.arange(FRAMES // rate))).max() <= 3  # the codec's own error
    assert offset == pytest.approx(2 / 25) and confidence > 0


def test_syncnet_is_told_where_it_is_missing(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    network, (line,) = seen_video.syncnet(None)
    assert network is None and line.startswith("lse_d, lse_c and lse_offset not measured: SyncNet weights are not at")
    assert line.endswith("(or name it: --syncnet-weights FILE)")
    with pytest.raises(WeightsError, match="SyncNet weights are not at"):
        seen_video.syncnet(tmp_path / "none.model")


def test_figures_of_syncnet_are_means_where_it_was_there():
    nothing = (float("nan"),) * 3
    figures = evaluation.sync_figures([(0.1, 0.5), (-0.1, 0.7)], [(7.0, 6.0, 0.04), (9.0, 4.0, 0.0)], "true_")
    assert (figures["true_lse_d"].value, figures["true_lse_c"].value) == (8.0, 5.0)
    assert figures["true_lse_offset"].value == pytest.approx(0.02)
    assert figures["true_sync_lag"].value == 0 and figures["true_sync_absolute_lag"].value == pytest.approx(0.1)
    assert "lse_d" not in evaluation.sync_figures([(0.1, 0.5)], [nothing])


def test_frozen_frames_and_missing_faces_are_counted(tmp_path):
    path = tmp_path / "still.mp4"
    with VideoWriter(path, SIDE, SIDE, FPS, RATE) as writer:
        for _ in range(60):
            writer.write_frame(np.full((SIDE, SIDE, 3), 90, np.uint8))
        writer.write_audio(np.zeros(60 * RATE // FPS))
    seen = evaluation.look(path, mouths(np.zeros(60)), lambda picture: None)
    assert seen.frozen == 1 and seen.faces_found == 0
    assert all(np.isnan(value) for value in (seen.lips, seen.lag, seen.sync_correlation, seen.opening_correlation))
    figures = evaluation.figures_of([seen, seen])
    assert figures["frozen_frames"].value == 1 and np.isnan(figures["lips"].value) and figures["videos"].value == 2


def test_true_videos_are_measured_by_their_own_landmarks(talking, tmp_path, monkeypatch):
    asked = mouths(0.3 * loudness())
    np.savez(tmp_path / "t.npz", landmarks=np.pad(asked, ((0, 0), (0, 0), (0, 1))), fps=FPS)
    clip = Clip("a", "obama", "obama", talking, talking, tmp_path / "t.npz", split="test")
    unused = Clip("b", "obama", "obama", tmp_path / "none", tmp_path / "none", split="train")
    monkeypatch.setattr(evaluation.obama, "read_clips", lambda root: [unused, clip])
    figures = evaluation.true_figures(tmp_path, 5)
    assert figures["true_sync_correlation"].value > 0.7 and abs(figures["true_sync_lag"].value) < 0.03
    assert evaluation.true_figures(tmp_path, 0) == {}


def test_videos_are_made_and_measured(tiny_weights, astronaut, tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.png").write_bytes(astronaut.read_bytes())
    (tmp_path / "s.txt").write_text("Hello.\n\n", encoding="utf-8")
    options = {"pictures": tmp_path / "photos", "sentences": tmp_path / "s.txt", "keep": tmp_path / "made"}
    measured = evaluation.evaluate(tiny_weights, tmp_path, videos=1, fps=5.0, size=128, **options)
    assert measured.corpus == f"1 videos of 1 pictures, {tmp_path / 'photos'}"
    assert measured.figures["faces_found"].value > 0.5 and (tmp_path / "made" / "000.mp4").is_file()
    assert measured.figures["lips"].value < 0.2 and measured.figures["length_difference"].value < 0.3
    assert measured.figures["landmarks"].value < 0.2
    assert 0 < measured.figures["cpbd"].value <= 1 and 0 < measured.figures["cpbd_picture"].value <= 1


def test_missing_pictures_and_sentences_are_told(tmp_path):
    with pytest.raises(CorpusError, match="no picture in"):
        evaluation.pictures_of(tmp_path, tmp_path, 3)
    with pytest.raises(InputError, match="cannot be read; give a text file"):
        evaluation.sentences_of(tmp_path / "none.txt", 3, 0)
    (tmp_path / "empty.txt").write_text("\n")
    with pytest.raises(InputError, match="hold no text"):
        evaluation.sentences_of(tmp_path / "empty.txt", 3, 0)
    drawn = evaluation.sentences_of(None, 4, 0)
    assert [text.isascii() for text in drawn] == [True, False, True, False] and drawn == evaluation.sentences_of(
        None, 4, 0
    )

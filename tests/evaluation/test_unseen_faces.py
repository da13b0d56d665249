"""Real faces in the evaluation: a photograph and a clip made of it, detectors and embeddings stood in for."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import skimage.data
import torch

from anyonenet.errors import CorpusError, InputError
from anyonenet.face.template import frontal_template
from anyonenet.render.video import VideoWriter
from evaluation import images as evaluation
from evaluation import unseen_faces
from evaluation.frame_judge import FrameJudge, Sight, judged

LANDMARKS = (frontal_template() * 62 + [112, 70, 0]).astype(np.float32)


def photograph() -> np.ndarray:
    """(160, 224, 3), a real face near `LANDMARKS`."""
    return np.ascontiguousarray(skimage.data.astronaut()[40:200, 112:336])


@pytest.fixture
def judge(monkeypatch) -> FrameJudge:
    """Finds the same face everywhere but in dark pictures; everybody looks like their mean colour."""

    def found(picture: np.ndarray) -> np.ndarray | None:
        return LANDMARKS if picture.mean() > 30 else None

    monkeypatch.setattr(unseen_faces._Finder, "landmarks", lambda self, picture: found(picture))
    monkeypatch.setattr(unseen_faces, "LandmarkDetector", lambda backend: None)

    def detector(picture: torch.Tensor, near: torch.Tensor | None = None) -> torch.Tensor | None:
        return torch.from_numpy(LANDMARKS[:, :2]) if float(picture.mean()) > -0.75 else None

    looking = FrameJudge(detector, lambda picture, landmarks: picture.mean((0, 1)).astype(np.float32) / 20)
    monkeypatch.setattr(evaluation, "FrameJudge", lambda: looking)
    return looking


def write_clip(path, frames) -> None:
    with VideoWriter(path, frames[0].shape[1], frames[0].shape[0], 25, 16000, metadata={}) as writer:
        for frame in frames:
            writer.write_frame(frame)


def test_clips_have_their_first_frame_as_photo_and_others_as_truth(judge, tmp_path):
    photo = photograph()
    write_clip(tmp_path / "a.mp4", [photo, photo, np.roll(photo, 3, axis=0), photo, photo])
    write_clip(tmp_path / "b.mp4", [photo] * 3)
    write_clip(tmp_path / "dark.mp4", [photo // 20] * 3)
    subjects, skipped = unseen_faces.subjects_of_clips(tmp_path, 2, judge)
    assert [one.name for one in subjects] == ["a", "b"] and len(subjects[0].truth) == 2
    assert subjects[1].person == "a"  # the same face is one person
    assert len(skipped) == 1 and "dark.mp4 left out: a face is seen in 0 of 3 frames" in skipped[0]
    moved = subjects[0].truth[0].astype(int)
    assert np.abs(moved - np.roll(photo, 3, axis=0)).mean() < np.abs(moved - photo).mean() / 2


def test_figures_of_real_faces_are_of_whole_renderers(judge, tiny_weights, tmp_path):
    (tmp_path / "clips").mkdir()
    (tmp_path / "pictures").mkdir()
    photo = photograph()
    write_clip(tmp_path / "clips" / "a.mp4", [photo, np.roll(photo, 4, axis=1), photo])
    cv2.imwrite(str(tmp_path / "pictures" / "p.png"), photo[..., ::-1])
    cv2.imwrite(str(tmp_path / "pictures" / "grass.png"), photo // 20)
    measured = evaluation.evaluate(
        tiny_weights, tmp_path / "none", tmp_path / "none", clips=tmp_path / "clips", pictures=tmp_path / "pictures",
        frames=2,
    )  # fmt: skip
    figures = {name: figure.value for name, figure in measured.figures.items()}
    for method in ("", "_warp", "_copy", "_mean", "_average", "_moved"):
        assert 0 < figures[f"clips_ssim{method}"] <= 1 and figures[f"clips_lips{method}"] < 1e-3
    # asked for the landmarks that the photo has, both renderers leave it as it is
    assert figures["clips_ssim"] == pytest.approx(figures["clips_ssim_copy"])
    assert figures["clips_ssim_mean"] > figures["clips_ssim_average"] > figures["clips_ssim_copy"]
    assert figures["clips_ssim_moved"] > figures["clips_ssim_average"]
    assert "pictures_ssim" not in figures and 0 < figures["pictures_rest_ssim"] < 1
    assert figures["pictures_lips"] == pytest.approx(figures["pictures_lips_copy"]) and figures["pictures_lips"] > 0
    assert any("grass.png left out" in note for note in measured.notes)
    assert any("drawn persons not measured" in note for note in measured.notes)
    said = {bar.words: bar.held for bar in measured.bars}
    assert said["pictures: identity kept in 95% of frames"] is True
    assert said["clips: ssim better than copying the photo"] is False


def test_folders_without_faces_are_refused(judge, tmp_path):
    with pytest.raises(InputError, match="no folder at"):
        unseen_faces.subjects_of_clips(tmp_path / "none", 2, judge)
    with pytest.raises(CorpusError, match="no picture in .* shows a face"):
        unseen_faces.subjects_of_pictures(tmp_path, 2, judge)


def test_a_frame_is_judged_by_what_is_found_in_it():
    asked = torch.from_numpy(LANDMARKS[:, :2])
    portrait = np.zeros(3, np.float32)
    eyes = float((asked[36] - asked[45]).norm())
    values = judged(Sight(asked + torch.tensor([3.0, 4.0]), portrait + 0.2), asked, portrait)
    assert values["lips"] == pytest.approx(5 / eyes) and values["faces_found"] == 1
    assert values["identity"] == pytest.approx(0.2 * 3**0.5) and values["identity_held"] == 1
    assert judged(Sight(asked, portrait + 0.4), asked, portrait)["identity_held"] == 0
    none = judged(Sight(None, None), asked, portrait)
    assert np.isnan(none["lips"]) and none["faces_found"] == 0 == none["identity_held"]

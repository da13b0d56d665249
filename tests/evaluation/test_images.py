"""The images' evaluation on flat pictures, drawings whose figures are known beforehand and a detector of our own."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from anyonenet.errors import CorpusError, InputError, WeightsError
from anyonenet.face.template import frontal_template
from anyonenet.types import ImageBatch
from datamodules.store import StoreWriter
from datamodules.talking_faces import TalkingFacesDataModule
from evaluation import images as evaluation
from evaluation import picture_scores
from evaluation.figures.translation import translation_figure
from evaluation.frame_judge import FrameJudge

SIDE = 32
EYES = 20.0  # pixels between the outer eye corners
PHOTO, TARGET = 140, 120  # grey levels
PAIRS = 5


def face(grey: float) -> np.ndarray:
    """(68, 2) landmarks that the stand-in detector finds in a picture of this grey: the lighter the further right."""
    return (frontal_template()[:, :2] * EYES + (SIDE / 2 + grey - TARGET, SIDE / 2)).astype(np.float32)


def flat(grey: float, count: int = 1) -> Tensor:
    return torch.full((count, 3, SIDE, SIDE), grey / 127.5 - 1)


@dataclass
class Detector:
    """Finds a face in all but black pictures, where `face` says; counts the pictures that it saw."""

    seen: list[int] = field(default_factory=list)

    def __call__(self, picture: Tensor, near: Tensor | None = None) -> Tensor | None:
        grey = float((picture.mean() + 1) * 127.5)
        self.seen.append(round(grey))
        return torch.from_numpy(face(grey)) if grey > 10 else None


def who(picture: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    """An embedding that changes by 0.1 with ten grey levels."""
    return np.array([picture.mean() / 100], np.float32)


@pytest.fixture
def detector(monkeypatch) -> Detector:
    stand_in = Detector()
    monkeypatch.setattr(evaluation, "FrameJudge", lambda: FrameJudge(stand_in, who))
    return stand_in


class Batches(list):
    """Batches of 2, 2 and 1 pairs, and a dataset of known length as a loader has."""

    dataset = range(PAIRS)

    def __init__(self) -> None:
        super().__init__(
            ImageBatch(
                *(flat(grey, count) for grey in (PHOTO, 255, TARGET)),
                target_landmarks=self.landmarks(count),
                photo_landmarks=self.landmarks(count),
                motion_fields=torch.zeros(count, 3, *flat(255, count).shape[2:]),
            )
            for count in (2, 2, 1)
        )

    @staticmethod
    def landmarks(count: int) -> Tensor:
        return torch.from_numpy(face(TARGET)).repeat(count, 1, 1)


def measure(draw, batches, **options) -> dict[str, float]:
    methods = {"unet": draw, "copy": evaluation.photo_of, "mean": evaluation.mean_of_both}
    judge = evaluation.FrameJudge()
    found, fid = evaluation.measure(methods, batches, picture_scores.scores_of(), judge, **options)
    return {name: figure.value for name, figure in (found.figures() | fid).items()}


def perfect(batch: ImageBatch) -> Tensor:
    return flat(TARGET, len(batch.targets))


def test_who_draws_the_target_makes_no_error(detector):
    figures = measure(perfect, Batches(), lip_frames=80)
    assert figures["l1"] == pytest.approx(0, abs=1e-6) and figures["psnr_copy"] == pytest.approx(22.1, abs=0.1)
    assert np.isnan(figures["cpbd"])  # pictures of 32 pixels
    assert figures["ssim"] == pytest.approx(1, abs=1e-4)
    assert figures["perceptual_gabor"] == pytest.approx(0, abs=1e-5)
    assert figures["lips"] == figures["lips_detector"] == pytest.approx(0, abs=1e-4)
    assert figures["landmarks"] == figures["landmarks_detector"] == pytest.approx(0, abs=1e-4)
    assert figures["faces_found"] == 1


def test_the_copy_of_the_photo_is_measured_beside(detector):
    figures = measure(perfect, Batches(), lip_frames=80)
    assert figures["l1_copy"] == pytest.approx((PHOTO - TARGET) / 255, rel=1e-4)
    assert figures["ssim_copy"] < 0.999
    assert figures["lips_copy"] == pytest.approx((PHOTO - TARGET) / EYES, rel=0.05)
    assert figures["landmarks_copy"] == pytest.approx(figures["lips_copy"])  # the stand-in moves the whole face
    same = measure(evaluation.photo_of, Batches(), lip_frames=80)
    for name in ("l1", "ssim", "perceptual_gabor", "lips"):
        assert same[name] == pytest.approx(same[f"{name}_copy"])


def test_pictures_without_a_face_are_counted_and_not_measured(detector):
    def half_black(batch: ImageBatch) -> Tensor:
        made = flat(TARGET, len(batch.targets))
        made[1:] = -1
        return made

    figures = measure(half_black, Batches(), lip_frames=80)
    assert figures["faces_found"] == pytest.approx(3 / 5)
    assert figures["lips"] == pytest.approx(0, abs=1e-4)
    assert figures["identity_held"] == pytest.approx(3 / 5)  # a frame without a face has not kept it
    assert figures["identity"] == pytest.approx((PHOTO - TARGET) / 100, abs=1e-3)
    all_black = measure(lambda batch: -torch.ones(len(batch.targets), 3, SIDE, SIDE), Batches())
    assert all_black["faces_found"] == 0 and np.isnan(all_black["lips"])


def test_lips_are_looked_for_in_pairs_evenly_spread(detector):
    asked = iter(range(PAIRS))

    def numbered(batch: ImageBatch) -> Tensor:
        """Pair k is drawn in grey 50 + k."""
        return torch.cat([flat(50 + next(asked)) for _ in batch.targets])

    measure(numbered, Batches(), lip_frames=2)
    assert [grey for grey in detector.seen if grey < 100] == [50, 54]  # the first and the last
    assert len(detector.seen) == 2 * 5  # the photo, made, copied, mean and true


def test_the_mean_of_photo_and_target_and_bars(detector):
    methods = {"unet": perfect, "copy": evaluation.photo_of, "mean": evaluation.mean_of_both}
    found, _ = evaluation.measure(methods, Batches(), picture_scores.scores_of(), evaluation.FrameJudge())
    figures = found.figures("drawn_")
    assert figures["drawn_l1_mean"].value == pytest.approx((PHOTO - TARGET) / 2 / 255, rel=1e-3)
    bars = evaluation.bars_of(found, "flat faces", "perceptual_gabor")
    assert [bar.words for bar in bars][:2] == [
        "flat faces: ssim better than copying the photo",
        "flat faces: ssim better than the mean of photo and target",
    ]
    lips = [bar for bar in bars if "lips" in bar.words]
    assert len(lips) == 2 and all(bar.held for bar in lips)
    found, _ = evaluation.measure(
        {**methods, "unet": evaluation.photo_of}, Batches(), picture_scores.scores_of(), evaluation.FrameJudge()
    )
    assert not any(bar.held for bar in evaluation.bars_of(found, "flat faces", "perceptual_gabor"))


def test_warped_pictures_of_a_batch_are_those_of_the_renderer():
    drawn = evaluation.warped(Batches()[0])
    assert drawn.shape == (2, 3, SIDE, SIDE) and torch.allclose(drawn[0], drawn[1])
    assert float(drawn.mean()) == pytest.approx(PHOTO / 127.5 - 1, abs=0.15)  # a grey photo, teeth or none


def store_of(features: Path, persons: int, frames: int = 2) -> None:
    module = TalkingFacesDataModule(features=str(features))
    recipe = module.recipes["voxceleb2"]
    with StoreWriter(features / recipe.name, recipe.options) as writer:
        for person in range(persons):
            for frame in range(frames):
                picture = np.full((256, 256, 3), 100 + 10 * frame, np.uint8)
                arrays = {"jpegs": cv2.imencode(".jpg", picture)[1].ravel(), "landmarks": face(TARGET) * 8}
                fields = {"corpus": "voxceleb2", "clip": f"c{person}", "person": f"p{person}", "frame": frame}
                writer.add(fields, arrays)


def test_exported_weights_are_measured_on_the_test_persons(detector, tiny_weights, tmp_path):
    store_of(tmp_path / "features", persons=2)
    measured = evaluation.evaluate(
        tiny_weights, tmp_path, tmp_path / "features", validation_share=0.0, test_share=1.0, lip_frames=1
    )
    assert measured.figures["l1"].has_interval and measured.figures["l1"].of == "persons"
    assert measured.corpus == f"voxceleb2 (test persons) in {tmp_path}"
    figures = {name: figure.value for name, figure in measured.figures.items()}
    assert (figures["pairs"], figures["persons"]) == (4, 2)
    assert figures["l1_copy"] == pytest.approx(10 / 255, rel=0.05)
    assert figures["l1"] > 0 and figures["lips_detector"] >= 0
    assert figures["ssim_warp"] > figures["ssim"]  # random weights
    lines = measured.table("images", {}).terminal().splitlines()
    assert lines[1].split()[:6] == ["figure", "unet", "warp", "copy", "mean", "true"]
    assert any(line.startswith("NOT HELD  drawn persons: ssim better than copying the photo") for line in lines)
    assert any(not bar["held"] for bar in measured.as_dict("images", {})["bars"])


def colours(pictures: Tensor) -> Tensor:
    """Features that a test can afford: mean colours, and how much the corners differ from them."""
    return torch.cat([pictures.mean((2, 3)), pictures[..., 0, 0] - pictures.mean((2, 3))], dim=1)


def test_frechet_distances_are_of_all_made_pictures_and_all_photos(detector):
    figures = measure(perfect, Batches(), features=colours)
    assert figures["fid"] == pytest.approx(0, abs=1e-6)
    # all photos are one grey and all targets another: only the means differ, in three colours
    assert figures["fid_copy"] == pytest.approx(3 * ((PHOTO - TARGET) / 127.5) ** 2, rel=1e-4)
    assert "fid" not in measure(perfect, Batches())


def test_what_needs_a_download_is_measured_where_it_is_and_else_told(detector, tiny_weights, tmp_path, monkeypatch):
    store_of(tmp_path / "features", persons=2)
    places = (tiny_weights, tmp_path, tmp_path / "features")
    monkeypatch.setattr(evaluation, "warped", evaluation.photo_of)  # what is measured here is not how it draws
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    options = {"validation_share": 0.0, "test_share": 1.0, "lip_frames": 1}
    measured = evaluation.evaluate(*places, **options)
    assert "fid" not in measured.figures and "lpips" not in measured.figures
    lpips, fid = measured.notes
    assert lpips.startswith("lpips not measured: AlexNet weights are not at") and "--lpips-weights FILE" in lpips
    assert fid.startswith("fid not measured: InceptionV3 weights for FID are not at") and "--fid-weights FILE" in fid
    for option in ("lpips_weights", "fid_weights"):
        with pytest.raises(WeightsError, match=r"are not at .*none\.pth"):
            evaluation.evaluate(*places, **options, **{option: tmp_path / "none.pth"})
    known = picture_scores.PerceptualDistance
    monkeypatch.setattr(picture_scores, "inception_features", lambda path: colours)
    monkeypatch.setattr(picture_scores, "PerceptualDistance", lambda kind, path=None: known("gabor"))
    measured = evaluation.evaluate(*places, **options)
    assert measured.notes == () and not measured.figures["fid"].has_interval
    assert measured.figures["lpips"].value == measured.figures["perceptual_gabor"].value
    assert 0 <= measured.figures["fid_copy"].value < 0.05 < measured.figures["fid"].value


def test_a_corpus_without_test_persons_is_refused(tiny_weights, tmp_path):
    store_of(tmp_path / "features", persons=1)
    with pytest.raises(CorpusError, match="falls into the test split; raise test_share"):
        evaluation.evaluate(tiny_weights, tmp_path, tmp_path / "features", validation_share=0.0, test_share=0.0)


def test_rows_of_the_figure_are_different_persons(tiny_weights, tmp_path):
    store_of(tmp_path / "features", persons=3)
    for choose, rows in (("spread", 2), ("worst", 5)):
        found = translation_figure(
            tiny_weights, tmp_path, tmp_path / "features", tmp_path / "f.png", rows, choose, shares=(0.0, 1.0)
        )
        assert len(found) == min(rows, 3) and found == sorted(found, reverse=True)
        assert cv2.imread(str(tmp_path / "f.png")).std() > 1 and (tmp_path / "f.pdf").is_file()
    with pytest.raises(InputError, match="choose is 'nicest'; one of spread, worst, best"):
        translation_figure(tiny_weights, tmp_path, tmp_path / "features", tmp_path / "f.png", choose="nicest")

"""Speech2Vid's evaluation: who draws the truth makes no error, the photo as it is does, stills are not among frames."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from anyonenet.errors import CorpusError, FaceError
from anyonenet.face.canonical import canonical_matrix, registered
from anyonenet.face.template import frontal_template
from anyonenet.networks.face_sharpener import FaceSharpener
from anyonenet.networks.speech2vid import Speech2Vid
from anyonenet.weights import WeightsCard, save_weights
from datamodules.blurred_faces import BlurredFacesDataModule
from datamodules.speech2vid import Speech2VidDataModule
from datamodules.store import StoreWriter
from evaluation import face_sharpener
from evaluation import speech2vid as evaluation

COUNT, SIDE = 30, 48
BASE = (frontal_template()[:, :2] * 60 + [128, 110]).astype(np.float32)
MOUTH = (slice(154, 171), slice(114, 143))


def landmarks(opening: float) -> np.ndarray:
    points = BASE.copy()
    points[[65, 66, 67], 1] += opening
    return points


def picture(frame: int) -> np.ndarray:
    """A face of one grey with grain, whose mouth is the darker the later."""
    made = np.random.default_rng(0).integers(110, 130, (256, 256, 3)).astype(np.uint8)
    made[MOUTH] = 8 * (COUNT - frame)
    return made


class Detector:
    """Opens the mouth by how dark it is; sees no face in black pictures."""

    def __init__(self, backend: str = "dlib"):
        pass

    def __call__(self, frame: np.ndarray, box: object) -> np.ndarray:
        if frame.max() < 10:
            raise FaceError("nothing")
        points = landmarks((240 - frame[158:166, 122:135].mean()) / 16)
        return np.concatenate([points, np.zeros((68, 1), np.float32)], axis=1)


@pytest.fixture(autouse=True)
def stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "LandmarkDetector", Detector)
    monkeypatch.setattr(evaluation, "FaceEmbedder", lambda _: lambda frame, points: np.array([frame.mean() / 100]))


@pytest.fixture
def features(tmp_path: Path) -> Path:
    """Two cuts of two persons, both of whom a share of 1 puts into the test split."""
    for module in (Speech2VidDataModule, BlurredFacesDataModule):
        recipe = module(features=str(tmp_path)).recipes["voxceleb2"]
    with StoreWriter(tmp_path / recipe.name, recipe.options) as writer:
        for person in ("a", "b"):
            jpegs = [
                cv2.imencode(".jpg", picture(f)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 98])[1].ravel()
                for f in range(COUNT)
            ]
            points = np.stack([landmarks(f / 2) for f in range(COUNT)])
            arrays = {
                "jpegs": np.concatenate(jpegs),
                "sizes": np.array([len(jpeg) for jpeg in jpegs], np.int32),
                "landmarks": points,
                "frontal": points,
                "quaternions": np.tile(np.float32([1, 0, 0, 0]), (COUNT, 1)),
                "samples": (3000 * np.random.default_rng(1).standard_normal(640 * COUNT)).astype(np.int16),
            }
            writer.add({"corpus": "voxceleb2", "clip": person, "person": person, "begin": 0.0}, arrays)
    return tmp_path


class Knowing:
    """Draws the true frames of the cut."""

    stills, side = 1, SIDE

    def __init__(self, cut: evaluation.CutToDraw):
        matrices = canonical_matrix(cut.truth_landmarks, SIDE)
        self.true = [registered(*each, SIDE) for each in zip(cut.truth, matrices, strict=True)]

    def identify(self, stills: list[np.ndarray]) -> int:
        return len(stills)

    def faces(self, heard: np.ndarray, identity: int) -> np.ndarray:
        return np.stack(self.true).astype(np.float32)


def test_who_draws_the_truth_makes_no_error(features: Path) -> None:
    data = Speech2VidDataModule(features=str(features), validation_share=0.0, test_share=1.0)
    data.setup()
    (first, second) = evaluation.cuts_to_draw(data.cuts, [0, 1], 5, 3)
    assert len(first.photos) == 3 and first.heard.shape == (5, 35, 12)
    # the photo is the most closed of the first third, and what is drawn comes later
    np.testing.assert_allclose(first.photo_landmarks[:, 66, 1] - BASE[66, 1], [0, 2, 4.5], atol=1e-4)
    assert (first.truth_landmarks[:, 66, 1] - BASE[66, 1]).min() >= 5
    judged = evaluation._Judged("gabor")
    for cut in (first, second):
        judged.add(cut, {"": Knowing(cut)})  # type: ignore[dict-item]
    figures = {name: figure.value for name, figure in judged.figures().items()}
    assert figures["frames"] == 10
    assert figures["l1"] == pytest.approx(0, abs=1e-6) and figures["ssim"] == pytest.approx(1, abs=1e-5)
    assert figures["l1_mouth_still"] > 0.05 > figures["l1_still"] > 0
    assert figures["lips"] < 0.02 < figures["lips_still"]
    assert figures["opening_correlation"] > 0.98 and "opening_correlation_still" not in figures
    assert figures["identity_still"] == 0 < figures["identity"]


def test_weights_are_measured_from_their_folders(features: Path) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        small = {"side": SIDE, "audio_widths": [2] * 5, "identity_widths": [2] * 5, "decoder_widths": [2] * 5}
        for stills, folder in ((1, features / "w" / "speech2vid"), (5, features / "five")):
            network = Speech2Vid(stills, hidden=4, embedding=4, **small)
            save_weights(folder, network, WeightsCard("speech2vid", "nothing"))
        alone = evaluation.evaluate(features / "w", features, features, 0.0, 1.0, frames=2)
        assert "faces are not sharpened" in alone.notes[0] and "l1_plain" not in alone.figures
        sharpener = FaceSharpener(2, 2)
        save_weights(features / "w" / "speech2vid_deblur", sharpener, WeightsCard("speech2vid_deblur", "nothing"))
    found = evaluation.evaluate(
        features / "w", features, features, 0.0, 1.0, frames=2, five_stills=features / "five"
    )  # fmt: skip
    assert not found.notes
    for name in ("l1", "l1_plain", "l1_five", "l1_still", "lips_five", "perceptual_gabor_plain"):
        assert found.figures[name].items == 2, name
    # a sharpener that has learned nothing leaves faces as they are
    assert found.figures["l1"].value == pytest.approx(found.figures["l1_plain"].value)
    sharpened = face_sharpener.evaluate(features / "w", features, features, 0.0, 1.0, frames=2).figures
    assert sharpened["l1"].value == pytest.approx(sharpened["l1_blurred"].value) and sharpened["l1"].value > 0
    assert sharpened["frames"].value == 4
    with pytest.raises(CorpusError, match="no person of .* falls into the test split"):
        evaluation.evaluate(features / "w", features, features, 0.0, 0.0)

"""The landmarks' evaluation on clips made by hand and networks whose figures are known beforehand."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from anyonenet.errors import CorpusError, InputError
from anyonenet.face.template import frontal_template
from anyonenet.types import LandmarkBatch, LandmarkMotion
from datamodules.landmarks import LandmarkDataModule
from datamodules.store import StoreWriter
from evaluation.bootstrap import Figure
from evaluation.landmarks import ERRORS, LIP_ERRORS, correlation, evaluate, measure, placed

LENGTHS = (12, 8)
FRAMES = 12
TURN_DEGREES = 10.0
IDENTITY = torch.tensor([1.0, 0.0, 0.0, 0.0])


def talking(frames: int = FRAMES) -> Tensor:
    """A mouth that opens and shuts: `(frames, 68, 2)`, shut in the first frame."""
    face = torch.from_numpy(frontal_template()[:, :2].astype(np.float32))
    face[65:68, 1] = face[[63, 62, 61], 1]
    landmarks = face.repeat(frames, 1, 1)
    landmarks[:, 65:68, 1] += 0.1 * torch.sin(torch.arange(frames) * 0.9).abs()[:, None]
    return landmarks


@pytest.fixture
def batch() -> LandmarkBatch:
    """Two clips of 12 and 8 frames, the head turned by 10 degrees against the photograph."""
    landmarks = talking().repeat(2, 1, 1, 1)
    half = np.deg2rad(TURN_DEGREES / 2)
    turned = torch.tensor([np.cos(half), 0.0, np.sin(half), 0.0], dtype=torch.float32)
    return LandmarkBatch(
        mels=torch.zeros(2, FRAMES, 80),
        lengths=torch.tensor(LENGTHS),
        landmarks=landmarks,
        quaternions=turned.repeat(2, FRAMES, 1),
        base_landmarks=landmarks[:, 0].clone(),
        base_quaternions=IDENTITY.repeat(2, 1),
    )


Network = Callable[[Tensor, Tensor, Tensor, Tensor], LandmarkMotion]


def perfect(batch: LandmarkBatch) -> Network:
    moved = batch.landmarks - batch.base_landmarks.unsqueeze(1)
    return lambda *_: LandmarkMotion(moved, batch.quaternions)


def values(figures: dict[str, Figure]) -> dict[str, float]:
    return {name: figure.value for name, figure in figures.items()}


def motionless(mels: Tensor, landmarks: Tensor, quaternions: Tensor, lengths: Tensor) -> LandmarkMotion:
    count, frames = mels.shape[:2]
    return LandmarkMotion(torch.zeros(count, frames, 68, 2), quaternions.unsqueeze(1).expand(-1, frames, -1))


def test_who_knows_the_truth_makes_no_error(batch):
    figures = values(measure(perfect(batch), [batch]))
    for name in ERRORS:
        assert figures[name] == pytest.approx(0, abs=1e-6)
        assert figures[f"{name}_still"] > 0.005
        assert figures[f"{name}_of_still"] == pytest.approx(0, abs=1e-4)
    assert figures["opening_correlation"] == pytest.approx(1)
    for name in (*LIP_ERRORS, "d_l", "d_v", "d_pos", "d_rot"):
        assert figures[name] == pytest.approx(0, abs=1e-4) and figures[f"{name}_still"] > 0.001
    assert figures["clips"] == 2


def test_who_does_not_move_is_as_good_as_the_still_face(batch):
    figures = values(measure(motionless, [batch]))
    for name in ERRORS:
        assert figures[f"{name}_of_still"] == pytest.approx(1)
    assert figures["d_rot"] == pytest.approx(TURN_DEGREES, abs=0.1)
    for name in ("d_ll_lips", "d_vl_lips", "d_l", "d_v", "d_pos", "d_rot"):
        assert figures[name] == figures[f"{name}_still"]
    # the mouth's points alone move: there are 20 of them, and 37 with the jaw
    assert figures["d_ll_lips"] / figures["d_ll"] == pytest.approx(37 / 20)
    assert figures["d_vl_lips"] / figures["d_vl"] == pytest.approx(37 / 20)


def test_the_other_sign_of_a_quaternion_is_the_same_orientation(batch):
    opposite = replace(batch, quaternions=-batch.quaternions)
    assert measure(motionless, [opposite])["d_rot"].value == pytest.approx(TURN_DEGREES, abs=0.1)


def test_a_turned_head_lies_elsewhere_by_what_its_neck_and_depth_say():
    """Yaw by t about a neck at (0, 1.2, 0.8): x moves to x cos t + (z - 0.8) sin t, y stays."""
    face = torch.from_numpy(frontal_template()).float()
    angle = np.deg2rad(20.0)
    turned = torch.tensor([np.cos(angle / 2), 0.0, np.sin(angle / 2), 0.0])
    found = placed(face[None, :, :2], turned[None])[0].float()
    torch.testing.assert_close(found[:, 0], face[:, 0] * np.cos(angle) + (face[:, 2] - 0.8) * np.sin(angle))
    torch.testing.assert_close(found[:, 1], face[:, 1])
    torch.testing.assert_close(placed(face[None, :, :2], IDENTITY[None])[0].float(), face[:, :2])


def test_padding_does_not_count(batch):
    spoilt = replace(batch, landmarks=batch.landmarks.clone(), quaternions=batch.quaternions.clone())
    spoilt.landmarks[1, LENGTHS[1] :] += 5.0
    spoilt.quaternions[1, LENGTHS[1] :] = IDENTITY
    assert values(measure(perfect(batch), [spoilt])) == values(measure(perfect(batch), [batch]))


def test_each_clip_counts_once_in_whatever_batches(batch):
    network = perfect(batch)
    apart = [
        replace(batch, **{name: getattr(batch, name)[item : item + 1] for name in vars(batch)}) for item in range(2)
    ]

    def one_by_one(mels: Tensor, landmarks: Tensor, quaternions: Tensor, lengths: Tensor) -> LandmarkMotion:
        motion = network(mels, landmarks, quaternions, lengths)
        return LandmarkMotion(1.1 * motion.displacements[:1], motion.quaternions[:1])

    def at_once(*inputs: Tensor) -> LandmarkMotion:
        motion = network(*inputs)
        return LandmarkMotion(1.1 * motion.displacements, motion.quaternions)

    together = values(measure(at_once, [batch]))
    assert values(measure(one_by_one, apart)) == pytest.approx(together, rel=1e-5)
    assert together["d_ll_of_still"] == pytest.approx(0.1, rel=1e-3)


def store_of(features: Path, splits: list[str]) -> None:
    module = LandmarkDataModule(features=str(features))
    recipe = module.recipes["obama"]
    with StoreWriter(features / recipe.name, recipe.options) as writer:
        for number, split in enumerate(splits):
            arrays = {
                "mels": np.random.default_rng(number).normal(size=(20 + number, 80)).astype(np.float32),
                "landmarks": talking(20 + number).numpy(),
                "quaternions": np.tile(IDENTITY.numpy(), (20 + number, 1)),
            }
            writer.add({"clip": f"c{number}", "corpus": "obama", "begin": 0, "split": split}, arrays)


def test_exported_weights_and_rivals_are_measured_on_the_test_cuts(tiny_weights, tmp_path):
    store_of(tmp_path / "features", ["train", "test", "validation", "test"])
    shutil.copytree(tiny_weights / "landmarks", tmp_path / "rivals" / "blstm")
    places = (tiny_weights, tmp_path, tmp_path / "features")
    measured = evaluate(*places, shortest_seconds=0.1, rivals=tmp_path / "rivals")
    assert measured.corpus == f"obama (test split) in {tmp_path}"
    assert measured.figures["d_ll"].has_interval and measured.figures["d_ll"].of == "videos"
    figures = values(measured.figures)
    assert figures["clips"] == 2
    assert figures["d_ll"] > 0 and -1 <= figures["opening_correlation"] <= 1
    rivals = {name: value for name, value in figures.items() if "/" in name}
    assert rivals == {f"blstm/{name}": pytest.approx(figures[name]) for name in (*ERRORS, *LIP_ERRORS)}


def test_a_folder_without_rivals_is_refused(tiny_weights, tmp_path):
    with pytest.raises(
        InputError, match="no predictor in .*none; expected exported weights in a folder named cnn_blstm"
    ):
        evaluate(tiny_weights, tmp_path, tmp_path, rivals=tmp_path / "none")


def test_a_corpus_without_test_cuts_is_refused(tiny_weights, tmp_path):
    store_of(tmp_path / "features", ["train", "train"])
    with pytest.raises(CorpusError, match="falls into the test split; add videos"):
        evaluate(tiny_weights, tmp_path, tmp_path / "features", shortest_seconds=0.1)


def test_correlation_over_all_frames_is_resampled_by_video():
    rng = np.random.default_rng(0)
    pairs = [rng.normal(size=(2, frames)) for frames in (40, 60, 80, 50)]
    for pair in pairs:
        pair[1] += pair[0]
    figure = correlation(pairs, "videos", ["a", "a", "b", "c"])
    assert figure.value == pytest.approx(np.corrcoef(np.concatenate(pairs, 1))[0, 1])
    assert figure.items == 3 and figure.low <= figure.value <= figure.high
    assert np.isnan(correlation([np.zeros((2, 5))], "videos").value)

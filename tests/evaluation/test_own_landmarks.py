"""The own model's evaluation on clips made by hand."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from anyonenet.errors import InputError
from anyonenet.networks.dilated_predictor import DilatedPredictor
from anyonenet.weights import WeightsCard, save_weights
from datamodules.landmarks import LandmarkDataModule
from datamodules.store import StoreWriter
from evaluation.head_realism import head_figures, heard_of
from evaluation.own_landmarks import evaluate
from tests.evaluation.test_landmarks import talking

FRAMES = 240


def head(seed: int) -> np.ndarray:
    """A head that wanders: `(FRAMES, 4)` float32."""
    rng = np.random.default_rng(seed)
    places = np.cumsum(np.cumsum(rng.normal(size=(FRAMES, 3)), axis=0), axis=0) * 2e-4
    return np.roll(Rotation.from_rotvec(places).as_quat(), 1, axis=1).astype(np.float32)


def mel(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(FRAMES, 80)).astype(np.float32)


def test_true_heads_are_real_and_still_ones_are_not():
    videos = ["a", "a", "b", "c"]
    true = heard_of([head(seed) for seed in range(4)], [mel(seed) for seed in range(4)], videos, 80.0)
    same = head_figures([[head(seed)] * 2 for seed in range(4)], true, 80.0)
    assert same["head_distance"].value == pytest.approx(0, abs=0.05)
    assert same["head_speed"].value == same["head_spread"].value == pytest.approx(1)
    assert same["head_diversity"].value == pytest.approx(0, abs=1e-4) and same["head_speed"].items == 3
    still = head_figures([[np.tile(head(0)[:1], (FRAMES, 1))]] * 4, true, 80.0)
    assert max(still["head_speed"].value, still["head_spread"].value) < 1e-6
    assert still["head_distance"].value > 10 and "head_diversity" not in still


@pytest.fixture
def places(tmp_path, tiny_weights):
    torch.manual_seed(0)
    network = DilatedPredictor(width=8, dilations=[1], pose_width=8)
    save_weights(tmp_path / "weights" / "own_landmarks", network, WeightsCard("own_landmarks", "nothing: random"))
    shutil.copytree(tiny_weights / "landmarks", tmp_path / "weights" / "landmarks")
    for corpus in ("obama", "mine"):
        recipe = LandmarkDataModule(features=str(tmp_path / "features"), corpora=[corpus]).recipes[corpus]
        with StoreWriter(tmp_path / "features" / recipe.name, recipe.options) as writer:
            for number, split in enumerate(["train", "test", "train", "test", "validation"]):
                arrays = {"mels": mel(number), "landmarks": talking(FRAMES).numpy(), "quaternions": head(number)}
                writer.add({"clip": f"c{number}", "corpus": corpus, "begin": 0, "split": split}, arrays)
    return tmp_path / "weights", tmp_path, tmp_path / "features"


def test_models_are_measured_on_the_same_cuts(places):
    shutil.copytree(places[0] / "landmarks", places[1] / "rivals" / "blstm")
    measured = evaluate(*places, rivals=places[1] / "rivals", draws=2)
    figures = {name: figure.value for name, figure in measured.figures.items()}
    assert figures["clips"] == 2 and measured.figures["d_ll"].of == "videos"
    assert figures["landmarks/d_ll_more"] == pytest.approx(figures["landmarks/d_ll"] - figures["d_ll"])
    for name in ("d_ll", "d_a", "head_distance"):
        assert figures[f"blstm/{name}"] == figures[f"landmarks/{name}"]
    # untrained, the face rests; its head is drawn, and moves
    assert figures["d_ll"] == figures["d_ll_still"] and figures["head_speed"] > 2 * figures["expected/head_speed"]
    assert figures["d_rot_drawn"] > 0 and figures["head_diversity"] > 0
    assert "landmarks+sway/head_speed" in figures and "true/head_distance" in figures
    assert len(measured.notes) == 1 and measured.notes[0].startswith("makeittalk is left out: ")


def test_other_videos_are_measured_whole(places):
    measured = evaluate(*places, corpus="mine", draws=2)
    assert measured.figures["clips"].value == 5
    assert measured.corpus == "mine (all cuts)" and "true/head_distance" not in measured.figures
    with pytest.raises(InputError, match="anyonenet prepare videos --root DIR .* --name yours"):
        evaluate(*places, corpus="yours")

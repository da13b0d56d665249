"""The own model as a system: frames of the right number, a head that goes on over sentences, one track a seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from anyonenet.networks.dilated_predictor import DilatedPredictor
from anyonenet.portrait import Portrait
from anyonenet.side_by_side import SideBySide
from anyonenet.stopwatch import Stopwatch
from anyonenet.systems.known import load_system
from anyonenet.systems.own import SampledMover
from anyonenet.voice import Spoken
from anyonenet.weights import WeightsCard, save_weights
from tests.anyonenet.systems.test_landmark_performer import face


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("own")
    torch.manual_seed(0)
    network = DilatedPredictor(width=8, dilations=[1, 2], pose_width=8)
    save_weights(folder / "own_landmarks", network, WeightsCard("own_landmarks", "nothing: random"))
    return folder


def spoken(frames: int, seed: int = 0) -> Spoken:
    mel = np.random.default_rng(seed).normal(size=(frames, 80)).astype(np.float32)
    return Spoken("", (), mel, np.zeros(frames * 200, dtype=np.float32), np.full(frames, -1), True)


@pytest.fixture
def portrait() -> Portrait:
    return face()


def test_two_sentences_are_drawn_frame_by_frame(weights, portrait: Portrait):
    system = load_system("own", weights)
    system.prepare("warp")
    performer = system.performer(portrait, 25.0, 0, "warp")
    performances = [performer.perform(spoken(frames, frames)) for frames in (41, 30)]
    assert [len(one.landmarks) for one in performances] == [13, 10]  # 71 mel frames are 22.19 of the video's: 23
    with SideBySide(1) as pool:
        drawn = list(performer.draw(performances[0], pool, Stopwatch()))
    assert len(drawn) == 13 and drawn[0].shape == (128, 128, 3) and drawn[0].dtype == np.uint8
    turns = np.concatenate([one.quaternions for one in performances])
    steps = 1 - np.abs((turns[1:] * turns[:-1]).sum(1))
    assert steps.max() > 0 and steps[12] <= 2 * np.delete(steps, 12).max()


def test_the_head_is_drawn_by_the_seed(weights, portrait: Portrait):
    predictor = DilatedPredictor(width=8, dilations=[1], pose_width=8).eval()
    one, again, other = (
        SampledMover(predictor, 80.0, portrait, seed).hear(spoken(64)).quaternions for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, again)
    assert np.abs(one - other).max() > 1e-4


def test_a_sentence_begins_where_the_last_one_ended(portrait: Portrait):
    predictor = DilatedPredictor(width=8, dilations=[1], pose_width=8).eval()
    mover = SampledMover(predictor, 80.0, portrait, 0)
    first, second = (mover.hear(spoken(80, number)).quaternions for number in (1, 2))
    step = 1 - abs(float(second[0] @ first[-1]))
    assert 1 - abs(float(first[-1] @ first[0])) > 10 * step  # it had gone somewhere, and goes on from there

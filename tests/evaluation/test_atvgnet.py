"""ATVGnet's evaluations on clips made by hand and networks whose figures are known beforehand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from anyonenet.face.landmark_basis import landmark_basis
from anyonenet.face.template import frontal_template
from anyonenet.networks.at_net import MovedLandmarks
from anyonenet.networks.vg_net import DrawnFrames
from anyonenet.types import HeardFaceBatch, MovingPhotoBatch
from evaluation import atvgnet_frames, atvgnet_landmarks
from evaluation.atvgnet_landmarks import ERRORS, mean_motion, said_again
from evaluation.frame_judge import FrameJudge

FRAMES = 12


def talking(frames: int = FRAMES) -> torch.Tensor:
    face = torch.from_numpy(frontal_template()[:, :2].astype(np.float32))
    face[65:68, 1] = face[[63, 62, 61], 1]
    landmarks = face.repeat(frames, 1, 1)
    landmarks[:, 65:68, 1] += 0.1 * torch.sin(torch.arange(frames) * 0.9).abs()[:, None]
    return landmarks


class Says:
    """A network that says given changes of the example; its basis holds everything."""

    def __init__(self, changes: torch.Tensor):
        self.changes = changes

    def __call__(self, audio: torch.Tensor, examples: torch.Tensor) -> MovedLandmarks:
        return MovedLandmarks(self.changes, self.placed(self.changes, examples), None)

    def coordinates(self, landmarks: torch.Tensor) -> torch.Tensor:
        return landmarks.flatten(-2)

    def placed(self, changes: torch.Tensor, examples: torch.Tensor) -> torch.Tensor:
        return examples.unsqueeze(1) + changes.unflatten(-1, (68, 2))


def measured(changes: torch.Tensor, mean: torch.Tensor) -> dict[str, float]:
    truth = talking()[None].repeat(2, 1, 1, 1)
    batch = HeardFaceBatch(torch.zeros(2, FRAMES, 28, 12), torch.tensor([FRAMES, 9]), truth, truth[:, 0])
    figures = atvgnet_landmarks.measure(Says(changes), [batch], ["a", "b"], mean)
    return {name: figure.value for name, figure in figures.items()}


def test_who_knows_the_truth_makes_no_error_and_who_does_not_move_is_still():
    truth = talking()
    changes = (truth - truth[0]).flatten(-2)[None].repeat(2, 1, 1)
    figures = measured(changes, torch.zeros(68, 2))
    for name in ERRORS:
        assert figures[name] == figures[f"{name}_basis"] == pytest.approx(0, abs=1e-6)
        assert figures[f"{name}_still"] == figures[f"{name}_mean"] > 0.005
        assert figures[f"{name}_of_still"] == pytest.approx(0, abs=1e-4)
    assert figures["opening_correlation"] == pytest.approx(1) and figures["clips"] == 2
    still = measured(torch.zeros_like(changes), torch.zeros(68, 2))
    assert all(still[f"{name}_of_still"] == pytest.approx(1) for name in ERRORS)


def test_the_average_motion_is_nearer_than_none():
    truth = talking()
    mean = mean_motion([truth.numpy()] * 3)
    torch.testing.assert_close(mean, (truth - truth[0]).mean(0), atol=1e-6, rtol=0)
    assert (
        measured(torch.zeros(2, FRAMES, 136), mean)["d_a_mean"]
        < 0.8 * measured(torch.zeros(2, FRAMES, 136), 0 * mean)["d_a_mean"]
    )


def test_more_directions_say_the_truth_better():
    rng = np.random.default_rng(0)
    clips = [talking(30).numpy() + 0.01 * rng.normal(size=(30, 68, 2)) for _ in range(3)]
    figures = said_again(landmark_basis(clips, 20), clips, ["a", "b", "c"])
    errors = [figures[f"pca_{count}"].value for count in atvgnet_landmarks.COUNTS]
    shares = [figures[f"pca_{count}_explained"].value for count in atvgnet_landmarks.COUNTS]
    assert errors == sorted(errors, reverse=True) and errors[-1] < 0.95 * errors[0]
    assert shares == sorted(shares) and 0 < shares[0] < shares[-1] <= 1


class Draws:
    """A network that draws given frames and looks at the middle of the picture."""

    def __init__(self, frames: torch.Tensor):
        self.frames = frames

    def __call__(self, *_: torch.Tensor) -> DrawnFrames:
        attention = torch.zeros_like(self.frames[:, :, :1])
        attention[..., 24:40, 24:40] = 1.0
        return DrawnFrames(self.frames, attention, self.frames, None)


def test_frames_are_measured_beside_the_photo():
    generator = torch.Generator().manual_seed(0)
    true = torch.rand(1, 4, 3, 64, 64, generator=generator) * 2 - 1
    landmarks = torch.zeros(1, 4, 68, 2)
    angles = torch.arange(20) / 20 * 6.283
    landmarks[..., 48:68, :] = torch.stack([0.2 * angles.cos(), 0.2 * angles.sin()], -1)
    landmarks[..., 36, 0], landmarks[..., 45, 0] = -0.5, 0.5
    batch = MovingPhotoBatch(true[:, 0], landmarks[:, 0], true, landmarks)
    found = (landmarks[0, 0] + 1) * 128 - 0.5
    judge = FrameJudge(lambda picture, near=None: found + 12.8, lambda picture, points: np.zeros(3, np.float32))
    figures = atvgnet_frames.measure(Draws(true), [batch], ["a"], judge, every=3)
    values = {name: figure.value for name, figure in figures.items()}
    assert values["l1"] == values["step_l1"] == 0 and values["ssim"] == pytest.approx(1, abs=1e-5)
    assert values["l1_copy"] > 0.1 and values["ssim_gain"] == pytest.approx(1 - values["ssim_copy"], abs=1e-5)
    assert values["mouth_l1_copy"] > 0.1 and values["mouth_ssim"] == pytest.approx(1, abs=1e-5)
    assert values["lips"] == values["lips_detector"] == pytest.approx(12.8 * 2**0.5 / 128, rel=1e-3)
    assert values["attention_mouth"] == pytest.approx(1) and values["attention_outside"] < 0.05
    assert values["attention"] == pytest.approx(256 / 4096)

"""The TTS losses on cases worked out by hand; padding never counts."""

from __future__ import annotations

import math

import pytest
import torch

from anyonenet.losses.tts import TTSLoss
from anyonenet.types import TacotronOutput

SYMBOLS = torch.tensor([4])


def output(value: float, stop: float = 0.0) -> TacotronOutput:
    mels = torch.full((1, 6, 2), value)
    return TacotronOutput(mels, mels, torch.full((1, 3), stop), torch.zeros(1, 3, 4))


@pytest.mark.parametrize(("distance", "expected"), [("mse", 4.0), ("l1", 2.0), ("both", 6.0)])
def test_mel_distances(distance: str, expected: float) -> None:
    losses = TTSLoss(distance)(output(2.0), torch.zeros(1, 6, 2), torch.tensor([6]), SYMBOLS)
    assert losses.coarse.item() == losses.refined.item() == pytest.approx(expected)
    assert losses.total.item() == pytest.approx(2 * expected + losses.stop.item())


def test_low_bands_count_more_and_the_mean_weight_stays_one() -> None:
    mels = torch.zeros(1, 6, 2)
    mels[..., 0] = 2.0  # output(2.0) is right there, and 2 away in the other band
    six = torch.tensor([6])
    assert TTSLoss("l1", low_bands=1, low_weight=3.0)(output(2.0), mels, six, SYMBOLS).coarse.item() == pytest.approx(
        (3 * 0.0 + 1 * 2.0) / 4
    )
    assert TTSLoss("l1", low_bands=1, low_weight=3.0)(
        output(2.0), torch.zeros(1, 6, 2), six, SYMBOLS
    ).coarse.item() == pytest.approx(2.0)


def test_frames_beyond_the_last_step_do_not_count_and_its_rest_is_silence() -> None:
    mels = torch.zeros(1, 6, 2)
    mels[:, 3:] = 99.0  # never heard: the utterance has 3 frames, its second step ends after 4
    losses = TTSLoss("l1", silence=-1.0)(output(0.0), mels, torch.tensor([3]), SYMBOLS)
    assert losses.coarse.item() == pytest.approx(1 / 4)


def test_stop_is_wanted_at_the_last_step_only() -> None:
    losses = TTSLoss(stop_positive_weight=3.0)(output(0.0, stop=0.0), torch.zeros(1, 6, 2), torch.tensor([4]), SYMBOLS)
    assert losses.stop.item() == pytest.approx((1 + 3) * math.log(2) / 2)


def test_unknown_distance_is_refused() -> None:
    with pytest.raises(ValueError, match="expected one of mse, l1, both"):
        TTSLoss("huber")


def test_guide_is_zero_on_the_diagonal_and_pulls_from_far_away() -> None:
    loss = TTSLoss(guide_weight=2.0, tolerance=0.1)
    good = output(0.0)
    alignment = torch.zeros(1, 3, 5)
    alignment[0, range(3), [0, 2, 4]] = 1.0
    good = TacotronOutput(good.mels, good.refined_mels, good.stop_logits, alignment)
    five = torch.tensor([5])
    fine = loss(good, torch.zeros(1, 6, 2), torch.tensor([6]), five)
    assert fine.guide.item() == pytest.approx(0.0, abs=1e-3)
    stuck = torch.zeros(1, 3, 5)
    stuck[0, :, 0] = 1.0
    bad = TacotronOutput(good.mels, good.refined_mels, good.stop_logits, stuck.requires_grad_())
    losses = loss(bad, torch.zeros(1, 6, 2), torch.tensor([6]), five)
    assert losses.guide.item() == pytest.approx((0.0 + 0.4 + 0.9) / 3, rel=2e-3)
    losses.total.backward()
    assert stuck.grad is not None and stuck.grad[0, 2, 0] > stuck.grad[0, 2, 4]


def test_guide_counts_lost_mass() -> None:
    lost = TTSLoss(guide_weight=1.0)(output(0.0), torch.zeros(1, 6, 2), torch.tensor([6]), SYMBOLS)
    assert lost.guide.item() == pytest.approx(0.1)
    assert TTSLoss()(output(0.0), torch.zeros(1, 6, 2), torch.tensor([6]), SYMBOLS).guide.item() == 0

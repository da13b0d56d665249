"""Write-a-Speaker's generators from text: shapes, padding, who hears of the emotion, weights there and back."""

from __future__ import annotations

import pytest
import torch

from anyonenet.networks.motion_discriminator import MotionDiscriminator
from anyonenet.networks.mouth_generator import MouthGenerator
from anyonenet.networks.word_generator import WordGenerator
from anyonenet.weights import WeightsCard, load_weights, save_weights


def mouth(emotions: int = 4) -> MouthGenerator:
    torch.manual_seed(0)
    return MouthGenerator(20, 8, 16, [1, 2], 3, emotions)


def words(emotions: int = 4) -> WordGenerator:
    torch.manual_seed(0)
    network = WordGenerator(20, 6, 8, 16, 2, 2, emotions, 0.5)
    torch.nn.init.normal_(network.leave.weight)
    return network


LENGTHS = torch.tensor([23, 9, 16])


@pytest.mark.parametrize("make", [mouth, words])
def test_padding_changes_nothing(make):
    network = make().eval()
    ids = torch.randint(20, (3, 23), generator=torch.Generator().manual_seed(1))
    emotions = torch.tensor([0, 1, 3])
    together = network(ids, emotions, LENGTHS)
    assert together.shape == (3, 23, 28 if make is mouth else 6)
    for item, length in enumerate(LENGTHS.tolist()):
        alone = network(ids[item : item + 1, :length], emotions[item : item + 1], LENGTHS[item : item + 1])
        torch.testing.assert_close(together[item, :length], alone[0], atol=1e-5, rtol=1e-4)
        assert not together[item, length:].any()


@pytest.mark.parametrize("make", [mouth, words])
def test_the_emotion_is_heard_of_by_option(make):
    ids = torch.randint(20, (1, 12), generator=torch.Generator().manual_seed(1))
    for emotions, alike in ((4, False), (0, True)):
        network = make(emotions).eval()
        one, other = (network(ids, torch.tensor([label]), torch.tensor([12])) for label in (0, 1))
        assert torch.equal(one, other) == alike


@pytest.mark.parametrize("make", [mouth, words])
def test_every_parameter_gets_a_gradient(make):
    network = make()
    ids = torch.arange(20).repeat(2, 2)[:, :23]
    network(ids, torch.tensor([0, 1]), LENGTHS[:2]).square().sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().max() > 0, name


def test_far_words_are_heard_of():
    network = words().eval()
    ids = torch.zeros(1, 64, dtype=torch.int64)
    other = ids.clone()
    other[0, :4] = 5
    one, two = (network(each, torch.tensor([0]), torch.tensor([64])) for each in (ids, other))
    assert (one - two)[0, 30:40].abs().max() > 1e-4


def test_a_new_word_generator_is_nearly_at_rest():
    torch.manual_seed(0)
    network = WordGenerator(20, 6, 8, 16, 2, 2, 4)
    assert network(torch.zeros(1, 20, dtype=torch.int64), torch.tensor([0]), torch.tensor([20])).abs().max() < 0.05


def test_judgements_are_of_stretches_within_the_items():
    torch.manual_seed(0)
    judge = MotionDiscriminator(6, 8, 2, 0.5)
    tracks = torch.randn(3, 23, 6)
    verdicts = judge(tracks, LENGTHS)
    assert verdicts.shape == (23 // 4 + 9 // 4 + 16 // 4,)
    alone = judge(tracks[1:2, :9], LENGTHS[1:2])
    torch.testing.assert_close(verdicts[23 // 4 : 23 // 4 + 2], alone, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(("make", "stage"), [(mouth, "write_a_speaker_mouth"), (words, "write_a_speaker_head")])
def test_weights_there_and_back(make, stage, tmp_path):
    network = make().eval()
    save_weights(tmp_path, network, WeightsCard(stage, "a test"), half=False)
    loaded, _ = load_weights(tmp_path, stage)
    ids = torch.randint(20, (1, 12), generator=torch.Generator().manual_seed(1))
    arguments = (ids, torch.tensor([1]), torch.tensor([12]))
    torch.testing.assert_close(loaded(*arguments), network(*arguments))

import math

import pytest
import torch

from anyonenet.losses.adversarial import AdversarialLoss


def test_bce_by_hand():
    loss = AdversarialLoss("bce")
    undecided = torch.zeros(2, 1, 3, 3)
    assert loss.discriminator(undecided, undecided) == pytest.approx(math.log(2))
    assert loss.generator(undecided) == pytest.approx(math.log(2))
    sure = torch.full((1, 1, 2, 2), math.log(3.0))  # probability 3/4
    assert loss.discriminator(sure, -sure) == pytest.approx(math.log(4 / 3))
    assert loss.generator(-sure) == pytest.approx(math.log(4))


def test_least_squares_by_hand():
    loss = AdversarialLoss("least_squares")
    assert loss.discriminator(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 2.0])) == pytest.approx((0.5 + 2.0) / 2)
    assert loss.generator(torch.tensor([3.0])) == pytest.approx(4.0)


def test_players_pull_made_pictures_in_opposite_directions():
    for kind in ("bce", "least_squares"):
        logits = torch.zeros(4, requires_grad=True)
        (for_generator,) = torch.autograd.grad(AdversarialLoss(kind).generator(logits), logits)
        (for_discriminator,) = torch.autograd.grad(AdversarialLoss(kind).discriminator(torch.ones(4), logits), logits)
        assert (for_generator < 0).all()
        assert (for_discriminator >= 0).all()


def test_unknown_kind():
    with pytest.raises(ValueError, match="'hinge'; choose one of bce, least_squares"):
        AdversarialLoss("hinge")

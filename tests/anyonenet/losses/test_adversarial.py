import math

import pytest
import torch

from anyonenet.losses.adversarial import AdversarialLoss, feature_matching


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


def test_feature_matching_is_the_mean_over_layers_and_pulls_the_made_side_only():
    made = [torch.ones(1, 2, 2, 2, requires_grad=True), torch.zeros(1, 4, 1, 1, requires_grad=True)]
    real = [torch.zeros(1, 2, 2, 2, requires_grad=True), torch.full((1, 4, 1, 1), 3.0, requires_grad=True)]
    loss = feature_matching(made, real)
    assert float(loss.detach()) == pytest.approx((1 + 3) / 2)
    loss.backward()
    assert all(layer.grad is not None for layer in made) and all(layer.grad is None for layer in real)


def test_signs_of_a_game_that_the_discriminator_wins():
    signs = AdversarialLoss().signs(torch.tensor([9.0, 9.0]), torch.tensor([-9.0, 1.0]))
    assert float(signs["verdict_real"]) > 0.99
    assert (float(signs["right_real"]), float(signs["right_made"])) == (1.0, 0.5)
    assert float(AdversarialLoss("least_squares").signs(torch.tensor([0.8]), torch.tensor([0.7]))["right_made"]) == 0.0

import math

import pytest
import torch

from anyonenet.losses.margin_softmax import MarginSoftmax, annealing, margin_cosine


@pytest.mark.parametrize(
    ("kind", "margin", "degrees", "expected"),
    [
        ("am", 0.2, 60, 0.3),
        ("aam", math.radians(30), 60, 0.0),
        ("aam", math.radians(30), 170, -math.cos(math.radians(200)) - 2),  # beyond pi
        ("a", 2, 30, 0.5),  # k = 0: cos 60
        ("a", 2, 120, 0.5 - 2),  # k = 1: -cos 240 - 2
        ("a", 4, 150, -0.5 - 6),  # k = 3: -cos 600 - 6 = 0.5 - 6, minus sign below
    ],
)
def test_margin_cosine_by_hand(kind, margin, degrees, expected):
    if (kind, degrees) == ("a", 150):
        expected = -math.cos(math.radians(600)) - 6
    cosine = torch.tensor([math.cos(math.radians(degrees))], dtype=torch.float64)
    assert margin_cosine(cosine, kind, margin).item() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("kind", "margin"), [("a", 3), ("am", 0.35), ("aam", 0.5)])
def test_target_falls_monotonically_and_never_above_the_cosine(kind, margin):
    cosine = torch.cos(torch.linspace(0.002, math.pi - 0.002, 5000, dtype=torch.float64))
    harder = margin_cosine(cosine, kind, margin)
    assert (harder <= cosine + 1e-5).all()
    assert (harder.diff() < 1e-9).all()


def test_annealing_follows_the_formula():
    assert annealing(0) == 1000
    assert annealing(10_000) == pytest.approx(1000 / 32)
    assert annealing(10**7, minimum=5.0) == 5.0


def test_logits_mix_plain_and_margin():
    loss = MarginSoftmax(2, 2, "am", margin=0.5, scale=10, gamma=1.0)
    loss.weight.data = torch.tensor([[1.0, 0.0], [0.0, 3.0]])
    embedding = torch.tensor([[0.6, 0.8]])
    plain = 1000 / 3**5  # step 2, gamma 1
    target = (plain * 0.6 + 0.1) / (1 + plain)
    torch.testing.assert_close(loss.logits(embedding, torch.tensor([0]), 2), torch.tensor([[10 * target, 8.0]]))
    expected = math.log(1 + math.exp(8 - 10 * target))
    assert loss(embedding, torch.tensor([0]), 2).item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("kind", "margin"), [("a", 4), ("am", 0.2), ("aam", 0.2)])
def test_gradients_are_finite_even_on_the_speakers_own_vector(kind, margin):
    loss = MarginSoftmax(8, 3, kind, margin, gamma=1.0)
    embeddings = torch.nn.functional.normalize(loss.weight.detach().clone(), dim=-1).requires_grad_()
    loss(embeddings, torch.arange(3), 10**6).backward()
    assert embeddings.grad.isfinite().all() and loss.weight.grad.isfinite().all()


def test_refusals_name_what_is_wrong():
    with pytest.raises(ValueError, match="whole number"):
        MarginSoftmax(4, 3, "a", 0.2)
    with pytest.raises(ValueError, match="'a', 'am' or 'aam'"):
        MarginSoftmax(4, 3, "arc", 0.2)
    with pytest.raises(ValueError, match="1 training speakers"):
        MarginSoftmax(4, 1)

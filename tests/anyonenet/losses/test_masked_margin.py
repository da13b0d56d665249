import math

import pytest
import torch

from anyonenet.losses.masked_margin import margin_at, masked_margin_softmax


def unit(*angles: float) -> torch.Tensor:
    return torch.tensor([[math.cos(a), math.sin(a)] for a in angles])


def test_value_by_hand():
    faces, voices = unit(0.0, 1.0), unit(0.3, 0.9)
    s = {(i, j): math.cos(a - b) for i, a in enumerate((0.0, 1.0)) for j, b in enumerate((0.3, 0.9))}
    scale, margin = 5.0, 0.1

    def term(own, other):
        return -math.log(
            math.exp(scale * (own - margin)) / (math.exp(scale * (own - margin)) + math.exp(scale * other))
        )

    xy = (term(s[0, 0], s[0, 1]) + term(s[1, 1], s[1, 0])) / 2
    yx = (term(s[0, 0], s[1, 0]) + term(s[1, 1], s[0, 1])) / 2
    loss = masked_margin_softmax(faces, voices, torch.tensor([0, 1]), margin, scale)
    assert loss.item() == pytest.approx(xy + yx, rel=1e-5)
    with_regression = masked_margin_softmax(faces, voices, torch.tensor([0, 1]), margin, scale, regression=2.0)
    assert with_regression.item() == pytest.approx(xy + yx + 2 * (1 - (s[0, 0] + s[1, 1]) / 2), rel=1e-5)


def test_items_of_the_same_person_are_no_negatives():
    faces, voices = unit(0.0, 0.1, 2.0), unit(0.2, 0.0, 1.5)
    persons = torch.tensor([7, 7, 3])
    cosines = 3 * (faces @ voices.T)
    rivals = ([0, 2], [1, 2], [0, 1, 2])  # itself and other persons
    expected = sum(
        (torch.logsumexp(matrix[i, rivals[i]], 0) - matrix[i, i]) / 3
        for matrix in (cosines, cosines.T)
        for i in range(3)
    )
    torch.testing.assert_close(masked_margin_softmax(faces, voices, persons, 0.0, 3.0), expected)
    alone = masked_margin_softmax(faces[:2], voices[:2], persons[:2], 0.0, 3.0)
    assert alone.item() == pytest.approx(0.0, abs=1e-6)  # nobody to tell apart from


def test_margin_schedule():
    assert margin_at(0) == margin_at(999) == 0.001
    assert margin_at(1000) == pytest.approx(0.001002)
    assert margin_at(500_000) == pytest.approx(0.001 * 1.002**500)


def test_shapes_are_checked():
    with pytest.raises(ValueError, match="expected"):
        masked_margin_softmax(unit(0.0), unit(0.0, 1.0), torch.tensor([0]), 0.0)

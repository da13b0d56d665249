"""GMMv2b attention against numbers worked out by hand, and its state."""

from __future__ import annotations

import math

import pytest
import torch

from anyonenet.networks.gmm_attention import GMMAttention, inverse_softplus


def made(components: int = 1, **settings: object) -> GMMAttention:
    attention = GMMAttention(4, components, 6, **settings)  # type: ignore[arg-type]
    with torch.no_grad():
        attention.mixture.weight.zero_()
    return attention


def test_weights_by_hand() -> None:
    attention = made(initial_step=1.0, initial_width=2.0)
    grid, mask = torch.arange(4.0), torch.ones(1, 4)
    alignment, positions, place = attention(torch.randn(1, 4), attention.initial_positions(1), grid, mask)
    expected = [math.exp(-((j - 1.0) ** 2) / 8) / math.sqrt(8 * math.pi) for j in range(4)]
    assert torch.allclose(alignment, torch.tensor([expected]), atol=1e-6)
    assert positions.item() == pytest.approx(1.0, abs=1e-6)
    assert place.item() == pytest.approx(1.0, abs=1e-6)


def test_two_components_are_mixed_by_their_weights() -> None:
    attention = made(2, initial_step=1.0, initial_width=1.0)
    with torch.no_grad():
        attention.mixture.bias[:2] = torch.tensor([math.log(3.0), 0.0])
        attention.mixture.bias[3] = inverse_softplus(2.0)
    alignment, positions, place = attention(
        torch.zeros(1, 4), attention.initial_positions(1), torch.arange(4.0), torch.ones(1, 4)
    )
    bump = [math.exp(-(d**2) / 2) / math.sqrt(2 * math.pi) for d in range(4)]
    assert alignment[0, 0].item() == pytest.approx(0.75 * bump[1] + 0.25 * bump[2], abs=1e-6)
    assert torch.allclose(positions, torch.tensor([[1.0, 2.0]]))
    assert place.item() == pytest.approx(1.25)


def test_state_goes_out_and_comes_in() -> None:
    attention = made(initial_step=0.5, initial_width=1.0)
    positions = attention.initial_positions(2)
    for step in range(1, 4):
        _, positions, _ = attention(torch.randn(2, 4), positions, torch.arange(9.0), torch.ones(2, 9))
        assert torch.allclose(positions, torch.full((2, 1), 0.5 * step))
    assert not [name for name, _ in attention.named_buffers()]


def test_pace_scales_the_step() -> None:
    attention = made(initial_step=1.0, initial_width=1.0)
    _, positions, _ = attention(
        torch.zeros(1, 4), attention.initial_positions(1), torch.arange(3.0), torch.ones(1, 3), pace=0.4
    )
    assert positions.item() == pytest.approx(0.4)


def test_padding_is_zero_and_sum_normalises() -> None:
    mask = torch.tensor([[1.0, 1.0, 0.0]])
    for normalise in ("none", "sum"):
        attention = made(initial_step=1.0, initial_width=10.0, normalise=normalise)
        alignment, _, _ = attention(torch.zeros(1, 4), attention.initial_positions(1), torch.arange(3.0), mask)
        assert alignment[0, 2] == 0
        assert (alignment.sum().item() == pytest.approx(1.0)) == (normalise == "sum")


def test_widths_stay_within_limits() -> None:
    attention = made(initial_step=1.0, initial_width=1e-4)
    alignment, _, _ = attention(torch.zeros(1, 4), attention.initial_positions(1), torch.arange(3.0), torch.ones(1, 3))
    assert alignment[0, 1].item() == pytest.approx(1 / (0.1 * math.sqrt(2 * math.pi)), rel=1e-4)


def test_unknown_normalisation_and_step_are_refused() -> None:
    with pytest.raises(ValueError, match="expected one of none, sum"):
        GMMAttention(4, normalise="softmax")
    with pytest.raises(ValueError, match="not positive"):
        GMMAttention(4, initial_step=0.0)

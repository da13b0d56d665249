"""Batch normalisation without padding. On several ranks: tests/lightning_modules/test_two_ranks.py."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from anyonenet.networks.batch_norm import BatchNorm, synchronise


def twins(width: int = 5) -> tuple[BatchNorm, nn.BatchNorm1d]:
    ours, torchs = BatchNorm(width), nn.BatchNorm1d(width)
    with torch.no_grad():
        ours.weight.uniform_(0.5, 2.0)
        ours.bias.normal_()
    torchs.load_state_dict(ours.state_dict())
    return ours, torchs


def masked_batch() -> tuple[Tensor, Tensor]:
    features = 3.0 + 2.0 * torch.randn(3, 5, 9)
    mask = torch.arange(9) < torch.tensor([9, 6, 2])[:, None]
    return features, mask[:, None]


def test_without_a_mask_it_is_torchs_own() -> None:
    ours, torchs = twins()
    for features in (torch.randn(4, 5, 7), torch.randn(6, 5)):
        assert torch.equal(ours(features), torchs(features))
    features = torch.randn(2, 5, 3)
    assert torch.equal(ours.eval()(features, torch.zeros(2, 1, 3) > 0), torchs.eval()(features))
    for name, value in torchs.state_dict().items():
        assert torch.equal(ours.state_dict()[name], value), name


def test_padding_counts_nothing_forwards_or_backwards() -> None:
    ours, torchs = twins()
    features, mask = masked_batch()
    given = features.masked_fill(~mask, 1e4).requires_grad_()
    chosen = features.transpose(1, 2)[mask[:, 0]].clone().requires_grad_()  # (frames that count, 5)
    normalised, expected = ours(given, mask), torchs(chosen)
    assert (normalised.masked_select(~mask) == 0).all()
    torch.testing.assert_close(normalised.transpose(1, 2)[mask[:, 0]], expected, rtol=1e-4, atol=1e-5)
    pull = torch.randn_like(normalised)
    normalised.backward(pull)
    expected.backward(pull.transpose(1, 2)[mask[:, 0]])
    assert given.grad is not None and chosen.grad is not None
    assert (given.grad.masked_select(~mask) == 0).all()
    torch.testing.assert_close(given.grad.transpose(1, 2)[mask[:, 0]], chosen.grad, rtol=1e-3, atol=1e-5)
    for (name, one), other in zip(ours.named_parameters(), torchs.parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad, rtol=1e-4, atol=1e-5, msg=name)
    for name, value in torchs.state_dict().items():
        torch.testing.assert_close(ours.state_dict()[name], value, rtol=1e-4, atol=1e-5, msg=name)


def test_statistics_are_in_float32_for_features_that_are_not() -> None:
    ours, _ = twins()
    features, mask = masked_batch()
    narrow = (features + 300).bfloat16()  # steps of 2: a sum in bfloat16 would be nonsense
    normalised = ours(narrow, mask)
    assert normalised.dtype == torch.bfloat16
    exact = BatchNorm(5)
    exact.load_state_dict({**exact.state_dict(), "weight": ours.weight, "bias": ours.bias})
    torch.testing.assert_close(normalised.float(), exact(narrow.float(), mask), rtol=0.01, atol=0.02)


def test_features_need_channels() -> None:
    with pytest.raises(ValueError, match="1 dimensions"):
        BatchNorm(3)(torch.zeros(3))


def test_a_network_can_be_told_not_to_look_at_other_ranks() -> None:
    network = nn.Sequential(nn.Linear(2, 2), nn.Sequential(BatchNorm(2)))
    synchronise(network, False)
    assert not network[1][0].synchronised

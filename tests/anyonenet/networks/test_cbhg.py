"""CBHG: shapes, the paper's sizes, and independence of an item from its batch."""

from __future__ import annotations

import torch

from anyonenet.networks.cbhg import CBHG


def test_shape_and_sizes_of_the_paper() -> None:
    network = CBHG()
    assert len(network.bank) == 16
    assert [layer.convolution.kernel_size[0] for layer in network.bank] == list(range(1, 17))  # type: ignore[union-attr]
    assert len(network.highways) == 4
    out = network.eval()(torch.randn(2, 7, 128), torch.tensor([7, 4]))
    assert out.shape == (2, 7, 256)
    assert (out[1, 4:] == 0).all()


def test_an_item_is_the_same_alone_and_in_a_batch() -> None:
    network = CBHG(8, 4, 6, (10,), 12, 2, 5).eval()
    values = torch.randn(2, 9, 8)
    together = network(values, torch.tensor([9, 5]))
    alone = network(values[1:, :5], torch.tensor([5]))
    assert torch.allclose(together[1, :5], alone[0], atol=1e-5)

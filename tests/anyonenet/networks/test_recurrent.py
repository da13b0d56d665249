import pytest
import torch
from torch import nn

from anyonenet.networks.recurrent import run_recurrent


@pytest.mark.parametrize(
    "layers",
    [
        nn.LSTM(5, 4, batch_first=True),
        nn.LSTM(5, 4, num_layers=3, batch_first=True, bidirectional=True),
        nn.LSTM(5, 6, batch_first=True, proj_size=4),
        nn.LSTM(5, 4, batch_first=True, bias=False),
        nn.GRU(5, 4, num_layers=2, batch_first=True, bidirectional=True),
    ],
    ids=["lstm", "three layers both ways", "projection", "no bias", "gru"],
)
def test_each_item_gives_what_it_gives_alone(layers):
    features = torch.randn(3, 9, 5, requires_grad=True)
    lengths = torch.tensor([4, 9, 1])
    together = run_recurrent(layers, features, lengths)
    alone = [layers(item[:length].unsqueeze(0))[0][0] for item, length in zip(features, lengths.tolist(), strict=True)]
    for row, expected, length in zip(together, alone, lengths.tolist(), strict=True):
        torch.testing.assert_close(row[:length], expected)
        assert not row[length:].any()

    past = torch.randn_like(together)
    inputs = [features, *layers.parameters()]
    of_alone = sum((row * goal[: len(row)]).sum() for row, goal in zip(alone, past, strict=True))
    for gradient, expected in zip(
        torch.autograd.grad((together * past).sum(), inputs), torch.autograd.grad(of_alone, inputs), strict=True
    ):
        torch.testing.assert_close(gradient, expected)


def test_without_lengths_every_frame_counts():
    layers, features = nn.GRU(5, 4, batch_first=True), torch.randn(2, 7, 5)
    torch.testing.assert_close(run_recurrent(layers, features, None), layers(features)[0])

"""LSTMs and GRUs over padded sequences."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from anyonenet.networks.masked import frame_mask


def run_recurrent(layers: nn.LSTM | nn.GRU, features: Tensor, lengths: Tensor | None) -> Tensor:
    """The outputs of a (bidirectional) LSTM or GRU for sequences of different lengths.

    On the CPU PyTorch's packed sequences cost a gradient of the whole batch for each frame, quadratic in time. There
    each direction runs over the padded batch, the backward one over sequences turned round within their lengths,
    which gives the same numbers.

    Args:
        layers: with `batch_first=True` and without dropout between layers.
        features: `(batch, frames, features)`, finite on padding too.
        lengths: `(batch,)` int64, at least 1; None means that every frame counts.

    Returns:
        `(batch, frames, directions * hidden)` (`proj_size` where there is one), zero on padding.
    """
    if lengths is None:
        return layers(features)[0]
    if features.device.type == "cpu":
        return _padded(layers, features, lengths)
    packed = pack_padded_sequence(features, lengths.cpu(), batch_first=True, enforce_sorted=False)
    return pad_packed_sequence(layers(packed)[0], batch_first=True, total_length=features.shape[1])[0]


def _padded(layers: nn.LSTM | nn.GRU, features: Tensor, lengths: Tensor) -> Tensor:
    frames = features.shape[1]
    times = torch.arange(frames)
    turned = torch.where(times < lengths[:, None], lengths[:, None] - 1 - times, times)  # its own inverse
    items = torch.arange(len(features))[:, None]
    padding = ~frame_mask(lengths, frames).unsqueeze(-1)
    weights = iter(layers.all_weights)
    for _ in range(layers.num_layers):
        outputs = [_one_direction(layers, features, next(weights))]
        if layers.bidirectional:
            outputs.append(_one_direction(layers, features[items, turned], next(weights))[items, turned])
        features = torch.cat(outputs, dim=-1).masked_fill(padding, 0.0)
    return features


def _one_direction(layers: nn.LSTM | nn.GRU, features: Tensor, weights: Sequence[Tensor]) -> Tensor:
    start = features.new_zeros(1, len(features), getattr(layers, "proj_size", 0) or layers.hidden_size)
    settings = (layers.bias, 1, 0.0, layers.training, False, True)
    if isinstance(layers, nn.GRU):
        return torch.gru(features, start, [*weights], *settings)[0]
    cells = features.new_zeros(1, len(features), layers.hidden_size)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="LSTM with projections")  # oneDNN has none: PyTorch takes its own
        return torch.lstm(features, (start, cells), [*weights], *settings)[0]

"""The decoder's free-running loop for one sentence on a CPU: what `Decoder.run_free` says, without its detours.

A step of the paper's decoder is 22 million weights read once, so it is as fast as they come from memory; that of a
small one is as fast as operations can be started. Hence:

- nothing is multiplied by the context. Contexts are sums of few rows of the memory, so the memory is multiplied once a
  sentence and a step adds up rows of the result;
- attention looks at the symbols that its bumps reach, so a step of a long sentence costs as much as one of a short;
- the products are exchangeable: in float32, or with weights kept in fewer bits (`step_products`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Generator, Tensor

from anyonenet.networks.step_products import StepProducts, step_products

if TYPE_CHECKING:
    from anyonenet.networks.decoder import Decoder, PreNet
    from anyonenet.networks.gmm_attention import GMMAttention

_REACH = 6.0
"""widths around a bump's middle beyond which it adds less than float32 can tell: exp(-18)"""
_ROOT = np.float32(math.sqrt(2 * math.pi))
_DRAWN_TOGETHER = 64
"""steps whose dropout is drawn at once"""


def speak_one(
    decoder: Decoder,
    memory: Tensor,
    most_steps: int,
    generator: Generator | None,
    products: StepProducts | None = None,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """As `Decoder.run_free`, for one item without padding, on the CPU, without gradients.

    Args:
        decoder: its weights are read, nothing in it is changed.
        memory: `(1, N, memory_size)` float32.
        most_steps: the limit.
        generator: of the pre-net's dropout; the masks are those of `run_free`.
        products: the matrices of the recurrent layers; the decoder's own in float32 when None.

    Returns:
        mels `(1, T, bands)`, length `(1,)` in frames, alignment `(1, S, N)`, `(1,)` bool whether it stopped.
    """
    products = products or step_products(decoder, "fp32")
    frames, bands = decoder.reduction_factor, decoder.bands
    symbols = memory.shape[1]
    step = _Step(decoder, memory[0], products)
    keep = _kept(decoder.prenet, generator)
    said = memory.new_empty(most_steps, frames * bands)
    alignment = np.zeros((most_steps, symbols), dtype=np.float32)
    heard = memory.new_zeros(bands)
    count, stopped = most_steps, False
    for number in range(most_steps):
        spoken, ends, place = step(heard, keep(), alignment[number])
        said[number] = spoken
        heard = said[number, -bands:]
        if ends or place >= symbols:
            count, stopped = number + 1, True
            break
    return (
        said[:count].reshape(1, count * frames, bands),
        torch.tensor([count * frames]),
        torch.from_numpy(alignment[:count])[None],
        torch.tensor([stopped]),
    )


class _Step:
    """One decoder step after another of one sentence; the state is within."""

    def __init__(self, decoder: Decoder, memory: Tensor, products: StepProducts):
        self._products = products
        self._frames = decoder.reduction_factor * decoder.bands
        prenet = list(decoder.prenet.parameters())
        self._prenet = list(zip(prenet[::2], prenet[1::2]))  # weight and bias of each layer
        cell, size = decoder.attention_rnn, decoder.rnn.hidden_size
        heard = decoder.prenet.out_size
        (lower_in, _, *lower_biases), (_, _, *upper_biases) = decoder.rnn.all_weights
        mel, stop = decoder.mel, decoder.stop
        # attention RNN's gates, the lower LSTM's gates, mel and stop: what the context adds to each
        contexts = (
            cell.weight_ih[:, heard:],
            lower_in[:, cell.hidden_size :],
            mel.weight[: self._frames, size:],
            stop.weight[:, size:],
        )
        self._rows = torch.cat([memory @ weight.t() for weight in contexts], dim=1)  # (N, all)
        biases = (
            cell.bias_ih + cell.bias_hh,
            lower_biases[0] + lower_biases[1],
            mel.bias[: self._frames],
            stop.bias,
        )
        self._base = torch.cat(biases)
        self._added = self._base.clone()  # with the context of the last step, none at first
        self._for_attention, self._for_lower, self._for_said = self._added.split(
            [4 * cell.hidden_size, 4 * size, self._frames + 1]
        )
        self._for_upper = upper_biases[0] + upper_biases[1]
        self._said = torch.cat([mel.weight[: self._frames, :size], stop.weight[:, :size]])
        self._attention_cell = _Cell(cell.hidden_size)
        self._lower_cell, self._upper_cell = _Cell(size), _Cell(size)
        pace = decoder.reduction_factor / decoder.most_frames
        self._attention = _Attention(decoder.attention, len(memory), pace)

    def __call__(self, heard: Tensor, keep: list[Tensor], alignment: np.ndarray) -> tuple[Tensor, bool, float]:
        """Last frame heard and dropout masks -> frames said `(r * bands,)`, stop sign, place; fills `alignment`."""
        products = self._products
        for place, (weight, bias) in enumerate(self._prenet):
            heard = torch.addmv(bias, weight, heard).clamp_min_(0)
            if keep:
                heard.mul_(keep[place])
        gates = products.attention_in(heard, self._for_attention)
        state = self._attention_cell(products.attention_state(self._attention_cell.state, gates))
        low, high, weights, place_now = self._attention(state)
        alignment[low:high] = weights
        torch.addmv(self._base, self._rows[low:high].t(), torch.from_numpy(weights), out=self._added)
        gates = products.lower_in(state, self._for_lower)
        state = self._lower_cell(products.lower_state(self._lower_cell.state, gates))
        gates = products.upper_in(state, self._for_upper)
        state = self._upper_cell(products.upper_state(self._upper_cell.state, gates))
        said = torch.addmv(self._for_said, self._said, state)
        return said[:-1], bool(said[-1] > 0), place_now


class _Cell:
    """State of an LSTM and its update from the gates (input, forget, cell, output)."""

    def __init__(self, size: int):
        self._size = size
        self.state = torch.zeros(size)
        self._cell = torch.zeros(size)
        self._candidate = torch.empty(size)

    def __call__(self, gates: Tensor) -> Tensor:
        """`(4 * size,)`, written over -> the new state `(size,)`, a buffer that the next call writes over."""
        size = self._size
        torch.tanh(gates[2 * size : 3 * size], out=self._candidate)
        admit, forget, _, emit = gates.sigmoid_().split(size)
        self._cell.mul_(forget).addcmul_(admit, self._candidate)
        torch.tanh(self._cell, out=self.state)
        return self.state.mul_(emit)


class _Attention:
    """`GMMAttention` of one item over the symbols that matter. The mixture is so small that NumPy starts faster."""

    def __init__(self, attention: GMMAttention, symbols: int, pace: float):
        self._hidden, self._mixture = attention.hidden, attention.mixture
        self._limits = attention.narrowest, attention.widest
        self._normalised = attention.normalised
        self._components = attention.components
        self._pace = np.float32(pace)
        self._positions = np.zeros(attention.components, dtype=np.float32)
        self._grid = np.arange(symbols, dtype=np.float32)

    def __call__(self, query: Tensor) -> tuple[int, int, np.ndarray, float]:
        """`(query_size,)` -> first symbol, end, their weights `(end - first,)` float32, place in symbols."""
        inner = torch.addmv(self._hidden.bias, self._hidden.weight, query).tanh_()
        mixture = torch.addmv(self._mixture.bias, self._mixture.weight, inner).numpy()
        count = self._components
        weights = np.exp(mixture[:count] - mixture[:count].max())
        weights /= weights.sum()
        moved = np.logaddexp(np.float32(0), mixture[count:])  # softplus
        widths = np.clip(moved[count:], *self._limits)
        self._positions += moved[:count] * self._pace
        positions, reach = self._positions, _REACH * widths
        place = float(weights @ positions)
        low = min(max(math.floor((positions - reach).min()), 0), len(self._grid))
        high = min(math.ceil((positions + reach).max()) + 1, len(self._grid))
        distances = (self._grid[low:high] - positions[:, None]) / widths[:, None]  # (K, high - low)
        row = (weights / (widths * np.float32(math.sqrt(2 * math.pi)))) @ np.exp(
            distances * distances * np.float32(-0.5)
        )
        if self._normalised:
            row /= max(row.sum(), 1e-6)
        return low, high, row, place


def _kept(prenet: PreNet, generator: Generator | None) -> Callable[[], list[Tensor]]:
    """A function that gives the next step's dropout masks, one a layer: 0 or 1 / (1 - probability)."""
    if prenet.probability <= 0:
        return list
    sizes = [len(bias) for bias in list(prenet.parameters())[1::2]]
    drawn: list[tuple[Tensor, ...]] = []

    def next_step() -> list[Tensor]:
        if not drawn:
            # numbers come in the order in which they would come one step and layer at a time
            kept = torch.rand((_DRAWN_TOGETHER, sum(sizes)), generator=generator) >= prenet.probability
            drawn.extend(row.split(sizes) for row in reversed(kept.float() * (1.0 / (1.0 - prenet.probability))))
        return list(drawn.pop())

    return next_step

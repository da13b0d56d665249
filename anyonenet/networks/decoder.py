"""Tacotron 2's decoder (Shen et al. 2018, section 2.2) around GMMv2b attention: mel and stop sign from the memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Generator, Tensor, nn

from anyonenet.networks.attention_loop import attend
from anyonenet.networks.gmm_attention import GMMAttention


def drop(values: Tensor, probability: float, generator: Generator | None) -> Tensor:
    """Dropout whose mask comes from `generator`, so that the same seed gives the same bytes."""
    kept = torch.rand(values.shape, generator=generator, device=values.device) >= probability
    return values * kept.to(values.dtype) * (1.0 / (1.0 - probability))


class PreNet(nn.Module):
    """Fully connected layers, each followed by ReLU and dropout."""

    def __init__(self, in_size: int, sizes: Sequence[int], probability: float):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(before, after) for before, after in zip([in_size, *sizes], sizes))
        self.probability = probability
        self.out_size = sizes[-1]

    def forward(self, values: Tensor, generator: Generator | None, active: bool = True) -> Tensor:
        """`(..., in_size)` -> `(..., sizes[-1])`; dropout whenever `active`, whatever the module's mode."""
        for layer in self.layers:
            values = layer(values).relu()
            if active and self.probability > 0:
                values = drop(values, self.probability, generator)
        return values


class Decoder(nn.Module):
    """Pre-net, attention RNN, two LSTMs, mel and stop projections; r frames a step.

    Teacher-forced (`forward`) or free-running (`run_free`). The last frame of a step is what the next one hears.
    """

    frames_per_step: Tensor

    def __init__(
        self,
        memory_size: int,
        bands: int,
        prenet: PreNet,
        attention_rnn: int,
        decoder_rnn: int,
        dropout: float,
        reduction_factor: int,
        attention: dict[str, Any],
    ):
        super().__init__()
        self.bands = bands
        self.most_frames = reduction_factor
        self.dropout = dropout
        self.prenet = prenet
        self.attention = GMMAttention(attention_rnn, **attention)
        self.attention_rnn = nn.LSTMCell(prenet.out_size + memory_size, attention_rnn)
        self.rnn = nn.LSTM(attention_rnn + memory_size, decoder_rnn, num_layers=2, batch_first=True)
        self.mel = nn.Linear(decoder_rnn + memory_size, bands * reduction_factor)
        self.stop = nn.Linear(decoder_rnn + memory_size, 1)
        self.register_buffer("frames_per_step", torch.tensor(reduction_factor))

    @property
    def reduction_factor(self) -> int:
        return int(self.frames_per_step)

    def use_reduction_factor(self, frames: int) -> None:
        if not 1 <= frames <= self.most_frames:
            raise ValueError(f"reduction factor {frames} is outside 1 to {self.most_frames}, the most at construction")
        self.frames_per_step.fill_(frames)

    def forward(
        self, memory: Tensor, mask: Tensor, mels: Tensor, generator: Generator | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """
        Args:
            memory: `(B, N, memory_size)`.
            mask: `(B, N)` float32, 1 at symbols.
            mels: `(B, T, bands)`, what should be said.
            generator: of the dropout.

        Returns:
            mels `(B, S * r, bands)`, stop logits `(B, S)`, alignments `(B, S, N)` with S = ceil(T / r).
        """
        frames = self.reduction_factor
        steps = -(-mels.shape[1] // frames)
        heard = mels[:, frames - 1 : (steps - 1) * frames : frames]  # (B, S - 1, bands)
        heard = torch.cat([torch.zeros_like(mels[:, :1]), heard], dim=1)
        spoken = self.prenet(heard, generator)  # (B, S, P)
        states, contexts, alignments = self._attend(spoken, memory, mask)
        hidden = torch.cat([self._dropped(states, generator), contexts], dim=-1)
        hidden = self._dropped(self.rnn(hidden)[0], generator)
        hidden = torch.cat([hidden, contexts], dim=-1)  # (B, S, decoder_rnn + memory)
        mels = self.mel(hidden)[..., : frames * self.bands].reshape(len(memory), steps * frames, self.bands)
        return mels, self.stop(hidden)[..., 0], alignments

    def _attend(self, spoken: Tensor, memory: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The one loop of training: attention RNN states, contexts and alignments of all steps."""
        cell = self.attention_rnn
        heard_weight, context_weight = cell.weight_ih.split([self.prenet.out_size, memory.shape[-1]], dim=1)
        gates = nn.functional.linear(spoken, heard_weight, cell.bias_ih + cell.bias_hh)  # (B, S, 4H)
        recurrence = torch.cat([context_weight, cell.weight_hh], dim=1)
        return attend(gates, memory, mask, recurrence, self.attention, self.reduction_factor / self.most_frames)

    def run_free(
        self, memory: Tensor, mask: Tensor, lengths: Tensor, most_steps: int, generator: Generator | None
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Each step hears what the one before said.

        Args:
            memory: `(B, N, memory_size)`.
            mask: `(B, N)` float32.
            lengths: `(B,)` int64, symbols of each item.
            most_steps: the limit.
            generator: of the pre-net's dropout.

        Returns:
            mels `(B, T, bands)`, lengths `(B,)` in frames, alignments `(B, S, N)`, `(B,)` bool whether it stopped.
        """
        frames = self.reduction_factor
        pace = frames / self.most_frames
        batch, device = len(memory), memory.device
        grid = torch.arange(memory.shape[1], device=device, dtype=torch.float32)
        cell = self.attention_rnn
        state = memory.new_zeros(batch, cell.hidden_size), memory.new_zeros(batch, cell.hidden_size)
        silent = memory.new_zeros(batch, self.rnn.hidden_size)
        above = [(silent, silent), (silent, silent)]
        mel_weight, mel_bias = self.mel.weight[: frames * self.bands], self.mel.bias[: frames * self.bands]
        context = memory.new_zeros(batch, memory.shape[-1])
        positions = self.attention.initial_positions(batch, device)
        heard = memory.new_zeros(batch, self.bands)
        ended_at = torch.full((batch,), most_steps, device=device)
        mels, alignments = [], []
        for step in range(most_steps):
            state = cell(torch.cat([self.prenet(heard, generator), context], dim=-1), state)
            alignment, positions, place = self.attention(state[0], positions, grid, mask, pace)
            context = torch.bmm(alignment[:, None].to(memory.dtype), memory)[:, 0]
            hidden = torch.cat([state[0], context], dim=-1)
            for layer in (0, 1):
                above[layer] = torch.lstm_cell(hidden, above[layer], *self.rnn.all_weights[layer])
                hidden = above[layer][0]
            hidden = torch.cat([hidden, context], dim=-1)
            said = nn.functional.linear(hidden, mel_weight, mel_bias)  # (B, r * bands)
            heard = said[:, -self.bands :]
            mels.append(said)
            alignments.append(alignment)
            ends = (self.stop(hidden)[:, 0] > 0) | (place >= lengths)
            ended_at = torch.where(ends & (ended_at == most_steps), step, ended_at)
            if bool((ended_at < most_steps).all()):
                break
        stopped = ended_at < most_steps
        steps = (ended_at + 1).clamp(max=most_steps)
        spoken = torch.stack(mels, 1).reshape(batch, -1, self.bands)  # (B, S * r, bands)
        return spoken, steps * frames, torch.stack(alignments, 1), stopped

    def _dropped(self, values: Tensor, generator: Generator | None) -> Tensor:
        return drop(values, self.dropout, generator) if self.training and self.dropout > 0 else values

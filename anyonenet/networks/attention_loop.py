"""The attention RNN over all steps of a teacher-forced batch, with its gradient written out by hand.

The loop is the only part of the TTS that cannot be batched over time. Recorded operation by operation, most of its
backward pass would go into one small weight gradient a step; written out, each weight gradient is one product over
all steps. `GMMAttention` defines the same numbers for a single step, and a test holds the two together.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn.functional import softplus

from anyonenet.networks.gmm_attention import GMMAttention

_ROOT = math.sqrt(2 * math.pi)
_LEAST_MASS = 1e-6


def attend(
    gates: Tensor, memory: Tensor, mask: Tensor, recurrence: Tensor, attention: GMMAttention, pace: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Run attention RNN and GMM attention over all steps, from empty states.

    Args:
        gates: `(B, S, 4H)`, what the LSTM's gates (input, forget, cell, output) get from outside the loop.
        memory: `(B, N, D)`.
        mask: `(B, N)` float32, 1 at symbols.
        recurrence: `(4H, D + H)`, the gates' weights on the last context and the last state.
        attention: its parameters and settings.
        pace: see `GMMAttention.forward`.

    Returns:
        states `(B, S, H)`, contexts `(B, S, D)`, alignments `(B, S, N)`, all float32.
    """
    settings = (pace, attention.narrowest, attention.widest, attention.normalised)
    hidden, mixture = attention.hidden, attention.mixture
    with torch.autocast(gates.device.type, enabled=False):
        states, contexts, alignments = _AttentionLoop.apply(
            *(value.float() for value in (gates, memory, mask, recurrence)),
            *(hidden.weight, hidden.bias, mixture.weight, mixture.bias),
            settings,
        )
    return states, contexts, alignments


class _AttentionLoop(Function):
    @staticmethod
    def forward(
        ctx: Any,
        gates: Tensor,
        memory: Tensor,
        mask: Tensor,
        recurrence: Tensor,
        hidden_weight: Tensor,
        hidden_bias: Tensor,
        mixture_weight: Tensor,
        mixture_bias: Tensor,
        settings: tuple[float, float, float, bool],
    ) -> tuple[Tensor, Tensor, Tensor]:
        pace, narrowest, widest, normalised = settings
        batch, steps, _ = gates.shape
        size, components = recurrence.shape[0] // 4, len(mixture_bias) // 3
        grid = torch.arange(memory.shape[1], device=memory.device, dtype=memory.dtype)
        transposed, hidden_t, mixture_t = recurrence.t(), hidden_weight.t(), mixture_weight.t()
        before = memory.new_zeros(batch, memory.shape[2] + size)  # last context and last state
        cell = memory.new_zeros(batch, size)
        positions = memory.new_zeros(batch, components)
        kept: list[tuple[Tensor, ...]] = []
        inputs, alignments = [], []
        for step in gates.unbind(1):
            inputs.append(before)
            raw = torch.addmm(step, before, transposed)
            three = raw.sigmoid()  # of the cell's candidate too, which costs less than cutting it out
            admit, forget, _, emit = three.chunk(4, 1)
            candidate = raw[:, 2 * size : 3 * size].tanh()
            last_cell, cell = cell, torch.addcmul(admit * candidate, forget, cell)
            squashed = cell.tanh()
            state = emit * squashed
            inner = torch.addmm(hidden_bias, state, hidden_t).tanh()
            mixture = torch.addmm(mixture_bias, inner, mixture_t)
            weights = mixture[:, :components].softmax(1)
            moved = softplus(mixture[:, components:])
            free_widths = moved[:, components:]
            widths = free_widths.clamp(narrowest, widest)
            positions = torch.add(positions, moved[:, :components], alpha=pace)
            distances = (grid - positions[:, :, None]) / widths[:, :, None]  # (B, K, N)
            bumps = (distances.square() * -0.5).exp()
            heights = weights / (widths * _ROOT)
            alignment = torch.bmm(heights[:, None], bumps)[:, 0] * mask
            mass = alignment.sum(1, keepdim=True) if normalised else weights
            if normalised:
                alignment = alignment / mass.clamp_min(_LEAST_MASS)
            context = torch.bmm(alignment[:, None], memory)[:, 0]
            before = torch.cat([context, state], 1)
            alignments.append(alignment)
            kept.append(
                (
                    *(three, candidate, last_cell, squashed, inner, mixture, weights, widths, heights),
                    *(distances, bumps, mass, free_widths),
                )
            )
        inputs.append(before)
        stacked = torch.stack(inputs, 1)  # (B, S + 1, D + H)
        outputs = torch.stack(alignments, 1)
        ctx.save_for_backward(
            *(memory, mask, recurrence, hidden_weight, mixture_weight, stacked, outputs),
            *(tensor for values in kept for tensor in values),
        )
        ctx.settings, ctx.steps = settings, steps
        contexts, states = stacked[:, 1:].split([memory.shape[2], size], 2)
        return states, contexts, outputs

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, states_grad: Tensor, contexts_grad: Tensor, alignments_grad: Tensor) -> Any:
        pace, narrowest, widest, normalised = ctx.settings
        memory, mask, recurrence, hidden_weight, mixture_weight, stacked, alignments = ctx.saved_tensors[:7]
        saved = ctx.saved_tensors[7:]
        count = len(saved) // ctx.steps
        batch, depth, components = len(memory), memory.shape[2], mixture_weight.shape[0] // 3
        size = recurrence.shape[0] // 4
        flipped = memory.transpose(1, 2)
        carried = memory.new_zeros(batch, depth + size)  # gradient of the last context and state
        cell_grad = memory.new_zeros(batch, size)
        position_grad = memory.new_zeros(batch, components)
        gate_grads, context_grads, inner_grads, mixture_grads, inners = [], [], [], [], []
        for step in reversed(range(ctx.steps)):
            values = saved[step * count : (step + 1) * count]
            three, candidate, last_cell, squashed, inner, mixture, weights, widths, heights = values[:9]
            distances, bumps, mass, free_widths = values[9:]
            context_grad = carried[:, :depth] + contexts_grad[:, step]
            row_grad = torch.bmm(context_grad[:, None], flipped)[:, 0] + alignments_grad[:, step]  # (B, N)
            if normalised:
                # where the mass was clamped, it is a constant
                towards = (row_grad * alignments[:, step]).sum(1, keepdim=True) * (mass > _LEAST_MASS)
                row_grad = (row_grad - towards) / mass.clamp_min(_LEAST_MASS)
            pull = bumps * (row_grad * mask)[:, None]  # (B, K, N)
            height_grad = pull.sum(2)
            pull = pull * distances
            scaled = heights / widths
            position_grad = position_grad + scaled * pull.sum(2)
            width_grad = scaled * ((pull * distances).sum(2) - height_grad)
            width_grad = width_grad * ((free_widths >= narrowest) & (free_widths <= widest))
            weight_grad = height_grad * (heights / weights.clamp_min(1e-30))
            weight_grad = weights * (weight_grad - (weights * weight_grad).sum(1, keepdim=True))
            slopes = mixture[:, components:].sigmoid()
            mixture_grad = torch.cat([weight_grad, torch.cat([position_grad * pace, width_grad], 1) * slopes], 1)
            inner_grad = (mixture_grad @ mixture_weight) * (1 - inner.square())
            state_grad = torch.addmm(carried[:, depth:] + states_grad[:, step], inner_grad, hidden_weight)
            admit, forget, _, emit = three.chunk(4, 1)
            cell_grad = cell_grad + state_grad * emit * (1 - squashed.square())
            gate_grad = torch.cat(
                [
                    cell_grad * candidate,
                    cell_grad * last_cell,
                    cell_grad * admit * (1 - candidate.square()),
                    state_grad * squashed,
                ],
                1,
            )
            slope = three * (1 - three)
            slope[:, 2 * size : 3 * size] = 1  # the candidate's own slope is in already
            gate_grad = gate_grad * slope
            cell_grad = cell_grad * forget
            carried = gate_grad @ recurrence
            gate_grads.append(gate_grad)
            context_grads.append(context_grad)
            inner_grads.append(inner_grad)
            mixture_grads.append(mixture_grad)
            inners.append(inner)
        gates_grad = _forward_order(gate_grads)  # (B, S, 4H)
        memory_grad = torch.bmm(alignments.transpose(1, 2), _forward_order(context_grads))
        recurrence_grad = _weight_grad(gates_grad, stacked[:, :-1])
        inner_grads_all, mixture_grads_all = _forward_order(inner_grads), _forward_order(mixture_grads)
        return (
            *(gates_grad, memory_grad, None, recurrence_grad),
            *(_weight_grad(inner_grads_all, stacked[:, 1:, depth:]), inner_grads_all.sum((0, 1))),
            *(_weight_grad(mixture_grads_all, _forward_order(inners)), mixture_grads_all.sum((0, 1))),
            None,
        )


def _forward_order(backwards: list[Tensor]) -> Tensor:
    """Steps collected from the last to the first -> `(B, S, ...)`."""
    return torch.stack(backwards[::-1], 1)


def _weight_grad(out_grad: Tensor, values: Tensor) -> Tensor:
    """`(B, S, out)`, `(B, S, in)` -> `(out, in)`: one product over all steps and items."""
    return out_grad.flatten(0, 1).t() @ values.flatten(0, 1)

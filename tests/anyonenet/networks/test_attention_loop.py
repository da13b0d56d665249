"""The hand-written gradient of the attention loop against the step-by-step definition."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from anyonenet.networks.attention_loop import attend
from anyonenet.networks.gmm_attention import GMMAttention


def by_steps(
    gates: Tensor, memory: Tensor, mask: Tensor, recurrence: Tensor, attention: GMMAttention, pace: float
) -> tuple[Tensor, ...]:
    size = recurrence.shape[0] // 4
    grid = torch.arange(memory.shape[1], dtype=torch.float32)
    context, state = memory.new_zeros(len(memory), memory.shape[2]), memory.new_zeros(len(memory), size)
    cell, positions = torch.zeros_like(state), attention.initial_positions(len(memory))
    rows = []
    for step in gates.unbind(1):
        admit, forget, candidate, emit = (step + torch.cat([context, state], 1) @ recurrence.T).chunk(4, 1)
        cell = forget.sigmoid() * cell + admit.sigmoid() * candidate.tanh()
        state = emit.sigmoid() * cell.tanh()
        alignment, positions, _ = attention(state, positions, grid, mask, pace)
        context = torch.einsum("bn,bnd->bd", alignment, memory)
        rows.append((state, context, alignment))
    return tuple(torch.stack(row, 1) for row in zip(*rows))


@pytest.mark.parametrize("normalise", ["none", "sum"])
def test_values_and_gradients_equal_the_definition(normalise: str) -> None:
    generator = torch.Generator().manual_seed(0)
    batch, steps, symbols, depth, size = 3, 6, 9, 12, 16
    attention = GMMAttention(size, 3, 7, initial_step=0.7, initial_width=1.5, normalise=normalise)
    with torch.no_grad():
        attention.mixture.weight.normal_(0, 0.7, generator=generator)
    mask = (torch.arange(symbols) < torch.tensor([9, 5, 7])[:, None]).float()
    inputs = [
        torch.randn(batch, steps, 4 * size, generator=generator).requires_grad_(),
        torch.randn(batch, symbols, depth, generator=generator).requires_grad_(),
        (0.3 * torch.randn(4 * size, depth + size, generator=generator)).requires_grad_(),
    ]
    gates, memory, recurrence = inputs
    fast = attend(gates, memory, mask, recurrence, attention, 0.6)
    slow = by_steps(gates, memory, mask, recurrence, attention, 0.6)
    directions = [torch.randn(value.shape, generator=generator) for value in slow]
    learned = [*inputs, *attention.parameters()]
    fast_grads = torch.autograd.grad(sum((a * b).sum() for a, b in zip(fast, directions)), learned)  # type: ignore[arg-type]
    slow_grads = torch.autograd.grad(sum((a * b).sum() for a, b in zip(slow, directions)), learned)  # type: ignore[arg-type]
    for one, other in zip([*fast, *fast_grads], [*slow, *slow_grads]):
        assert torch.allclose(one, other, atol=1e-5 * max(1.0, float(other.abs().max())))

"""What the processes ("ranks") of one training tell each other.

Distributed training averages the gradients of the ranks' losses. That is the gradient of one process with all their
items only where nothing else depends on how many items, frames or symbols the others have; these functions are for what
does. With one process each gives back what it got. All ranks must call them alike, in the same order: not in
evaluation, where one rank may have more batches than another.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor
from torch.autograd.function import once_differentiable


def number_of_ranks() -> int:
    """1 without a process group."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def sum_over_ranks(values: Tensor) -> Tensor:
    """Sum of equally shaped tensors, without gradient; the argument stays as it is."""
    if number_of_ranks() == 1:
        return values
    total = values.detach().clone()
    dist.all_reduce(total)
    return total


def mean_over_ranks(values: Tensor) -> Tensor:
    """Mean of equally shaped tensors, float32, without gradient.

    A loss that divides its sum by the mean number of frames over all ranks, instead of its own number, has the right
    mean over the ranks: all frames weigh alike, on whichever rank they are.
    """
    ranks = number_of_ranks()
    return values if ranks == 1 else sum_over_ranks(values.float()) / ranks


def gather_from_ranks(rows: Tensor) -> tuple[Tensor, int]:
    """The rows of all ranks, with gradient, and where this rank's begin.

    Args:
        rows: `(N, ...)`; N may differ between ranks and be 0, the rest may not.

    Returns:
        `(sum of N, ...)` in the order of the ranks, and the index of this rank's first.
    """
    if number_of_ranks() == 1:
        return rows, 0
    mine = torch.tensor([len(rows)], device=rows.device)
    counts = [torch.zeros_like(mine) for _ in range(number_of_ranks())]
    dist.all_gather(counts, mine)
    sizes = [int(count) for count in counts]
    gathered: Tensor = _Gather.apply(rows, sizes)
    return gathered, sum(sizes[: dist.get_rank()])


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, rows: Tensor, sizes: list[int]) -> Tensor:
        ctx.sizes = sizes
        padded = rows.new_zeros((max(sizes), *rows.shape[1:]))
        padded[: len(rows)] = rows
        parts = [torch.empty_like(padded) for _ in sizes]
        dist.all_gather(parts, padded)
        return torch.cat([part[:size] for part, size in zip(parts, sizes, strict=True)])

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> Any:
        total = gradient.contiguous().clone()
        dist.all_reduce(total)
        begin = sum(ctx.sizes[: dist.get_rank()])
        return total[begin : begin + ctx.sizes[dist.get_rank()]], None

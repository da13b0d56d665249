"""Masked margin softmax between two modalities (Ilharco, Zhang and Baldridge 2019; AnyoneNet section III-B)."""

from __future__ import annotations

import torch
from torch import Tensor

from anyonenet.ranks import gather_from_ranks, mean_over_ranks


def margin_at(step: int, initial: float = 0.001, growth: float = 1.002, every: int = 1000) -> float:
    """The published schedule: `initial * growth ^ floor(step / every)`, a cosine."""
    return initial * growth ** (step // every)


def masked_margin_softmax(
    first: Tensor,
    second: Tensor,
    persons: Tensor,
    margin: float,
    scale: float = 1.0,
    regression: float = 0.0,
    over_ranks: bool = False,
) -> Tensor:
    """Pull the two items of a pair together, push those of other persons apart, in both directions.

    With cosines `S_ij = <first_i, second_j>`, margin d and scale s,
    `L_xy = -1/B sum_i log(e^(s (S_ii - d)) / (e^(s (S_ii - d)) + sum_(j != i) M_ij e^(s S_ij)))`,
    where M leaves out other items of the same person; the loss is `L_xy + L_yx`.

    Args:
        first: `(B, D)` unit vectors.
        second: `(B, D)` unit vectors; row i belongs to row i of `first`.
        persons: `(B,)` int64; equal numbers are one person.
        margin: d, a cosine.
        scale: s; 1 is the paper's, but cosines in [-1, 1] then leave the softmax nearly flat: 10 to 30 learns.
        regression: weight of an added `mean(1 - S_ii)`. A softmax is content with any vector that ranks right; this
            term keeps faces among the voices, where the TTS has been trained. 0 is the paper's.
        over_ranks: set this rank's pairs against those of all ranks, which must call alike; the mean of the ranks'
            losses is then the loss of all their pairs in one batch.

    Returns:
        Scalar, float32.

    Raises:
        ValueError: shapes differ.
    """
    if first.shape != second.shape or persons.shape != first.shape[:1]:
        raise ValueError(
            f"got {tuple(first.shape)}, {tuple(second.shape)}, {tuple(persons.shape)}; expected (B, D) twice and (B,)"
        )
    first, second = first.float(), second.float()
    all_first, all_second, all_persons, begin = first, second, persons, 0
    count: Tensor = first.new_tensor(float(len(first)))
    if over_ranks:
        all_first, begin = gather_from_ranks(first)
        all_second, all_persons = gather_from_ranks(second)[0], gather_from_ranks(persons)[0]
        count = mean_over_ranks(count)
    own = torch.arange(begin, begin + len(first), device=first.device)
    pairs = torch.nn.functional.one_hot(own, len(all_first)).bool()
    rivals = persons[:, None] != all_persons[None]
    loss = first.new_zeros(())
    for rows, columns in ((first, all_second), (second, all_first)):
        with torch.autocast(first.device.type, enabled=False):
            cosines = rows @ columns.T  # (B, B of all ranks)
        logits = scale * (cosines - margin * pairs)
        logits = logits.masked_fill(~(rivals | pairs), -torch.inf)
        loss = loss + torch.nn.functional.cross_entropy(logits, own, reduction="sum") / count
    return loss + regression * (1.0 - (first * second).sum(1)).sum() / count

"""Masked margin softmax between two modalities (Ilharco, Zhang and Baldridge 2019; AnyoneNet section III-B)."""

from __future__ import annotations

import torch
from torch import Tensor


def margin_at(step: int, initial: float = 0.001, growth: float = 1.002, every: int = 1000) -> float:
    """The published schedule: `initial * growth ^ floor(step / every)`, a cosine."""
    return initial * growth ** (step // every)


def masked_margin_softmax(
    first: Tensor, second: Tensor, persons: Tensor, margin: float, scale: float = 1.0, regression: float = 0.0
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

    Returns:
        Scalar, float32.

    Raises:
        ValueError: shapes differ.
    """
    if first.shape != second.shape or persons.shape != first.shape[:1]:
        raise ValueError(
            f"got {tuple(first.shape)}, {tuple(second.shape)}, {tuple(persons.shape)}; expected (B, D) twice and (B,)"
        )
    with torch.autocast(first.device.type, enabled=False):
        cosines = first.float() @ second.float().T
    diagonal = torch.eye(len(cosines), dtype=torch.bool, device=cosines.device)
    logits = scale * (cosines - margin * diagonal)
    same = persons[:, None] == persons[None]
    logits = logits.masked_fill(same & ~diagonal, -torch.inf)
    own = torch.arange(len(cosines), device=cosines.device)
    loss = torch.nn.functional.cross_entropy(logits, own) + torch.nn.functional.cross_entropy(logits.T, own)
    return loss + regression * (1.0 - cosines.diagonal()).mean()

"""Metrics of who speaks: verification (EER, minDCF) and face-to-voice retrieval.

The functions live in `anyonenet.metrics`, where the stages' validation can call them too; `EqualErrorRate` gathers
scores over batches and processes as torchmetrics does.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat

from anyonenet.metrics.retrieval import (
    area_under_curve,
    matching_accuracy,
    median_rank,
    ranks,
    recall_at,
    within_group_auc,
)
from anyonenet.metrics.verification import all_pairs, equal_error_rate, error_rates, minimum_detection_cost

__all__ = [
    "EqualErrorRate",
    "all_pairs",
    "area_under_curve",
    "equal_error_rate",
    "error_rates",
    "matching_accuracy",
    "median_rank",
    "minimum_detection_cost",
    "ranks",
    "recall_at",
    "within_group_auc",
]


class EqualErrorRate(Metric):
    """`equal_error_rate` over all trials seen, on any number of processes. Scores may have any range."""

    is_differentiable = False
    higher_is_better = False
    full_state_update = False
    scores: list[Tensor]
    same: list[Tensor]

    def __init__(self) -> None:
        super().__init__()
        self.add_state("scores", default=[], dist_reduce_fx="cat")
        self.add_state("same", default=[], dist_reduce_fx="cat")

    def update(self, scores: Tensor, same: Tensor) -> None:
        """Add `(N,)` scores and `(N,)` bool, True for same-speaker trials."""
        self.scores.append(scores.detach().float().flatten())
        self.same.append(same.flatten())

    def compute(self) -> Tensor:
        """The rate, a scalar in [0, 1]. Raises ValueError where one sort of trials is missing."""
        rate = equal_error_rate(dim_zero_cat(self.scores).cpu().numpy(), dim_zero_cat(self.same).cpu().numpy())
        return torch.tensor(rate, device=self.device)

"""Metrics of speaker verification: EER and minDCF, defined in `anyonenet.metrics.verification`.

The stages' validation calls the same functions; the classes gather scores over batches and processes.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from anyonenet.metrics.verification import all_pairs, equal_error_rate, error_rates, minimum_detection_cost
from evaluation.metrics.aggregates import SCORES, Gathered

__all__ = [
    "EqualErrorRate",
    "MinimumDetectionCost",
    "all_pairs",
    "equal_error_rate",
    "error_rates",
    "minimum_detection_cost",
]


class EqualErrorRate(Gathered):
    """`equal_error_rate` over all trials seen, on any number of processes. Scores may have any range."""

    higher_is_better = False

    def __init__(self, **kwargs: Any) -> None:
        super().__init__({"scores": SCORES, "same": torch.empty(0, dtype=torch.bool)}, **kwargs)

    def update(self, scores: Tensor, same: Tensor) -> None:
        """Add `(N,)` scores and `(N,)` bool, True for same-speaker trials."""
        if scores.shape != same.shape:
            raise ValueError(f"scores are {tuple(scores.shape)}, same is {tuple(same.shape)}; expected one a trial")
        self.add(scores.flatten(), same.flatten())

    def compute(self) -> Tensor:
        """The rate, a scalar in [0, 1]. Raises ValueError where one sort of trials is missing."""
        scores, same = (values.cpu().numpy() for values in self.all())
        return torch.tensor(equal_error_rate(scores, same), device=self.device)


class MinimumDetectionCost(EqualErrorRate):
    """`minimum_detection_cost` over all trials seen, on any number of processes.

    Args:
        prior: probability of a same-speaker trial.
        cost_miss: cost of rejecting one.
        cost_false: cost of accepting another.
    """

    def __init__(self, prior: float = 0.01, cost_miss: float = 1.0, cost_false: float = 1.0, **kwargs: Any):
        super().__init__(**kwargs)
        self.prior, self.cost_miss, self.cost_false = prior, cost_miss, cost_false

    def compute(self) -> Tensor:
        """The cost, a scalar in [0, 1]. Raises ValueError where one sort of trials is missing."""
        scores, same = (values.cpu().numpy() for values in self.all())
        cost = minimum_detection_cost(scores, same, self.prior, self.cost_miss, self.cost_false)
        return torch.tensor(cost, device=self.device)

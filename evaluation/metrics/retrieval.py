"""Metrics of face-to-voice retrieval, defined in `anyonenet.metrics.retrieval`, over all items of all processes.

Queries and gallery are embeddings, compared by cosine. Persons and groups are numbers. All figures look at the whole
gallery, so embeddings are gathered, not averaged; a face's rank among the voices of one batch would mean nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from anyonenet.metrics.retrieval import (
    area_under_curve,
    matching_accuracy,
    median_rank,
    ranks,
    recall_at,
    within_group_auc,
)
from evaluation.metrics.aggregates import NUMBERS, VECTORS, Gathered

__all__ = [
    "AreaUnderCurve",
    "MatchingAccuracy",
    "MedianRank",
    "RecallAt",
    "WithinGroupAuc",
    "area_under_curve",
    "matching_accuracy",
    "median_rank",
    "ranks",
    "recall_at",
    "within_group_auc",
]


class _Retrieval(Gathered):
    """Base: gathers both sides; `self.sides()` is the similarity matrix and the persons, as the functions want them."""

    higher_is_better = True

    def __init__(self, **kwargs: Any):
        states = {"queries": VECTORS, "query_persons": NUMBERS, "gallery": VECTORS, "gallery_persons": NUMBERS}
        super().__init__(states, **kwargs)

    def update(self, queries: Tensor, query_persons: Tensor, gallery: Tensor, gallery_persons: Tensor) -> None:
        """`(Q, D)` and `(G, D)` embeddings of any length but zero; `(Q,)` and `(G,)` int64 persons."""
        _check(queries, query_persons, "query_persons")
        _check(gallery, gallery_persons, "gallery_persons")
        self.add(queries, query_persons, gallery, gallery_persons)

    def sides(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        queries, query_persons, gallery, gallery_persons = (values.cpu().numpy() for values in self.all())
        return _cosines(queries, gallery), query_persons, gallery_persons


class RecallAt(_Retrieval):
    """`recall_at`: share of queries with an own item among the `k` most similar.

    Args:
        k: how many.
    """

    def __init__(self, k: int = 1, **kwargs: Any):
        super().__init__(**kwargs)
        if k < 1:
            raise ValueError(f"k is {k}; expected at least 1")
        self.k = k

    def compute(self) -> Tensor:
        return torch.tensor(recall_at(ranks(*self.sides()), self.k), device=self.device)


class MedianRank(_Retrieval):
    """`median_rank`: of the queries' best own items; 1 is the best."""

    higher_is_better = False

    def compute(self) -> Tensor:
        return torch.tensor(median_rank(ranks(*self.sides())), device=self.device)


class MatchingAccuracy(_Retrieval):
    """`matching_accuracy`: N-way matching; the exact mean over all draws, so that the order of items cannot matter.

    Args:
        ways: number of candidates; chance is 1 / ways.
    """

    def __init__(self, ways: int = 10, **kwargs: Any):
        super().__init__(**kwargs)
        self.ways = ways

    def compute(self) -> Tensor:
        return torch.tensor(matching_accuracy(*self.sides(), self.ways, trials=None), device=self.device)


class AreaUnderCurve(_Retrieval):
    """`area_under_curve` over all pairs of a query and a gallery item; chance is 0.5."""

    def compute(self) -> Tensor:
        similarity, queries, gallery = self.sides()
        return torch.tensor(area_under_curve(similarity, queries[:, None] == gallery[None]), device=self.device)


class WithinGroupAuc(Gathered):
    """`within_group_auc`: the same over pairs of one group (one sex); chance is 0.5."""

    higher_is_better = True

    def __init__(self, **kwargs: Any):
        queries = {"queries": VECTORS, "query_persons": NUMBERS, "query_groups": NUMBERS}
        gallery = {"gallery": VECTORS, "gallery_persons": NUMBERS, "gallery_groups": NUMBERS}
        super().__init__(queries | gallery, **kwargs)

    def update(
        self,
        queries: Tensor,
        query_persons: Tensor,
        query_groups: Tensor,
        gallery: Tensor,
        gallery_persons: Tensor,
        gallery_groups: Tensor,
    ) -> None:
        """As of `RecallAt`, with `(Q,)` and `(G,)` int64 groups; negative ones are left out."""
        _check(queries, query_persons, "query_persons")
        _check(queries, query_groups, "query_groups")
        _check(gallery, gallery_persons, "gallery_persons")
        _check(gallery, gallery_groups, "gallery_groups")
        self.add(queries, query_persons, query_groups, gallery, gallery_persons, gallery_groups)

    def compute(self) -> Tensor:
        queries, query_persons, query_groups, gallery, gallery_persons, gallery_groups = (
            values.cpu().numpy() for values in self.all()
        )
        similarity = _cosines(queries, gallery)
        value = within_group_auc(similarity, query_persons, gallery_persons, query_groups, gallery_groups)
        return torch.tensor(value, device=self.device)


def _cosines(queries: np.ndarray, gallery: np.ndarray) -> np.ndarray:
    """`(Q, D)` and `(G, D)` -> `(Q, G)` float64, so that the order of items decides no rank by rounding."""
    one, other = (side.astype(np.float64) for side in (queries, gallery))
    one /= np.linalg.norm(one, axis=1, keepdims=True)
    other /= np.linalg.norm(other, axis=1, keepdims=True)
    return one @ other.T


def _check(embeddings: Tensor, numbers: Tensor, name: str) -> None:
    if embeddings.dim() != 2 or numbers.shape != embeddings.shape[:1]:
        raise ValueError(
            f"embeddings are {tuple(embeddings.shape)}, {name} {tuple(numbers.shape)}; expected (N, D) and (N,)"
        )

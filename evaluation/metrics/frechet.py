"""Frechet Inception distance (Heusel et al. 2017): how far features of made pictures lie from those of real ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torchmetrics import Metric

from evaluation.metrics.inception import inception_features


def frechet_inception_distance(made: Tensor, real: Tensor) -> Tensor:
    """Distance of two sets of features: `(N, D)` and `(M, D)` -> scalar, 0 for equal means and covariances.

    Raises:
        ValueError: the widths differ, or a set has fewer than two rows.
    """
    if made.dim() != 2 or real.dim() != 2 or made.shape[1] != real.shape[1]:
        raise ValueError(f"features are {tuple(made.shape)} and {tuple(real.shape)}; expected (N, D) and (M, D)")
    for name, features in (("made", made), ("real", real)):
        if len(features) < 2:
            raise ValueError(f"{len(features)} {name} pictures; a covariance needs at least two")
    sides = [(features.double().mean(0), features.double().T.cov()) for features in (made, real)]
    return frechet_distance(*sides[0], *sides[1])


def frechet_distance(mean: Tensor, covariance: Tensor, other_mean: Tensor, other_covariance: Tensor) -> Tensor:
    """|m - m'|^2 + tr(C + C' - 2 (C C')^1/2) of two normal distributions (Dowson and Landau 1982), in float64.

    Args:
        mean, other_mean: `(D,)`.
        covariance, other_covariance: `(D, D)`, symmetric, no negative eigenvalues.
    """
    root = _root(covariance.double())
    # C C' has the eigenvalues of the symmetric product, whose roots are real
    product = root @ other_covariance.double() @ root
    mixed = torch.linalg.eigvalsh((product + product.T) / 2).clamp_min(0).sqrt().sum()
    apart = (mean.double() - other_mean.double()).square().sum()
    return (apart + covariance.double().trace() + other_covariance.double().trace() - 2 * mixed).clamp_min(0)


class FrechetInceptionDistance(Metric):
    """`frechet_inception_distance` over all pictures seen, on any number of processes.

    Sums of features and of their products are kept, so that memory does not grow with the number of pictures. Figures
    of few pictures are biased upwards: compare those of equal numbers, and of the same features.

    Args:
        weights: InceptionV3's file; see `evaluation.metrics.inception.inception_features`.
        features: other features: pictures `(batch, 3, H, W)` in [-1, 1] -> `(batch, D)`.
        width: D of these.

    Raises:
        WeightsError: the weights are not there, or are not those of the published figures.
    """

    is_differentiable = False
    higher_is_better = False
    full_state_update = False

    def __init__(
        self,
        weights: str | Path | None = None,
        features: Callable[[Tensor], Tensor] | None = None,
        width: int = 2048,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.features = features or inception_features(weights)
        for side in ("made", "real"):
            self.add_state(f"{side}_sum", torch.zeros(width, dtype=torch.float64), dist_reduce_fx="sum")
            self.add_state(f"{side}_products", torch.zeros(width, width, dtype=torch.float64), dist_reduce_fx="sum")
            self.add_state(f"{side}_count", torch.tensor(0), dist_reduce_fx="sum")

    @torch.no_grad()
    def update(self, pictures: Tensor, real: bool) -> None:
        """`(batch, 3, H, W)` in [-1, 1], real or made."""
        if pictures.dim() != 4 or pictures.shape[1] != 3:
            raise ValueError(f"pictures are {tuple(pictures.shape)}; expected (batch, 3, height, width)")
        found = self.features(pictures)
        side = "real" if real else "made"
        width = len(getattr(self, f"{side}_sum"))
        if found.shape != (len(pictures), width):
            raise ValueError(f"features are {tuple(found.shape)}; expected {(len(pictures), width)}, the width given")
        found = found.double()
        setattr(self, f"{side}_sum", getattr(self, f"{side}_sum") + found.sum(0))
        setattr(self, f"{side}_products", getattr(self, f"{side}_products") + found.T @ found)
        setattr(self, f"{side}_count", getattr(self, f"{side}_count") + len(found))

    def compute(self) -> Tensor:
        """Scalar. Raises ValueError where a side has fewer than two pictures."""
        return frechet_distance(*self._normal("made"), *self._normal("real")).float()

    def _normal(self, side: str) -> tuple[Tensor, Tensor]:
        """Mean and covariance of one side."""
        total, products, count = (getattr(self, f"{side}_{name}") for name in ("sum", "products", "count"))
        if count < 2:
            raise ValueError(f"{int(count)} {side} pictures; a covariance needs at least two")
        mean = total / count
        return mean, (products - count * torch.outer(mean, mean)) / (count - 1)


def _root(matrix: Tensor) -> Tensor:
    """Symmetric square root of a symmetric matrix without negative eigenvalues (but for rounding)."""
    values, vectors = torch.linalg.eigh((matrix + matrix.T) / 2)
    return (vectors * values.clamp_min(0).sqrt()) @ vectors.T

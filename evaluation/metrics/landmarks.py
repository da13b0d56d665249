"""Metrics of lips: D-LL, D-VL and D-A, defined in `anyonenet.metrics.landmarks`, gathered over clips."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from anyonenet.metrics.landmarks import landmark_distance, open_area_difference, point_set, velocity_distance
from evaluation.metrics.aggregates import ItemMean

__all__ = [
    "LandmarkDistance",
    "OpenAreaDifference",
    "VelocityDistance",
    "landmark_distance",
    "open_area_difference",
    "velocity_distance",
]


class LandmarkDistance(ItemMean):
    """D-LL: mean of `landmark_distance` over clips.

    Args:
        points: 'jaw_and_lips' (the definition) or 'lips'.
        normaliser: to divide by instead of the reference's largest mouth width; 1 keeps the landmarks' unit.
    """

    higher_is_better = False

    def __init__(self, points: str = "jaw_and_lips", normaliser: float | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        point_set(points)
        self.points, self.normaliser = points, normaliser

    def update(self, predicted: Tensor, reference: Tensor, lengths: Tensor | None = None) -> None:
        """`(batch, frames, 68, 2)` twice; `lengths` `(batch,)` frames that count, all when None."""
        self.add(landmark_distance(predicted, reference, self.normaliser, self.points, lengths))


class VelocityDistance(LandmarkDistance):
    """D-VL: mean of `velocity_distance` over clips; arguments as of `LandmarkDistance`."""

    def update(self, predicted: Tensor, reference: Tensor, lengths: Tensor | None = None) -> None:
        """`(batch, frames, 68, 2)` twice, at least two frames; `lengths` `(batch,)` frames that count."""
        self.add(velocity_distance(predicted, reference, self.normaliser, self.points, lengths))


class OpenAreaDifference(ItemMean):
    """D-A: mean of `open_area_difference` over clips; those whose reference never opens the mouth are left out.

    Args:
        contour: 'inner' (the definition) or 'outer' lips.
        normaliser: to divide by instead of the reference's largest mouth area.
    """

    higher_is_better = False

    def __init__(self, contour: str = "inner", normaliser: float | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.contour, self.normaliser = contour, normaliser

    def update(self, predicted: Tensor, reference: Tensor, lengths: Tensor | None = None) -> None:
        """`(batch, frames, 68, 2)` twice; `lengths` `(batch,)` frames that count, all when None."""
        self.add(open_area_difference(predicted, reference, self.contour, self.normaliser, lengths))

"""Metrics of landmarks: D-LL, D-VL and D-A, defined in `anyonenet.metrics.landmarks`, gathered over clips."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import torch
from torch import Tensor
from torchmetrics import Metric

from anyonenet.metrics.landmarks import landmark_distance, open_area_difference, velocity_distance

__all__ = [
    "LandmarkDistance",
    "OpenAreaDifference",
    "VelocityDistance",
    "landmark_distance",
    "open_area_difference",
    "velocity_distance",
]


class _ClipMean(Metric):
    """Mean over clips of a figure that is defined for one clip; `undefined` counts the clips where it is not."""

    is_differentiable = True
    higher_is_better = False
    full_state_update = False
    total: Tensor
    clips: Tensor
    undefined: Tensor

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.add_state("total", torch.tensor(0.0, dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("clips", torch.tensor(0), dist_reduce_fx="sum")
        self.add_state("undefined", torch.tensor(0), dist_reduce_fx="sum")

    def update(self, predicted: Tensor, reference: Tensor, lengths: Tensor | None = None) -> None:
        """`(batch, frames, 68, 2)` twice; `lengths` `(batch,)` frames that count, all when None."""
        counts = [predicted.shape[1]] * len(predicted) if lengths is None else lengths.tolist()
        for item, frames in enumerate(counts):
            value = self._of_clip(predicted[item, :frames], reference[item, :frames])
            if value.isnan():
                self.undefined += 1
            else:
                self.total += value
                self.clips += 1

    def compute(self) -> Tensor:
        return (self.total / self.clips).float()

    @abstractmethod
    def _of_clip(self, predicted: Tensor, reference: Tensor) -> Tensor:
        """The figure of one clip, both `(frames, 68, 2)`."""


class LandmarkDistance(_ClipMean):
    """D-LL: mean of `landmark_distance` over clips."""

    def _of_clip(self, predicted: Tensor, reference: Tensor) -> Tensor:
        return landmark_distance(predicted, reference)


class VelocityDistance(_ClipMean):
    """D-VL: mean of `velocity_distance` over clips."""

    def _of_clip(self, predicted: Tensor, reference: Tensor) -> Tensor:
        return velocity_distance(predicted, reference)


class OpenAreaDifference(_ClipMean):
    """D-A: mean of `open_area_difference` over clips.

    Args:
        contour: 'inner' (the definition) or 'outer' lips.
    """

    def __init__(self, contour: str = "inner", **kwargs: Any):
        super().__init__(**kwargs)
        self.contour = contour

    def _of_clip(self, predicted: Tensor, reference: Tensor) -> Tensor:
        return open_area_difference(predicted, reference, self.contour)

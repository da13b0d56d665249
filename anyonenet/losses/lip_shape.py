"""Losses of the own landmark model: D-LL, D-VL and D-A (`anyonenet.metrics.landmarks`), smooth at 0 and signed.

A squared error is least for the mean of all that could be meant, which is a flatter mouth; a plain distance, for the
median, and it is what is measured. Sums over frames are divided by the number that count, so long cuts weigh more than
in the metrics, which take each clip's mean first. The points that are measured (jaw and lips) weigh 1 in all, the
others together `others`. `over_ranks` as in `anyonenet.losses.landmarks`.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from anyonenet.face.mouth import mouth_width
from anyonenet.face.template import INNER_LIPS
from anyonenet.metrics.frames import greatest_over_frames
from anyonenet.metrics.landmarks import POINT_SETS
from anyonenet.ranks import mean_over_ranks

SMALLEST = 1e-3
"""outer-eye distances: below it a distance is a square"""
SMALLEST_STEP = 1e-4
SMALLEST_AREA = 1e-3
"""squared outer-eye distances: a mouth that never opens further is not measured by its own area"""


@dataclass(frozen=True)
class LipShapeLosses:
    """Scalars, comparable to D-LL, D-VL and D-A."""

    distance: Tensor
    velocity: Tensor
    area: Tensor


def lip_shape_losses(
    predicted: Tensor,
    target: Tensor,
    lengths: Tensor,
    mask: Tensor,
    others: float = 0.2,
    over_ranks: bool = False,
) -> LipShapeLosses:
    """The three losses.

    Args:
        predicted, target: `(batch, frames, 68, 2)` frontal landmarks, outer-eye distances.
        lengths: `(batch,)` frames that count.
        mask: `(batch, frames)` bool, the same.
        others: weight of all points that are not measured, together.
        over_ranks: see the module.
    """
    weights = torch.full((predicted.shape[-2],), others, device=predicted.device)
    measured = sum(part.stop - part.start for part in POINT_SETS["jaw_and_lips"])
    weights /= len(weights) - measured
    for part in POINT_SETS["jaw_and_lips"]:
        weights[part] = 1 / measured
    width = greatest_over_frames(mouth_width(target), lengths).unsqueeze(-1)
    error = predicted - target
    distances = (_length(error, SMALLEST) * weights).sum(-1) / width
    steps = (_length(error.diff(dim=1), SMALLEST_STEP) * weights).sum(-1) / width
    area = _open_area(target)
    largest = greatest_over_frames(area, lengths).unsqueeze(-1).clamp_min(SMALLEST_AREA)
    areas = (_open_area(predicted) - area).abs() / largest
    pairs = mask[:, 1:] & mask[:, :-1]
    return LipShapeLosses(
        _mean(distances, mask, over_ranks), _mean(steps, pairs, over_ranks), _mean(areas, mask, over_ranks)
    )


def _length(vectors: Tensor, smallest: float) -> Tensor:
    return (vectors.square().sum(-1) + smallest**2).sqrt() - smallest


def _open_area(landmarks: Tensor) -> Tensor:
    """Area inside the lips, negative where the upper lip lies below the lower one.

    The metric takes a crossed mouth for an open one, so its gradient opens lips the wrong way as well as the right way.
    """
    x, y = landmarks[..., INNER_LIPS[0] : INNER_LIPS[-1] + 1, :].unbind(-1)
    return (x * y.roll(-1, dims=-1) - x.roll(-1, dims=-1) * y).sum(-1) / 2


def _mean(frames: Tensor, mask: Tensor, over_ranks: bool) -> Tensor:
    count = mask.sum()
    return (frames * mask).sum() / (mean_over_ranks(count) if over_ranks else count).clamp_min(1)

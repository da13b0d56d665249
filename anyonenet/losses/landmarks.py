"""Losses of the landmark predictor (AnyoneNet equations (4) to (7)).

The paper sums over frames and items; here the sums are divided by the number of frames that count, which moves no
optimum and keeps their size when batches and clips grow. Padding counts nothing.

With `over_ranks` the number of frames is the mean over the ranks of a distributed training, who must all call alike:
the mean of their losses is then the loss of all their clips, whichever rank has the longer ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from anyonenet.ranks import mean_over_ranks

LIPS = slice(48, 68)


@dataclass(frozen=True)
class LandmarkLosses:
    """Scalars; `total` is the weighted sum of the others."""

    displacement: Tensor
    inter_frame: Tensor
    quaternion: Tensor
    total: Tensor


def displacement_loss(
    predicted: Tensor, target: Tensor, mask: Tensor, lip_weight: float = 1.0, over_ranks: bool = False
) -> Tensor:
    """Equation (4): squared L2 distance of the landmark vectors, averaged over the frames that count.

    Args:
        predicted, target: `(batch, frames, 68, 2)` frontal landmarks, outer-eye distances.
        mask: `(batch, frames)` bool.
        lip_weight: factor on the squared distances of the 20 lip points (1 = the paper).
        over_ranks: see the module.

    Returns:
        scalar, squared outer-eye distances.
    """
    return _mean((predicted - target).square(), mask, lip_weight, over_ranks)


def inter_frame_loss(
    predicted: Tensor, target: Tensor, mask: Tensor, lip_weight: float = 1.0, over_ranks: bool = False
) -> Tensor:
    """Equation (5): the same on the steps from each frame to the next; a step counts where both frames do."""
    steps = (predicted[:, 1:] - predicted[:, :-1]) - (target[:, 1:] - target[:, :-1])
    return _mean(steps.square(), mask[:, 1:] & mask[:, :-1], lip_weight, over_ranks)


def quaternion_loss(predicted: Tensor, target: Tensor, mask: Tensor, over_ranks: bool = False) -> Tensor:
    """Equation (6): L1 distance of the quaternions from the second frame on.

    Args:
        predicted, target: `(batch, frames, 4)`, unit, of one sign (q and -q are the same orientation, but not here).
        mask: `(batch, frames)` bool.
        over_ranks: see the module.
    """
    distance = (predicted - target).abs().sum(-1)[:, 1:]
    return (distance * mask[:, 1:]).sum() / _count(mask[:, 1:], over_ranks)


def landmark_losses(
    landmarks: Tensor,
    quaternions: Tensor,
    target_landmarks: Tensor,
    target_quaternions: Tensor,
    mask: Tensor,
    displacement_weight: float = 1.0,
    inter_frame_weight: float = 1.0,
    quaternion_weight: float = 1.0,
    lip_weight: float = 1.0,
    over_ranks: bool = False,
) -> LandmarkLosses:
    """Equation (7) with a weight on each part (1 = the paper); shapes as in the parts."""
    displacement = displacement_loss(landmarks, target_landmarks, mask, lip_weight, over_ranks)
    inter_frame = inter_frame_loss(landmarks, target_landmarks, mask, lip_weight, over_ranks)
    quaternion = quaternion_loss(quaternions, target_quaternions, mask, over_ranks)
    total = displacement_weight * displacement + inter_frame_weight * inter_frame + quaternion_weight * quaternion
    return LandmarkLosses(displacement, inter_frame, quaternion, total)


def _mean(squares: Tensor, mask: Tensor, lip_weight: float, over_ranks: bool) -> Tensor:
    weights = torch.ones(squares.shape[-2], device=squares.device)
    weights[LIPS] = lip_weight
    frames = (squares.sum(-1) * weights).sum(-1)
    return (frames * mask).sum() / _count(mask, over_ranks)


def _count(mask: Tensor, over_ranks: bool) -> Tensor:
    count = mask.sum()
    return (mean_over_ranks(count) if over_ranks else count).clamp_min(1)

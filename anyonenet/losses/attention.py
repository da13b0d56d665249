"""ATVGnet's losses on frames (Chen et al. 2019, sections 3.3 and 3.4)."""

from __future__ import annotations

import torch
from torch import Tensor

LIPS = slice(48, 68)


def dynamic_pixel_loss(
    made: Tensor, target: Tensor, attention: Tensor, floor: float = 0.5, weights: Tensor | float = 1.0
) -> Tensor:
    """Mean absolute difference, weighed by where the network itself looks: `mean(|made - target| * (a + floor))`.

    The attention `a` counts as a number here: else the network would look away to make the loss small.

    Args:
        made, target: `(..., 3, height, width)`.
        attention: `(..., 1, height, width)` in [0, 1].
        floor: weight where it does not look at all; the paper's beta.
        weights: `(..., 1, height, width)` of the pixels besides (1 = the paper).

    Returns:
        scalar.
    """
    return ((made - target).abs() * (attention.detach() + floor) * weights).mean()


def regressed_landmark_loss(predicted: Tensor, target: Tensor, lip_weight: float = 1.0) -> Tensor:
    """Mean squared difference of landmarks that a discriminator reads off frames; lips weigh more.

    Args:
        predicted, target: `(..., 68, 2)`.
        lip_weight: factor on the squares of the 20 lip points against 1 elsewhere.

    Returns:
        scalar.
    """
    weights = torch.ones(68, 1, device=predicted.device)
    weights[LIPS] = lip_weight
    return ((predicted.float() - target).square() * weights).mean()

"""Perceptual loss (Johnson et al. 2016; MakeItTalk section 4.3) and an LPIPS-style distance on the same features."""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from anyonenet.losses.features import picture_features


class PerceptualLoss(nn.Module):
    """Mean absolute difference of features, averaged over their maps.

    Args:
        features: 'vgg19' (the paper's) or 'gabor' (needs no weights); see `anyonenet.losses.features`.
        weights: VGG-19's file where it is not in torchvision's place.

    Raises:
        InputError, WeightsError: from `picture_features`.
    """

    def __init__(self, features: str = "vgg19", weights: str | Path | None = None):
        super().__init__()
        self.features = picture_features(features, weights)

    def forward(self, made: Tensor, target: Tensor) -> Tensor:
        """`(batch, 3, height, width)` RGB in [-1, 1], twice -> scalar; the target gets no gradient."""
        with torch.no_grad():
            wanted = self.features(target)
        got = self.features(made)
        return torch.stack([F.l1_loss(a, b) for a, b in zip(got, wanted, strict=True)]).mean()


def perceptual_distance(features: nn.Module, made: Tensor, target: Tensor) -> Tensor:
    """Squared difference of features made unit length over channels, averaged over places, then over maps.

    That is LPIPS (Zhang et al. 2018) with all its channel weights equal; 0 for equal pictures, at most 4.

    Args:
        features: from `picture_features`.
        made, target: `(batch, 3, height, width)` RGB in [-1, 1].

    Returns:
        `(batch,)`.
    """
    distances = []
    for a, b in zip(features(made), features(target), strict=True):
        # the floor keeps flat regions, where features are noise, from counting as full differences
        difference = a / (a.norm(dim=1, keepdim=True) + 0.05) - b / (b.norm(dim=1, keepdim=True) + 0.05)
        distances.append(difference.square().sum(1).mean((1, 2)))
    return torch.stack(distances).mean(0)

"""Several patch discriminators, each of a picture half as large as that of the one before (pix2pixHD)."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from anyonenet.networks.base import Network
from anyonenet.networks.patch_discriminator import PatchDiscriminator


class ScaledDiscriminators(Network):
    """Wang et al. 2018 (section 3.2), three of which judge the frames of Write-a-Speaker (equation (8)).

    Args:
        condition_channels: channels of the condition beside the picture's three.
        width: channels after the first layer of each.
        layers: convolutions with stride 2.
        scales: how many; they share no weights.
    """

    def __init__(self, condition_channels: int, width: int = 64, layers: int = 3, scales: int = 3):
        super().__init__()
        self.judges = nn.ModuleList(PatchDiscriminator(condition_channels, width, layers) for _ in range(scales))

    def forward(self, conditions: Tensor, pictures: Tensor) -> list[list[Tensor]]:
        """For each scale, the finest first, what `PatchDiscriminator` gives: hidden layers, then logits."""
        verdicts = []
        for number, judge in enumerate(self.judges):
            if number:
                conditions, pictures = F.avg_pool2d(conditions, 2), F.avg_pool2d(pictures, 2)
            verdicts.append(judge(conditions, pictures))
        return verdicts

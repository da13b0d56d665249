"""PatchGAN: real or made, judged patch by patch (Isola et al. 2017), conditioned on the sketch (AnyoneNet III-E)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from anyonenet.networks.base import Network
from anyonenet.networks.instance_norm import InstanceNorm


class PatchDiscriminator(Network):
    """4x4 convolutions; with three of stride 2 each output sees 70x70 pixels.

    Args:
        condition_channels: channels of the condition beside the picture's three (3: the sketch).
        width: channels after the first layer; doubled up to eight times of it.
        layers: convolutions with stride 2 (3 gives 70x70).
    """

    def __init__(self, condition_channels: int = 3, width: int = 64, layers: int = 3):
        super().__init__()
        modules: list[nn.Module] = [
            nn.Conv2d(condition_channels + 3, width, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
        ]
        inputs = width
        for layer in range(1, layers + 1):
            outputs = width * min(2**layer, 8)
            modules += [
                nn.Conv2d(inputs, outputs, 4, stride=2 if layer < layers else 1, padding=1, bias=False),
                InstanceNorm(outputs),
                nn.LeakyReLU(0.2),
            ]
            inputs = outputs
        modules.append(nn.Conv2d(inputs, 1, 4, padding=1))
        self.layers = nn.Sequential(*modules)

    def forward(self, conditions: Tensor, pictures: Tensor) -> list[Tensor]:
        """What each layer says, logits last, one a patch: real is high.

        Args:
            conditions: `(batch, condition_channels, height, width)` in [-1, 1].
            pictures: `(batch, 3, height, width)` in [-1, 1].

        Returns:
            the activations of each hidden layer, for feature matching, then `(batch, 1, rows, columns)` logits; 30x30
            for 256x256 pictures.
        """
        maps = []
        values = torch.cat([conditions, pictures], dim=1)
        for layer in self.layers:
            values = layer(values)
            if isinstance(layer, nn.LeakyReLU):
                maps.append(values)
        return [*maps, values]

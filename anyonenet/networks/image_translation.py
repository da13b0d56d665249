"""Sketch and photo -> frame: the residual U-Net of MakeItTalk (its appendix B, Table 4), used in AnyoneNet III-E."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from anyonenet.networks.base import Network
from anyonenet.networks.instance_norm import InstanceNorm


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions with instance norm beside an identity."""

    def __init__(self, width: int):
        super().__init__()
        self.layers = nn.Sequential(
            InstanceNorm(width),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, width, 3, padding=1),
            InstanceNorm(width),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, width, 3, padding=1),
        )
        with torch.no_grad():  # nearly an identity at first: copying the photo is learned soonest
            for parameter in self.layers[-1].parameters():
                parameter.mul_(0.1)

    def forward(self, features: Tensor) -> Tensor:
        """`(batch, channels, height, width)` -> the same shape."""
        return features + self.layers(features)


class Down(nn.Sequential):
    """Half the size: a 3x3 convolution with stride 2, then residual blocks."""

    def __init__(self, inputs: int, outputs: int, blocks: int):
        super().__init__(
            nn.Conv2d(inputs, outputs, 3, stride=2, padding=1), *(ResidualBlock(outputs) for _ in range(blocks))
        )


class Up(nn.Module):
    """Twice the size: nearest neighbour, a 3x3 convolution, then residual blocks."""

    def __init__(self, inputs: int, outputs: int, blocks: int):
        super().__init__()
        self.convolution = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.blocks = nn.Sequential(*(ResidualBlock(outputs) for _ in range(blocks)))

    def forward(self, features: Tensor) -> Tensor:
        return self.blocks(self.convolution(F.interpolate(features, scale_factor=2.0, mode="nearest")))


class ImageTranslator(Network):
    """Encoder, bottleneck and decoder with skip connections, `tanh` at the end.

    Args:
        widths: channels after each halving; the default is MakeItTalk's. The picture's sides must be multiples of
            2 ** len(widths).
        blocks: residual blocks after each change of size.

    Raises:
        ValueError: fewer than two widths.
    """

    recompute: bool = False
    """in training hold only what goes from level to level and compute the rest again on the way back"""

    def __init__(self, widths: Sequence[int] = (64, 128, 256, 512, 512, 512), blocks: int = 2):
        super().__init__()
        if len(widths) < 2:
            raise ValueError(f"widths has {len(widths)} entries; a U-Net needs at least two")
        self.encoder = nn.ModuleList(
            Down(inputs, outputs, blocks) for inputs, outputs in zip([6, *widths[:-1]], widths, strict=True)
        )
        deepest, *others = reversed(widths)
        # the first step up sees the bottleneck alone, the others their encoder twin beside
        sources = [deepest, *(2 * width for width in others)]
        self.decoder = nn.ModuleList(
            Up(inputs, outputs, blocks) for inputs, outputs in zip(sources, [*others, 3], strict=True)
        )
        self.multiple = 2 ** len(widths)

    def forward(self, pictures: Tensor) -> Tensor:
        """The photo as the sketch wants it.

        Args:
            pictures: `(batch, 6, height, width)` in [-1, 1]: sketch (RGB), then photo (RGB); 256x256 in the paper.

        Returns:
            `(batch, 3, height, width)` in [-1, 1], RGB.

        Raises:
            ValueError: not six channels, or a side that is no multiple of 2 ** len(widths).
        """
        if pictures.dim() != 4 or pictures.shape[1] != 6 or any(side % self.multiple for side in pictures.shape[2:]):
            raise ValueError(
                f"got pictures of shape {tuple(pictures.shape)}; expected (batch, 6, height, width) with sides that "
                f"are multiples of {self.multiple}"
            )
        skips: list[Tensor] = []
        features = pictures
        for down in self.encoder:
            features = self._level(down, features)
            skips.append(features)
        skips.pop()
        for position, up in enumerate(self.decoder):
            if position:
                features = torch.cat([features, skips.pop()], dim=1)
            features = self._level(up, features)
        return torch.tanh(features)

    def _level(self, level: nn.Module, features: Tensor) -> Tensor:
        if self.recompute and self.training and torch.is_grad_enabled():
            result: Tensor = checkpoint(level, features, use_reentrant=False)
            return result
        made: Tensor = level(features)
        return made

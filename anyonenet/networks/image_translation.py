"""Sketch and photo -> frame: the residual U-Net of MakeItTalk (its appendix B, Table 4), used in AnyoneNet III-E."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from anyonenet.networks.base import Network
from anyonenet.networks.instance_norm import InstanceNorm

HEADS = ("picture", "flow")
STRIDE = 0.1
"""half sides of the picture that head 'flow' moves a pixel for a 1 of its last convolution"""
_TOP = 16
"""channels before the last convolution of head 'flow'"""
_MASK_AT_FIRST = -1.5
"""before the sigmoid: copying the photo comes first, painting is learned where copying fails"""


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
                parameter.mul_(0.03)

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


class FlowHead(nn.Sequential):
    """Twice the size, then colour (3), mask (1) and displacement (2); at first the photo as it is.

    The size is doubled by moving channels to pixels (Shi et al. 2016), which never holds all inputs at full size. All
    channels are normalised together: one by one, how far a whole head has moved would be taken away. Displacements are
    not bounded, as a bound that is reached has no gradient back.
    """

    def __init__(self, inputs: int):
        last = nn.Conv2d(_TOP, 6, 3, padding=1)
        doubled = (nn.Conv2d(inputs, 4 * _TOP, 3, padding=1), nn.PixelShuffle(2))
        super().__init__(nn.GroupNorm(1, inputs), *doubled, nn.LeakyReLU(0.2), last)
        with torch.no_grad():
            last.weight[3:].mul_(0.03)
            assert last.bias is not None
            last.bias[3:] = torch.tensor([_MASK_AT_FIRST, 0.0, 0.0])


class ImageTranslator(Network):
    """Encoder, bottleneck and decoder with skip connections.

    Head 'picture' is the paper's: three channels through `tanh`. Head 'flow' says for each pixel where in the photo it
    comes from, a colour, and how much of that colour to take, as the attention masks of ATVGnet and Write-a-Speaker
    (its section on the video generator) do: what the photo shows is moved, what it hides is painted. It learns sooner,
    and the photo can be sampled at a finer resolution than the network's.

    Args:
        widths: channels after each halving; the default is MakeItTalk's. The picture's sides must be multiples of
            2 ** len(widths).
        blocks: residual blocks after each change of size.
        head: 'picture' or 'flow'.
        motion_field: read what the landmarks say about the displacement too (`anyonenet.face.motion_field`); head
            'flow' then adds to it.

    Raises:
        ValueError: fewer than two widths, or an unknown head.
    """

    recompute: bool = False
    """in training hold only what goes from level to level and compute the rest again on the way back"""

    def __init__(
        self,
        widths: Sequence[int] = (64, 128, 256, 512, 512, 512),
        blocks: int = 2,
        head: str = "picture",
        motion_field: bool = False,
    ):
        super().__init__()
        if len(widths) < 2:
            raise ValueError(f"widths has {len(widths)} entries; a U-Net needs at least two")
        if head not in HEADS:
            raise ValueError(f"head is '{head}'; choose one of {', '.join(HEADS)}")
        self.head = head
        self.inputs = 9 if motion_field else 6
        self.outputs = 3 if head == "picture" else 6
        self.encoder = nn.ModuleList(
            Down(inputs, outputs, blocks) for inputs, outputs in zip([self.inputs, *widths[:-1]], widths, strict=True)
        )
        deepest, *others = reversed(widths)
        # the first step up sees the bottleneck alone, the others their encoder twin beside
        sources = [deepest, *(2 * width for width in others)]
        last: nn.Module = Up(sources[-1], 3, blocks) if head == "picture" else FlowHead(sources[-1])
        self.decoder = nn.ModuleList(
            [*(Up(inputs, outputs, blocks) for inputs, outputs in zip(sources[:-1], others, strict=True)), last]
        )
        self.multiple = 2 ** len(widths)

    def forward(self, pictures: Tensor) -> Tensor:
        """The photo as the sketch wants it.

        Args:
            pictures: `(batch, inputs, height, width)` in [-1, 1]: sketch (RGB), photo (RGB), and with `motion_field`
                that; 256x256 in the paper.

        Returns:
            `(batch, 3, height, width)` in [-1, 1], RGB.

        Raises:
            ValueError: a wrong number of channels, or a side that is no multiple of 2 ** len(widths).
        """
        return self.compose(self.raw(pictures), pictures[:, 3:6])

    def join(self, sketches: Tensor, photos: Tensor, motion_fields: Tensor) -> Tensor:
        """What the network reads: each `(batch, 3, height, width)` in [-1, 1] -> `(batch, inputs, height, width)`.

        Args:
            sketches: of what is wanted.
            photos: the pictures to be changed.
            motion_fields: left out where the network does not read them.
        """
        return torch.cat([sketches, photos, *([motion_fields] if self.inputs == 9 else [])], dim=1)

    def raw(self, pictures: Tensor) -> Tensor:
        """What is known before the photo is moved.

        Args, raises: as `forward`.

        Returns:
            `(batch, outputs, height, width)`. Head 'picture': colour in [-1, 1]. Head 'flow': colour in [-1, 1], mask
            in [0, 1] (1: take the colour), displacement (x, y) in half sides of the picture, from a pixel to where the
            photo is looked at.
        """
        return self.with_field(self.convolved(pictures), pictures)

    def with_field(self, convolved: Tensor, pictures: Tensor) -> Tensor:
        """Adds the displacement that was read to the one that was found; both arguments as in `raw`."""
        if self.head == "picture" or self.inputs == 6:
            return convolved
        return torch.cat([convolved[:, :4], convolved[:, 4:] + pictures[:, 6:8]], dim=1)

    def convolved(self, pictures: Tensor) -> Tensor:
        """`raw` before the displacement that was read is added, which small numbers would blur; engines run this."""
        uneven = any(side % self.multiple for side in pictures.shape[2:])
        if pictures.dim() != 4 or pictures.shape[1] != self.inputs or uneven:
            raise ValueError(
                f"got pictures of shape {tuple(pictures.shape)}; expected (batch, {self.inputs}, height, width) with "
                f"sides that are multiples of {self.multiple}"
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
        if self.head == "picture":
            return torch.tanh(features)
        colour, mask, displacement = features[:, :3], features[:, 3:4], features[:, 4:]
        return torch.cat([colour.tanh(), mask.sigmoid(), STRIDE * displacement], dim=1)

    def compose(self, raw: Tensor, photos: Tensor) -> Tensor:
        """The picture.

        Args:
            raw: from `raw`.
            photos: `(batch, 3, height, width)` in [-1, 1].

        Returns:
            `(batch, 3, height, width)` in [-1, 1].
        """
        if self.head == "picture":
            return raw
        mask = raw[:, 3:4]
        return mask * raw[:, :3] + (1 - mask) * self.moved(raw, photos)

    @staticmethod
    def moved(raw: Tensor, photos: Tensor) -> Tensor:
        """The photo alone, each pixel from where head 'flow' looks, `(batch, 3, height, width)`; float32."""
        height, width = raw.shape[2:]
        displacement = raw[:, 4:6].float()
        x = (torch.arange(width, device=raw.device) * 2 + 1) / width - 1
        y = (torch.arange(height, device=raw.device) * 2 + 1) / height - 1
        places = torch.stack([displacement[:, 0] + x, displacement[:, 1] + y[:, None]], dim=-1)
        return F.grid_sample(photos.float(), places, mode="bilinear", padding_mode="border", align_corners=False)

    def _level(self, level: nn.Module, features: Tensor) -> Tensor:
        if self.recompute and self.training and torch.is_grad_enabled():
            result: Tensor = checkpoint(level, features, use_reentrant=False)
            return result
        made: Tensor = level(features)
        return made

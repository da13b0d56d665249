"""Sketches of a few neighbouring frames -> one frame: the video generator of Write-a-Speaker (Figure 6, equation (7)).

Features of two input scales are added up; three sub-networks render a face, an adaptive-attention mask and a global
colour map from them, and the frame is `mask * face + (1 - mask) * colour`.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from anyonenet.networks.base import Network
from anyonenet.networks.image_translation import STRIDE, ImageTranslator, ResidualBlock

COMPOSITIONS = ("painted", "moved")
_TOP = 16
"""channels before a head's last convolution"""
_MASK_AT_FIRST = -1.5
"""before the sigmoid: the colour map comes first, the face is learned where that fails"""


class Features(nn.Module):
    """The feature extraction network: a pathway at full scale and one at half of it, element-wise summed.

    Both end at half the picture's side. The coarse pathway goes down to a sixteenth or so of it and back up, so that
    the whole head is seen from each place.

    Args:
        inputs: channels.
        width: channels of the result.
        coarse_widths: channels after each halving of the coarse pathway, the first at a quarter of the side.
        blocks: residual blocks at the bottom.
    """

    def __init__(self, inputs: int, width: int, coarse_widths: Sequence[int], blocks: int):
        super().__init__()
        self.fine = nn.Sequential(nn.Conv2d(inputs, width, 4, stride=2, padding=1), ResidualBlock(width))
        steps: list[nn.Module] = []
        for before, after in zip([inputs, *coarse_widths[:-1]], coarse_widths, strict=True):
            steps += [nn.Conv2d(before, after, 4, stride=2, padding=1), nn.LeakyReLU(0.2)]
        steps += [ResidualBlock(coarse_widths[-1]) for _ in range(blocks)]
        upward = [*reversed(coarse_widths), width]
        for before, after in zip(upward[:-1], upward[1:], strict=True):
            steps += [nn.Conv2d(before, 4 * after, 3, padding=1), nn.PixelShuffle(2), ResidualBlock(after)]
        self.coarse = nn.Sequential(*steps)

    def forward(self, inputs: Tensor) -> Tensor:
        """`(batch, inputs, height, width)` -> `(batch, channels, height / 2, width / 2)`."""
        summed: Tensor = self.fine(inputs) + self.coarse(F.avg_pool2d(inputs, 2))
        return summed


class Head(nn.Sequential):
    """Features at half the side -> a few channels at the full one, not yet bounded.

    All channels are normalised together: one by one, how far a whole head has moved would be taken away.

    Args:
        width: channels of the features.
        outputs: channels of the result.
        begin: what it gives everywhere before it has learned; None: random values.
    """

    def __init__(self, width: int, outputs: int, begin: float | None = None):
        last = nn.Conv2d(_TOP, outputs, 3, padding=1)
        doubled = (nn.Conv2d(width, 4 * _TOP, 3, padding=1), nn.PixelShuffle(2))
        super().__init__(nn.GroupNorm(1, width), *doubled, nn.LeakyReLU(0.2), last)
        if begin is not None:
            with torch.no_grad():
                last.weight.mul_(0.03)
                assert last.bias is not None
                last.bias.fill_(begin)


class SpaceTimeTranslator(Network):
    """The video generator.

    Composition 'painted' is the paper's: colour map and face are both painted, and the network knows one person, whose
    video it was trained on. Composition 'moved' is ours, for photographs of persons never seen: the network reads a
    photo beside the volume, the colour map is that photo moved by a displacement, and the face is that with what has
    changed painted on it (an open mouth, closed lids), taken where the mask asks for it. So it begins as a moved photo,
    and the mask never learns to distrust a face that is not one yet. Its numbers are those of `ImageTranslator`'s head
    'flow'.

    Args:
        frames: of the space-time volume, an odd number; 15 in the paper.
        composition: 'painted' or 'moved'.
        photo: read a photo of the person, and what the landmarks say about its motion (`anyonenet.face.motion_field`).
        width: channels at half the side; the paper states none, its discriminators' model (pix2pixHD) has 64.
        coarse_widths: of the coarse pathway.
        blocks: residual blocks at its bottom.
        face_blocks, colour_blocks: residual blocks that only the face, and only the colour map, go through.

    Raises:
        ValueError: an even number of frames, an unknown composition, or 'moved' without a photo.
    """

    SHARED_BLOCKS = 3
    """that face and mask go through together, as in the paper"""

    def __init__(
        self,
        frames: int = 15,
        composition: str = "painted",
        photo: bool = False,
        width: int = 64,
        coarse_widths: Sequence[int] = (128, 256, 512),
        blocks: int = 4,
        face_blocks: int = 2,
        colour_blocks: int = 3,
    ):
        super().__init__()
        if frames < 1 or frames % 2 == 0:
            raise ValueError(f"frames is {frames}; a window around a frame has an odd number of them, 15 in the paper")
        if composition not in COMPOSITIONS:
            raise ValueError(f"composition is '{composition}'; choose one of {', '.join(COMPOSITIONS)}")
        if composition == "moved" and not photo:
            raise ValueError("composition 'moved' moves a photo; set photo to true")
        self.frames, self.composition, self.photo = frames, composition, photo
        self.volume_channels = 3 * frames
        self.inputs = self.volume_channels + (6 if photo else 0)
        self.multiple = 2 ** (len(coarse_widths) + 1)
        self.features = Features(self.inputs, width, coarse_widths, blocks)
        self.shared = nn.Sequential(*(ResidualBlock(width) for _ in range(self.SHARED_BLOCKS)))
        moved = composition == "moved"
        face, colour = (Head(width, 3, 0.0), Head(width, 2, 0.0)) if moved else (Head(width, 3), Head(width, 3))
        self.face = nn.Sequential(*(ResidualBlock(width) for _ in range(face_blocks)), face)
        self.mask = Head(width, 1, _MASK_AT_FIRST)
        self.colour = nn.Sequential(*(ResidualBlock(width) for _ in range(colour_blocks)), colour)

    def join(self, volumes: Tensor, photos: Tensor, motion_fields: Tensor) -> Tensor:
        """What the network reads, `(batch, inputs, height, width)`.

        Args:
            volumes: `(batch, 3 * frames, height, width)` in [-1, 1], the sketches of the window, oldest first.
            photos, motion_fields: `(batch, 3, height, width)`; left out where the network does not read them.
        """
        return torch.cat([volumes, photos, motion_fields], dim=1) if self.photo else volumes

    def forward(self, inputs: Tensor) -> Tensor:
        """The frame in the middle of the window.

        Args:
            inputs: from `join`, sides multiples of `multiple`.

        Returns:
            `(batch, 3, height, width)` in [-1, 1].

        Raises:
            ValueError: a wrong number of channels, or a side that does not fit.
        """
        photos = inputs[:, self.volume_channels : self.volume_channels + 3]
        return self.compose(self.raw(inputs), photos)

    def raw(self, inputs: Tensor) -> Tensor:
        """Face (3, in [-1, 1]), mask (1, in [0, 1]: 1 takes the face), and the colour map: 'painted' 3 in [-1, 1],
        'moved' a displacement (2, half sides of the picture, from a pixel to where the photo is looked at).

        Args, raises: as `forward`.
        """
        uneven = any(side % self.multiple for side in inputs.shape[2:])
        if inputs.dim() != 4 or inputs.shape[1] != self.inputs or uneven:
            raise ValueError(
                f"got inputs of shape {tuple(inputs.shape)}; expected (batch, {self.inputs}, height, width) with sides "
                f"that are multiples of {self.multiple}"
            )
        features = self.features(inputs)
        attended = self.shared(features)
        face, mask, colour = self.face(attended), self.mask(attended), self.colour(features)
        if self.composition == "painted":
            return torch.cat([face.tanh(), mask.sigmoid(), colour.tanh()], dim=1)
        # the field is added in 32 bits: small displacements are what a viewer sees
        photos, field = inputs[:, self.volume_channels :].float().split([3, 3], dim=1)
        displacement = STRIDE * colour.float() + field[:, :2]
        moved = ImageTranslator.moved(torch.cat([photos, photos[:, :1], displacement.detach()], dim=1), photos)
        painted = (moved + 2 * face.float().tanh()).clamp(-1, 1)
        return torch.cat([painted, mask.float().sigmoid(), displacement], dim=1)

    def compose(self, raw: Tensor, photos: Tensor) -> Tensor:
        """Equation (7): `(batch, 3, height, width)` in [-1, 1].

        Args:
            raw: from `raw`.
            photos: `(batch, 3, height, width)`; not looked at in composition 'painted'.
        """
        mask = raw[:, 3:4]
        return mask * raw[:, :3] + (1 - mask) * self.colour_map(raw, photos)

    def colour_map(self, raw: Tensor, photos: Tensor) -> Tensor:
        """The global colour map alone, `(batch, 3, height, width)`; arguments as of `compose`."""
        if self.composition == "painted":
            return raw[:, 4:]
        return ImageTranslator.moved(raw, photos)

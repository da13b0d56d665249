"""ATVGnet's VG-net: a photo, its landmarks and moving landmarks -> frames (Chen et al. 2019, section 3.2).

The multi-modal convolutional recurrent network (MMCRNN): features of the photo and of what the landmarks have changed
run through a convolutional GRU. Two attentions follow. One, from the landmarks alone, says where in the middle of the
network the photo's own features are kept. The other goes with a colour for each pixel, and says how much of that
colour covers the photo; what the landmarks leave as it is need not be drawn again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from anyonenet.networks.base import Network
from anyonenet.networks.conv_gru import ConvGRU
from anyonenet.networks.image_translation import Down, ResidualBlock, Up
from anyonenet.networks.instance_norm import InstanceNorm

SIDE = 128
"""pixels of the square pictures; the paper's"""
FACES = 1.6
"""side of the square around a face, in heights of the face from brow to chin"""
_GRID = 8
"""side of the map that landmarks are laid out on"""
_MAGNIFIED = 10.0
"""landmarks are multiplied by this: speech moves them by some hundredths of the picture"""


@dataclass(frozen=True)
class DrawnFrames:
    """What VG-net draws."""

    frames: Tensor  # (B, F, 3, H, W) in [-1, 1]
    attention: Tensor  # (B, F, 1, H, W) in [0, 1]; 1 takes the colour
    colours: Tensor  # (B, F, 3, H, W) in [-1, 1]
    state: Tensor | None  # of the recurrent layer after the last frame; None without recurrence


class VGNet(Network):
    """Photo and landmarks -> attention and colour of each frame, laid over the photo.

    Args:
        widths: channels after the first convolution and after each of four halvings.
        landmark_hidden: values that landmarks become, before a map of 8x8 is laid out of them; 64 in the authors'
            program, where they are that map.
        blocks: residual blocks after the recurrent layer.
        kernel: of the first and the last convolution.
        dilation: of the recurrent layer.
        recurrent: False: a convolution in its place, each frame by itself.

    Raises:
        ValueError: not five widths.
    """

    def __init__(
        self,
        widths: Sequence[int] = (64, 64, 128, 256, 512),
        landmark_hidden: int = 64,
        blocks: int = 9,
        kernel: int = 7,
        dilation: int = 2,
        recurrent: bool = True,
    ):
        super().__init__()
        if len(widths) != 5:
            raise ValueError(f"widths has {len(widths)} entries; expected 5")
        first, half, quarter, eighth, deepest = widths
        self.near = nn.Sequential(
            nn.Conv2d(3, first, kernel, padding=kernel // 2, padding_mode="reflect"),
            *_normed(first),
            Down(first, half, 0),
            *_normed(half),
            Down(half, quarter, 0),
            *_normed(quarter),
        )
        self.far = nn.Sequential(
            Down(quarter, eighth, 0), *_normed(eighth), Down(eighth, deepest, 0), *_normed(deepest)
        )
        # no norms here: what speech changes in a face is small beside the face
        self.points = nn.Sequential(
            nn.Linear(136, landmark_hidden), nn.LeakyReLU(0.2), nn.Linear(landmark_hidden, _GRID * _GRID)
        )
        self.point_maps = nn.Sequential(nn.Conv2d(1, eighth, 3, padding=1), nn.LeakyReLU(0.2))
        self.point_features = nn.Sequential(nn.Conv2d(eighth, deepest, 3, padding=1), nn.LeakyReLU(0.2))
        self.keep = nn.Sequential(
            Up(2 * eighth, half, 0),
            nn.LeakyReLU(0.2),
            Up(half, first, 0),
            nn.LeakyReLU(0.2),
            nn.Conv2d(first, 1, 3, padding=1),
        )
        self.join = nn.Sequential(nn.Conv2d(2 * deepest, quarter, 3, padding=1), *_normed(quarter))
        self.recurrent = ConvGRU(quarter, deepest, dilation) if recurrent else None
        self.each = (
            None
            if recurrent
            else nn.Sequential(nn.Conv2d(quarter, deepest, 3, padding=dilation, dilation=dilation), nn.LeakyReLU(0.2))
        )
        self.decode = nn.Sequential(
            *(ResidualBlock(deepest) for _ in range(blocks)),
            Up(deepest, eighth, 0),
            *_normed(eighth),
            Up(eighth, quarter, 0),
            *_normed(quarter),
        )
        last = max(4, first // 2)
        self.draw = nn.Sequential(Up(quarter, half, 0), *_normed(half), Up(half, last, 0), *_normed(last))
        # they see the photo too: the norms hide how bright it is
        self.colour = nn.Conv2d(last + 3, 3, kernel, padding=kernel // 2)
        self.attention = nn.Conv2d(last + 3, 1, kernel, padding=kernel // 2)

        for part in (self.points, self.point_maps, self.point_features):
            for layer in part:
                if isinstance(layer, (nn.Linear, nn.Conv2d)):
                    nn.init.kaiming_normal_(layer.weight, 0.2)

    def forward(
        self, photos: Tensor, photo_landmarks: Tensor, landmarks: Tensor, state: Tensor | None = None
    ) -> DrawnFrames:
        """Frames of moving landmarks.

        Args:
            photos: `(batch, 3, height, width)` in [-1, 1], RGB; sides are multiples of 16; 128x128 in the paper.
            photo_landmarks: `(batch, 68, 2)` of the photo, from -1 (left, top) to 1 of the picture.
            landmarks: `(batch, frames, 68, 2)` that are wanted.
            state: from the frames before; None at the beginning.

        Raises:
            ValueError: sides that are no multiples of 16.
        """
        if photos.dim() != 4 or any(side % 16 for side in photos.shape[2:]):
            raise ValueError(
                f"got photos of shape {tuple(photos.shape)}; expected (batch, 3, height, width) with sides that are "
                "multiples of 16"
            )
        batch, frames = landmarks.shape[:2]
        near = self.near(photos)
        far = self.far(near)
        own = self._laid_out(photo_landmarks, far)
        wanted = self._laid_out(landmarks.flatten(0, 1), far)
        keep = torch.sigmoid(self.keep(torch.cat([wanted, _each(own, frames)], dim=1)))
        changed = self.point_features(wanted) - _each(self.point_features(own), frames)
        joined = self.join(torch.cat([_each(far, frames), changed], dim=1))
        if self.recurrent is not None:
            states, state = self.recurrent(joined.unflatten(0, (batch, frames)), state)
            features = states.flatten(0, 1)
        else:
            assert self.each is not None
            features = self.each(joined)
        decoded = self.decode(features)
        drawn = self.draw(decoded * keep + _each(near, frames) * (1 - keep))
        under = _each(photos, frames)
        drawn = torch.cat([drawn, under], dim=1)
        colours, attention = torch.tanh(self.colour(drawn)), torch.sigmoid(self.attention(drawn))
        made = attention * colours + (1 - attention) * under
        shape = (batch, frames)
        return DrawnFrames(made.unflatten(0, shape), attention.unflatten(0, shape), colours.unflatten(0, shape), state)

    def _laid_out(self, landmarks: Tensor, like: Tensor) -> Tensor:
        """`(N, 68, 2)` -> maps `(N, channels, height, width)` of the size of `like`."""
        grid = self.points(_MAGNIFIED * landmarks.flatten(1)).view(-1, 1, _GRID, _GRID)
        if grid.shape[2:] != like.shape[2:]:
            grid = F.interpolate(grid, like.shape[2:], mode="bilinear", align_corners=False)
        maps: Tensor = self.point_maps(grid)
        return maps


def _each(values: Tensor, frames: int) -> Tensor:
    """`(batch, ...)` -> `(batch * frames, ...)`: the same for each frame."""
    return values.repeat_interleave(frames, dim=0)


def _normed(width: int) -> tuple[nn.Module, nn.Module]:
    return InstanceNorm(width), nn.LeakyReLU(0.2)

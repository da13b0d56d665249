"""The speaker encoder: ResNet-34 on mels, statistics pooling, a unit vector (AnyoneNet section III-B).

The trunk follows the ResNet-34 of VoxCeleb2 (Chung, Nagrani and Zisserman 2018): a 7x7 convolution and a maximum
pooling, each of stride 2, then residual stages of 3, 4, 6 and 3 blocks. The classification layer that training needs
lives in the loss, so what is exported is the embedding alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from anyonenet.networks.base import Network
from anyonenet.networks.batch_norm import BatchNorm
from anyonenet.networks.masked import frame_mask

BLOCKS = (3, 4, 6, 3)
"""residual blocks a stage: what makes it a ResNet-34"""


class SpeakerEncoder(Network):
    """Mel spectrogram of any length -> unit vector of the voice.

    Items of a batch do not see each other's padding: each gets the embedding it would get alone. (In training the batch
    statistics tie them together; give items of one length then, for padding counts in those.)
    """

    def __init__(
        self,
        bands: int = 80,
        widths: Sequence[int] = (64, 128, 256, 512),
        embedding_size: int = 1024,
        stem_stride: int = 4,
    ):
        """
        Args:
            bands: mel bands of the input.
            widths: channels of the four residual stages.
            embedding_size: length of the embedding.
            stem_stride: how much the stem shrinks time and frequency: 4 (VoxCeleb2: convolution and pooling),
                2 (convolution) or 1 (neither).

        Raises:
            ValueError: not four widths, or another stride.
        """
        super().__init__()
        if len(widths) != len(BLOCKS):
            raise ValueError(f"widths has {len(widths)} numbers; expected {len(BLOCKS)}, one a residual stage")
        if stem_stride not in (1, 2, 4):
            raise ValueError(f"stem_stride is {stem_stride}; expected 1, 2 or 4")
        self.stem_stride = min(stem_stride, 2)
        self.stem = nn.Sequential(
            nn.Conv2d(1, widths[0], 7, stride=self.stem_stride, padding=3, bias=False),
            BatchNorm(widths[0]),
            nn.ReLU(),
        )
        self.pool = nn.MaxPool2d(3, stride=2, padding=1) if stem_stride == 4 else None
        height = _halved(bands, {1: 0, 2: 1, 4: 2}[stem_stride])
        blocks: list[ResidualBlock] = []
        channels = widths[0]
        for stage, (count, width) in enumerate(zip(BLOCKS, widths, strict=True)):
            for index in range(count):
                stride = 2 if stage > 0 and index == 0 else 1
                blocks.append(ResidualBlock(channels, width, stride))
                channels = width
                height = _halved(height, stride - 1)
        self.blocks = nn.ModuleList(blocks)
        self.project = nn.Linear(2 * channels * height, embedding_size)

    def forward(self, mels: Tensor, lengths: Tensor) -> Tensor:
        """
        Args:
            mels: `(B, T, bands)` standardised log-mel (see `anyonenet.audio.mel`).
            lengths: `(B,)` int64, frames of each item, 1 to T.

        Returns:
            `(B, embedding_size)` unit vectors.
        """
        lengths = lengths.to(mels.device)
        features = _masked(mels.transpose(1, 2).unsqueeze(1), lengths)  # (B, 1, bands, T)
        features = self.stem(features)
        lengths = _shrunk(lengths, self.stem_stride)
        features = _masked(features, lengths)
        if self.pool is not None:  # after the ReLU nothing is below the zero that padding holds
            features = self.pool(features)
            lengths = _shrunk(lengths, 2)
            features = _masked(features, lengths)
        for block in self.blocks:
            features, lengths = block(features, lengths)
        pooled = statistics_pooling(features.flatten(1, 2).transpose(1, 2), lengths)
        return nn.functional.normalize(self.project(pooled).float(), dim=-1)


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut (He et al. 2016); padding beyond an item's length stays zero."""

    def __init__(self, channels_in: int, channels_out: int, stride: int):
        super().__init__()
        self.stride = stride
        self.first = nn.Conv2d(channels_in, channels_out, 3, stride, 1, bias=False)
        self.first_norm = BatchNorm(channels_out)
        self.second = nn.Conv2d(channels_out, channels_out, 3, 1, 1, bias=False)
        self.second_norm = BatchNorm(channels_out)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or channels_in != channels_out:
            self.shortcut = nn.Sequential(
                nn.Conv2d(channels_in, channels_out, 1, stride, bias=False), BatchNorm(channels_out)
            )

    def forward(self, features: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """`(B, C, H, T)` features and `(B,)` lengths -> the same, shrunk by the stride."""
        lengths = _shrunk(lengths, self.stride)
        hidden = _masked(torch.relu(self.first_norm(self.first(features))), lengths)
        hidden = self.second_norm(self.second(hidden)) + self.shortcut(features)
        return _masked(torch.relu(hidden), lengths), lengths


def statistics_pooling(features: Tensor, lengths: Tensor, floor: float = 1e-4) -> Tensor:
    """Mean and standard deviation over the valid frames (Snyder et al. 2018).

    Args:
        features: `(B, T, C)`.
        lengths: `(B,)` int64, 1 to T.
        floor: added to the variance, so that one frame has a finite gradient.

    Returns:
        `(B, 2 C)` float32: means, then standard deviations (population).
    """
    features = features.float()
    mask = frame_mask(lengths, features.shape[1]).unsqueeze(-1)
    count = lengths[:, None].to(features.dtype)
    mean = (features * mask).sum(1) / count
    variance = ((features - mean[:, None]).square() * mask).sum(1) / count
    return torch.cat([mean, (variance + floor).sqrt()], dim=-1)


def _masked(features: Tensor, lengths: Tensor) -> Tensor:
    """Zero `(B, C, H, T)` features beyond each item's length."""
    if lengths.device.type == "cpu" and int(lengths.min()) >= features.shape[-1]:
        return features  # as with training crops; elsewhere the question would cost more than the answer saves
    mask = frame_mask(lengths, features.shape[-1])
    return features * mask[:, None, None].to(features.dtype)


def _shrunk(lengths: Tensor, stride: int) -> Tensor:
    """Valid frames after a strided layer: positions whose centre is a valid frame."""
    return (lengths + stride - 1) // stride


def _halved(size: int, times: int) -> int:
    for _ in range(times):
        size = (size + 1) // 2
    return size

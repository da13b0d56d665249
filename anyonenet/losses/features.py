"""Picture features for the perceptual loss and distance: VGG-19's, or fixed filters that need no weights.

Which ones were used is part of a result: modules log the name and cards carry it. Nothing falls back silently.
"""

from __future__ import annotations

import math
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from anyonenet.errors import InputError, WeightsError

VGG19_FILE = "vgg19-dcbb9e9d.pth"
VGG19_URL = f"https://download.pytorch.org/models/{VGG19_FILE}"
FEATURES = ("vgg19", "gabor")


class GaborFeatures(nn.Module):
    """Responses of Gabor filters (8 orientations, even and odd) on three scales, and smoothed colour on each.

    Stands in for learned features where their weights cannot be had: it sees edges, their place, direction and
    sharpness as the first layer of a learned network would, and colour; it knows nothing of what is shown.

    Args:
        scales: octaves, from the full picture down.
    """

    name = "gabor"

    def __init__(self, scales: int = 3):
        super().__init__()
        self.scales = scales
        # in no checkpoint: made anew from formulas
        self.register_buffer("filters", _gabor_filters(8, 9, wavelength=4.0, sigma=2.0), persistent=False)

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """`(batch, 3, height, width)` RGB in [-1, 1] -> per scale `(batch, 19, height / 2^s, width / 2^s)`."""
        maps = []
        filters = self.get_buffer("filters")
        for scale in range(self.scales):
            if scale:
                pictures = F.avg_pool2d(pictures, 2)
            grey = pictures.mean(1, keepdim=True)
            edges = F.conv2d(F.pad(grey, (4, 4, 4, 4), mode="replicate"), filters.to(grey.dtype))
            colour = F.avg_pool2d(F.pad(pictures, (2, 2, 2, 2), mode="replicate"), 5, stride=1)
            maps.append(torch.cat([edges, colour], dim=1))
        return maps


class Vgg19Features(nn.Module):
    """Activations of VGG-19 (Simonyan and Zisserman 2014), trained on ImageNet, after each block's first ReLU.

    The weights are buffers outside the state dict: frozen, and in no checkpoint.

    Args:
        weights: torchvision's `vgg19-dcbb9e9d.pth`; None looks where torchvision puts it.

    Raises:
        WeightsError: the file is not there or is not VGG-19's.
    """

    name = "vgg19"
    _BLOCKS = (2, 2, 4, 4, 1)  # convolutions a block; of the last only the first is needed
    _INDICES = (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28)  # their places in torchvision's `features`

    def __init__(self, weights: str | Path | None = None):
        super().__init__()
        path = Path(weights) if weights is not None else Path(torch.hub.get_dir()) / "checkpoints" / VGG19_FILE
        if not path.is_file():
            raise WeightsError(
                f"VGG-19 weights are not at {path}: download {VGG19_URL} to there, or choose features 'gabor'"
            )
        state = torch.load(path, map_location="cpu", weights_only=True)
        try:
            for index in self._INDICES:
                self.register_buffer(f"weight{index}", state[f"features.{index}.weight"], persistent=False)
                self.register_buffer(f"bias{index}", state[f"features.{index}.bias"], persistent=False)
        except KeyError as error:
            raise WeightsError(f"{path} lacks {error}: it is not torchvision's VGG-19; get {VGG19_URL}") from None
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1), persistent=False)
        self.register_buffer("deviation", torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1), persistent=False)

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """`(batch, 3, height, width)` RGB in [-1, 1] -> five maps of 64, 128, 256, 512 and 512 channels."""
        features = ((pictures + 1) / 2 - self.get_buffer("mean")) / self.get_buffer("deviation")
        maps = []
        indices = iter(self._INDICES)
        for block, convolutions in enumerate(self._BLOCKS):
            if block:
                features = F.max_pool2d(features, 2)
            for position in range(convolutions):
                index = next(indices)
                weight, bias = self.get_buffer(f"weight{index}"), self.get_buffer(f"bias{index}")
                features = F.relu(F.conv2d(features, weight, bias, padding=1))
                if position == 0:
                    maps.append(features)
        return maps


def picture_features(name: str, weights: str | Path | None = None) -> nn.Module:
    """The features of that name, frozen.

    Args:
        name: 'vgg19' or 'gabor'.
        weights: VGG-19's file where it is not in torchvision's place.

    Raises:
        InputError: unknown name.
        WeightsError: the weights are not there.
    """
    if name == "vgg19":
        return Vgg19Features(weights)
    if name == "gabor":
        return GaborFeatures()
    raise InputError(f"features are '{name}'; choose one of {', '.join(FEATURES)}")


def _gabor_filters(orientations: int, size: int, wavelength: float, sigma: float) -> Tensor:
    """`(2 * orientations, 1, size, size)`: even and odd phase, zero mean, absolute values summing to 1."""
    axis = torch.arange(size, dtype=torch.float32) - (size - 1) / 2
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    envelope = torch.exp(-(x.square() + y.square()) / (2 * sigma**2))
    filters = []
    for number in range(orientations):
        angle = math.pi * number / orientations
        phase = 2 * math.pi * (x * math.cos(angle) + y * math.sin(angle)) / wavelength
        for wave in (phase.cos(), phase.sin()):
            response = envelope * wave
            response = response - envelope * response.sum() / envelope.sum()
            filters.append(response / response.abs().sum())
    return torch.stack(filters).unsqueeze(1)

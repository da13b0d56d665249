"""Metrics of pictures against the true ones: L1, SSIM, PSNR and a perceptual distance; pictures in [-1, 1], RGB.

LPIPS proper needs a backbone whose weights are a download. `PerceptualDistance` therefore says in its name of
features which one it is: 'lpips' (the published metric), 'vgg19' (its formula with equal channel weights on VGG-19) or
'gabor' (the same on fixed filters). Figures of different features cannot be compared.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d

from anyonenet.errors import WeightsError
from anyonenet.losses.features import picture_features
from anyonenet.losses.perceptual import perceptual_distance
from evaluation.metrics.aggregates import ItemMean

__all__ = [
    "L1Distance",
    "PeakSignalToNoiseRatio",
    "PerceptualDistance",
    "StructuralSimilarity",
    "check_pictures",
    "l1_distance",
    "peak_signal_to_noise_ratio",
    "perceptual_backbone",
    "perceptual_distance",
    "structural_similarity",
]

ALEXNET_FILE = "alexnet-owt-7be5be79.pth"


def l1_distance(made: Tensor, target: Tensor) -> Tensor:
    """Mean absolute difference in grey levels of 0 to 1: `(B, 3, H, W)` twice -> `(B,)`."""
    check_pictures(made, target)
    return (made - target).abs().mean((1, 2, 3)) / 2


def peak_signal_to_noise_ratio(made: Tensor, target: Tensor) -> Tensor:
    """10 log10 of the squared range of values over the mean squared difference: `(B, 3, H, W)` twice -> `(B,)` dB.

    Infinite for equal pictures.
    """
    check_pictures(made, target)
    return 10 * torch.log10(4 / (made - target).square().mean((1, 2, 3)))


def structural_similarity(made: Tensor, target: Tensor) -> Tensor:
    """SSIM (Wang et al. 2004): Gaussian window of 11 x 11 and sigma 1.5, where it fits in whole, on each channel.

    `(B, 3, H, W)` twice, in [-1, 1], at least 11 x 11 -> `(B,)`.
    """
    check_pictures(made, target, least=11)
    steps = torch.arange(-5, 6, device=made.device, dtype=made.dtype)
    line = torch.softmax(-(steps**2) / (2 * 1.5**2), dim=0)
    window = torch.outer(line, line).expand(made.shape[1], 1, 11, 11)

    def local_mean(values: Tensor) -> Tensor:
        return conv2d(values, window, groups=made.shape[1])

    mean_made, mean_target = local_mean(made), local_mean(target)
    variance_made = local_mean(made * made) - mean_made**2
    variance_target = local_mean(target * target) - mean_target**2
    covariance = local_mean(made * target) - mean_made * mean_target
    light, contrast = (0.01 * 2) ** 2, (0.03 * 2) ** 2  # the paper's K1 and K2 times the range of values
    similarity = ((2 * mean_made * mean_target + light) * (2 * covariance + contrast)) / (
        (mean_made**2 + mean_target**2 + light) * (variance_made + variance_target + contrast)
    )
    return similarity.mean((1, 2, 3))


def perceptual_backbone(features: str, weights: str | Path | None = None) -> nn.Module:
    """What `PerceptualDistance` compares with.

    Args:
        features: 'gabor', 'vgg19' or 'lpips'.
        weights: the backbone's file where it is not in torchvision's place.

    Raises:
        InputError: unknown features.
        WeightsError: the weights are not there.
    """
    if features != "lpips":
        return picture_features(features, weights)
    path = Path(weights) if weights is not None else Path(torch.hub.get_dir()) / "checkpoints" / ALEXNET_FILE
    if not path.is_file():
        raise WeightsError(
            f"AlexNet weights are not at {path}: download https://download.pytorch.org/models/{ALEXNET_FILE} to "
            "there, or choose features 'gabor'"
        )
    import lpips

    network = lpips.LPIPS(net="alex", pnet_rand=True, verbose=False)  # its own heads, the backbone from our file
    state = torch.load(path, map_location="cpu", weights_only=True)
    names = {f"slice{piece}.{index}": f"features.{index}" for piece, index in enumerate((0, 3, 6, 8, 10), start=1)}
    for ours, theirs in names.items():
        layer = network.net.get_submodule(ours)
        layer.load_state_dict({key: state[f"{theirs}.{key}"] for key in ("weight", "bias")})
    return network.eval().requires_grad_(False)


class L1Distance(ItemMean):
    """Mean of `l1_distance` over pictures."""

    higher_is_better = False

    def update(self, made: Tensor, target: Tensor) -> None:
        """`(batch, 3, H, W)` in [-1, 1], twice."""
        self.add(l1_distance(made, target))


class StructuralSimilarity(ItemMean):
    """SSIM: mean of `structural_similarity` over pictures."""

    higher_is_better = True

    def update(self, made: Tensor, target: Tensor) -> None:
        """`(batch, 3, H, W)` in [-1, 1], twice."""
        self.add(structural_similarity(made, target))


class PeakSignalToNoiseRatio(ItemMean):
    """PSNR: mean of `peak_signal_to_noise_ratio` over pictures, dB; infinite where one picture equals its target."""

    higher_is_better = True

    def update(self, made: Tensor, target: Tensor) -> None:
        """`(batch, 3, H, W)` in [-1, 1], twice."""
        self.add(peak_signal_to_noise_ratio(made, target))


class PerceptualDistance(ItemMean):
    """Mean of `anyonenet.losses.perceptual.perceptual_distance`, or of LPIPS.

    Args:
        features: 'gabor', 'vgg19' or 'lpips'; see the module.
        weights: the backbone's file where it is not in torchvision's place.
    """

    higher_is_better = False

    def __init__(self, features: str = "gabor", weights: str | Path | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.features = features
        self.backbone = perceptual_backbone(features, weights)

    def update(self, made: Tensor, target: Tensor) -> None:
        """`(batch, 3, H, W)` in [-1, 1], twice."""
        check_pictures(made, target)
        if self.features == "lpips":
            self.add(self.backbone(made, target).flatten())
        else:
            self.add(perceptual_distance(self.backbone, made, target))


def check_pictures(made: Tensor, target: Tensor, least: int = 1) -> None:
    """Raises ValueError unless both are `(B, 3, H, W)` of one shape, at least `least` high and wide."""
    if made.shape != target.shape or made.dim() != 4 or made.shape[1] != 3 or min(made.shape[2:]) < least:
        size = f" of at least {least} x {least}" if least > 1 else ""
        raise ValueError(
            f"made is {tuple(made.shape)}, target {tuple(target.shape)}; expected (batch, 3, height, width) twice{size}"
        )

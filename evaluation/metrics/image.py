"""Metrics of pictures: L1, SSIM and a perceptual distance; pictures in [-1, 1], RGB.

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
from torchmetrics import Metric

from anyonenet.errors import WeightsError
from anyonenet.losses.features import picture_features
from anyonenet.losses.perceptual import perceptual_distance

ALEXNET_FILE = "alexnet-owt-7be5be79.pth"


def l1_distance(made: Tensor, target: Tensor) -> Tensor:
    """Mean absolute difference in grey levels of 0 to 1: `(B, 3, H, W)` twice -> `(B,)`."""
    return (made - target).abs().mean((1, 2, 3)) / 2


def ssim(made: Tensor, target: Tensor) -> Tensor:
    """Structural similarity (Wang et al. 2004): Gaussian window of 11 x 11 and sigma 1.5, where it fits in whole.

    `(B, 3, H, W)` twice, in [-1, 1] -> `(B,)`.
    """
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


def lip_distance(found: Tensor, wanted: Tensor) -> Tensor:
    """Mean distance of the 20 lip points, in outer-eye distances of the wanted face: `(68, 2)` twice -> scalar."""
    return (found - wanted)[48:68].norm(dim=-1).mean() / (wanted[36] - wanted[45]).norm()


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


class _PictureMean(Metric):
    """Mean over pictures of a figure that is defined for one."""

    full_state_update = False
    total: Tensor
    pictures: Tensor

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.add_state("total", torch.tensor(0.0, dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("pictures", torch.tensor(0), dist_reduce_fx="sum")

    def update(self, made: Tensor, target: Tensor) -> None:
        """`(batch, 3, H, W)` in [-1, 1], twice."""
        self.total += self._of_pictures(made, target).double().sum()
        self.pictures += len(made)

    def compute(self) -> Tensor:
        return (self.total / self.pictures).float()

    def _of_pictures(self, made: Tensor, target: Tensor) -> Tensor:
        return l1_distance(made, target)


class L1Distance(_PictureMean):
    """Mean of `l1_distance`."""

    higher_is_better = False


class StructuralSimilarity(_PictureMean):
    """Mean of `ssim`."""

    higher_is_better = True

    def _of_pictures(self, made: Tensor, target: Tensor) -> Tensor:
        return ssim(made, target)


class PerceptualDistance(_PictureMean):
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

    def _of_pictures(self, made: Tensor, target: Tensor) -> Tensor:
        if self.features == "lpips":
            return self.backbone(made, target).flatten()
        return perceptual_distance(self.backbone, made, target)

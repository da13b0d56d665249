"""Features of the InceptionV3 network behind published Frechet distances, its weights from a file.

Published figures come from the network of the TensorFlow release of 2015-12-05. It differs from torchvision's
InceptionV3 in its weights, 1008 classes, average pooling that leaves out the border's zeros, and maximum pooling in the
last block.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from anyonenet.errors import WeightsError

INCEPTION_FILE = "pt_inception-2015-12-05-6726825d.pth"
INCEPTION_URL = f"https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/{INCEPTION_FILE}"
_CLASSES = 1008
_AVERAGING = ("Mixed_5b", "Mixed_5c", "Mixed_5d", "Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e", "Mixed_7b")


def inception_features(weights: str | Path | None = None) -> Callable[[Tensor], Tensor]:
    """Pictures `(batch, 3, H, W)` RGB in [-1, 1] -> features `(batch, 2048)`, the last pooling's.

    Pictures are resized to 299 x 299 (bilinear), as the network expects.

    Args:
        weights: the file; None looks where PyTorch keeps downloads.

    Raises:
        WeightsError: the file is not there, or not that network's.
    """
    path = Path(weights) if weights is not None else Path(torch.hub.get_dir()) / "checkpoints" / INCEPTION_FILE
    if not path.is_file():
        raise WeightsError(f"InceptionV3 weights for FID are not at {path}: download {INCEPTION_URL} to there")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        network = inception_network()
        network.load_state_dict(state)
    except Exception as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise WeightsError(
            f"{path} is not the InceptionV3 of published FID figures ({reason}); get {INCEPTION_URL}"
        ) from None
    network = adapted(network)

    @torch.no_grad()
    def features(pictures: Tensor) -> Tensor:
        network.to(pictures.device)
        resized = F.interpolate(pictures.float(), (299, 299), mode="bilinear", align_corners=False)
        return network(resized)

    return features


def inception_network() -> nn.Module:
    """torchvision's InceptionV3 with the right number of classes, not initialised, before `adapted`."""
    from torchvision.models import inception_v3

    return inception_v3(weights=None, num_classes=_CLASSES, aux_logits=False, transform_input=False, init_weights=False)


def adapted(network: nn.Module) -> nn.Module:
    """The network with the release's pooling, without its classifier; frozen."""
    for name in _AVERAGING:
        block = network.get_submodule(name)
        block.branch_pool = nn.Sequential(WithoutBorder(), block.get_submodule("branch_pool"))
    last = network.get_submodule("Mixed_7c")
    last.register_forward_hook(_MaximumBranch())
    network.dropout = nn.Identity()
    network.fc = nn.Identity()
    return network.eval().requires_grad_(False)


class WithoutBorder(nn.Module):
    """Turns the mean over 3 x 3 with zeros beyond the border into the mean over what lies within."""

    def forward(self, pooled: Tensor) -> Tensor:
        """`(batch, channels, height, width)`, height and width at least 2."""
        inside = F.avg_pool2d(torch.ones_like(pooled[:1, :1]), 3, stride=1, padding=1)
        return pooled / inside


class _MaximumBranch:
    """Replaces the last block's pooling branch, its last channels, by one over maxima."""

    def __call__(self, block: nn.Module, inputs: tuple[Tensor], output: Tensor) -> Tensor:
        branch = block.branch_pool(F.max_pool2d(inputs[0], 3, stride=1, padding=1))  # type: ignore[operator]
        return torch.cat([output[:, : -branch.shape[1]], branch], dim=1)

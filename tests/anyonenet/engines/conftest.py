"""Image weights small enough to export in a moment."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from anyonenet.networks.image_translation import ImageTranslator
from anyonenet.weights import WeightsCard, save_weights

SIDE = 32


def translator(head: str = "picture", motion_field: bool = False) -> ImageTranslator:
    """A network whose every layer matters, norms too."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = ImageTranslator(widths=(8, 12, 16), blocks=1, head=head, motion_field=motion_field)
        for parameter in network.parameters():
            if parameter.dim() == 4:
                torch.nn.init.kaiming_normal_(parameter, 0.2)
            else:
                parameter.data += 0.3 * torch.randn_like(parameter)
    return network.eval().requires_grad_(False)


def pictures(count: int, inputs: int = 6, seed: int = 0) -> np.ndarray:
    """`(count, inputs, SIDE, SIDE)`: blobs, as a picture's pixels resemble their neighbours."""
    rough = np.random.default_rng(seed).uniform(-1, 1, (count, inputs, SIDE // 8, SIDE // 8)).astype(np.float32)
    return rough.repeat(8, axis=2).repeat(8, axis=3)


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """Folder of an image stage whose network reads a motion field and says where to look."""
    save_weights(tmp_path / "images", translator("flow", True), WeightsCard("images", "nothing: random"), half=False)
    return tmp_path / "images"

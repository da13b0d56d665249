"""What a blurred face lacks, added to it: Speech2Vid's deblurring (section 3.3, Fig. 8; VDSR, Kim et al. 2016)."""

from __future__ import annotations

from torch import Tensor, nn

from anyonenet.networks.base import Network


class FaceSharpener(Network):
    """Convolutions of 3 x 3 with ReLU between; the picture itself is added to what the last one gives.

    Args:
        layers: convolutions.
        width: channels between them.
    """

    def __init__(self, layers: int = 10, width: int = 64):
        super().__init__()
        if layers < 2:
            raise ValueError(f"got {layers} layers; expected at least 2")
        parts: list[nn.Module] = [nn.Conv2d(3, width, 3, padding=1), nn.ReLU()]
        for _ in range(layers - 2):
            parts += [nn.Conv2d(width, width, 3, padding=1), nn.ReLU()]
        last = nn.Conv2d(width, 3, 3, padding=1)
        nn.init.zeros_(last.weight)  # it begins as a network that leaves pictures as they are
        assert last.bias is not None
        nn.init.zeros_(last.bias)
        self.missing = nn.Sequential(*parts, last)

    def forward(self, pictures: Tensor) -> Tensor:
        """`(B, 3, H, W)` RGB in [-1, 1] -> the same, sharper; values may leave the range a little."""
        return pictures + self.missing(pictures)

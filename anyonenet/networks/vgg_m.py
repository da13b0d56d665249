"""The convolutional layers of VGG-M (Chatfield et al. 2014) with batch normalisation, for pictures of half its size."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from anyonenet.errors import WeightsError
from anyonenet.networks.batch_norm import BatchNorm

WIDTHS = (96, 256, 512, 512, 512)
_KERNELS = (7, 5, 3, 3, 3)
_POOLED = (1, 2, 5)
_STRIDES = (2, 1, 1, 1, 1)  # VGG-M's own picture is twice as large, and its second layer steps by two


class VggM(nn.Module):
    """Five convolutions, the first two and the last with max pooling behind: a sixteenth of the side is left.

    Args:
        channels: of the picture.
        widths: of the five layers.
    """

    def __init__(self, channels: int = 3, widths: Sequence[int] = WIDTHS):
        super().__init__()
        if len(widths) != len(_KERNELS):
            raise ValueError(f"got {len(widths)} widths; VGG-M has {len(_KERNELS)} convolutional layers")
        inputs = (channels, *widths[:-1])
        self.convolutions = nn.ModuleList(
            nn.Conv2d(before, width, kernel, stride, kernel // 2, bias=False)
            for before, width, kernel, stride in zip(inputs, widths, _KERNELS, _STRIDES, strict=True)
        )
        self.norms = nn.ModuleList(BatchNorm(width) for width in widths)
        self.pool = nn.MaxPool2d(3, 2, 1)

    def forward(self, pictures: Tensor) -> tuple[dict[int, Tensor], Tensor]:
        """`(B, channels, S, S)` -> what each layer gives before its pooling, by its number from 1 (the first half, the
        second a quarter, the others an eighth of the side), and the pooled end, `(B, C, S/16, S/16)`."""
        features, given = pictures, {}
        for number, (convolution, norm) in enumerate(zip(self.convolutions, self.norms, strict=True), start=1):
            features = given[number] = torch.relu(norm(convolution(features)))
            if number in _POOLED:
                features = self.pool(features)
        return given, features

    def load_pretrained(self, path: str | Path) -> None:
        """Take the convolutions of a trained VGG-M; the biases go, for the normalisation behind has its own.

        The first layer's are shared out evenly where several pictures are stacked.

        Args:
            path: a state dict of PyTorch whose first five four-dimensional tensors are VGG-M's convolutions.

        Raises:
            WeightsError: no such file, none of that kind, or layers of other sizes.
        """
        path = Path(path)
        if not path.is_file():
            raise WeightsError(f"no VGG-M weights at {path}; give the file, or leave vgg_m away to start from nothing")
        try:
            state = torch.load(path, map_location="cpu", weights_only=True)
            kernels = [value for value in state.values() if isinstance(value, Tensor) and value.dim() == 4]
        except Exception as error:  # a foreign file takes torch to any error there is
            raise WeightsError(
                f"{path} is not a state dict that can be read ({type(error).__name__}); expected PyTorch's VGG-M"
            ) from None
        if len(kernels) < len(self.convolutions):
            raise WeightsError(f"{path} holds {len(kernels)} convolutions, expected VGG-M's {len(self.convolutions)}")
        with torch.no_grad():
            for number, (layer, kernel) in enumerate(zip(self.convolutions, kernels)):
                wanted: Tensor = layer.weight  # type: ignore[assignment]
                if number == 0 and kernel.shape[1] and wanted.shape[1] % kernel.shape[1] == 0:
                    pictures = wanted.shape[1] // kernel.shape[1]
                    kernel = kernel.repeat(1, pictures, 1, 1) / pictures
                if kernel.shape != wanted.shape:
                    raise WeightsError(
                        f"{path}: convolution {number + 1} is {tuple(kernel.shape)}, expected {tuple(wanted.shape)}"
                    )
                wanted.copy_(kernel)

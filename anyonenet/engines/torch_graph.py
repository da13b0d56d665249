"""The rewritten network in PyTorch: the engine that is always there, and where the ranges for int8 are read off."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from anyonenet.engines.kernels import Kernel
from anyonenet.engines.walk import SLOPE, Walk
from anyonenet.networks.image_translation import ImageTranslator

Ranges = dict[str, NDArray[np.float32]]
"""least and greatest value of each channel that a convolution reads, `(2, channels)`, by its layer's name"""


class TorchGraph:
    """The steps of a walk, kept to be run; a feature is the number of the step that makes it, or of what is given.

    Args:
        network: what is walked through; its weights are copied.
        dtype: of weights and features. Norms take sums in float32 whatever it is.
        fine: walk through the fine levels only, as of `Walk.fine`.
    """

    def __init__(self, network: ImageTranslator, dtype: torch.dtype = torch.float32, fine: bool = False):
        self.dtype = dtype
        self._given = 2 if fine else 1
        self._steps: list[tuple[Callable[..., Tensor], tuple[int, ...]]] = []
        self._convolutions: dict[int, str] = {}
        walk = Walk(network, self)
        self._results = (walk.fine(0, 1),) if fine else walk.whole(0)
        last_use = {operand: number for number, (_, operands) in enumerate(self._steps) for operand in operands}
        self._done_with = [
            [operand for operand, last in last_use.items() if last == number and operand not in self._results]
            for number in range(len(self._steps))
        ]

    @torch.inference_mode()
    def __call__(self, *given: Tensor, watch: Ranges | None = None) -> tuple[Tensor, ...]:
        """What the walk gives, float32, of pictures `(batch, inputs, height, width)` float32, and with `fine` of what
        the coarse levels made.

        Args:
            given: what the walk reads.
            watch: gets what each convolution reads.
        """
        made = {number: each.to(self.dtype, memory_format=torch.channels_last) for number, each in enumerate(given)}
        for number, (step, operands) in enumerate(self._steps):
            values = [made[operand] for operand in operands]
            result = number + self._given
            if watch is not None and result in self._convolutions:
                joined = torch.cat(values, dim=1)
                ends = torch.stack([joined.amin((0, 2, 3)), joined.amax((0, 2, 3))])
                watch[self._convolutions[result]] = ends.numpy()
            made[result] = step(*values)
            for operand in self._done_with[number]:
                del made[operand]
        return tuple(made[result].float() for result in self._results)

    def convolution(
        self, parts: Sequence[int], kernel: Kernel, bias: Kernel, stride: int, precise: bool, name: str
    ) -> int:
        """See `anyonenet.engines.walk.Operations`, also for the others."""
        weights = torch.tensor(kernel).to(self.dtype, memory_format=torch.channels_last)
        biases = torch.tensor(bias).to(self.dtype)

        def convolve(*features: Tensor) -> Tensor:
            joined = torch.cat(features, dim=1) if len(features) > 1 else features[0]
            return F.conv2d(joined, weights, biases, stride, 1)

        made = self._step(convolve, *parts)
        self._convolutions[made] = name
        return made

    def norm(self, features: int, scale: Kernel, shift: Kernel, eps: float, together: int) -> int:
        groups = len(scale) // together
        scales, shifts = torch.tensor(scale).to(self.dtype), torch.tensor(shift).to(self.dtype)
        return self._step(lambda values: F.group_norm(values, groups, scales, shifts, eps), features)

    def rectified(self, features: int) -> int:
        return self._step(lambda values: F.leaky_relu(values, SLOPE), features)

    def add(self, one: int, other: int) -> int:
        return self._step(torch.add, one, other)

    def joined(self, parts: Sequence[int]) -> int:
        return self._step(lambda *features: torch.cat(features, dim=1), *parts)

    def unfolded(self, features: int, crop: int) -> int:
        def unfold(values: Tensor) -> Tensor:
            pixels = F.pixel_shuffle(values, 2)
            if crop:
                pixels = pixels[:, :, crop:-crop, crop:-crop]
            return pixels.contiguous(memory_format=torch.channels_last)

        return self._step(unfold, features)

    def activated(self, features: int, parts: Sequence[tuple[int, str, float]]) -> int:
        def activate(values: Tensor) -> Tensor:
            groups = values.float().split([channels for channels, _, _ in parts], dim=1)
            made = []
            for group, (_, name, factor) in zip(groups, parts, strict=True):
                made.append(factor * (getattr(group, name)() if name else group))
            return torch.cat(made, dim=1)

        return self._step(activate, features)

    def _step(self, step: Callable[..., Tensor], *operands: int) -> int:
        self._steps.append((step, operands))
        return self._given + len(self._steps) - 1


def measured_ranges(network: ImageTranslator, pictures: NDArray[np.float32]) -> Ranges:
    """What the convolutions read: the mean over pictures of the least and greatest value of each channel.

    A picture's own extremes are a few pixels; cutting off those beyond the mean costs less than steps as coarse as the
    widest need.

    Args:
        network: in evaluation mode.
        pictures: `(N, inputs, height, width)`.
    """
    graph = TorchGraph(network)
    seen: list[Ranges] = []
    for picture in pictures:
        watch: Ranges = {}
        graph(torch.from_numpy(picture[None]), watch=watch)
        seen.append(watch)
    return {name: np.mean([watch[name] for watch in seen], axis=0) for name in seen[0]}

"""One walk through the image translation network, for any engine: the same steps, said in the engine's own operations.

The walk is where the network is rewritten to cost less: see `anyonenet.engines.kernels`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar, cast

import numpy as np
from torch import Tensor, nn

from anyonenet.engines.kernels import Kernel, doubling, folded, folded_doubling
from anyonenet.networks.image_translation import STRIDE, FlowHead, ImageTranslator, ResidualBlock, Up

T = TypeVar("T")
"""what an engine calls features `(batch, channels, height, width)`: a node of a graph, or its number"""

SLOPE = 0.2
"""of the leaky rectifiers"""
NARROW = 8
"""fewer outputs than this are computed folded: a processor's registers hold 16 or more"""
FINE_LEVELS = 3
"""levels, from the largest on, that are computed for every frame whatever is done with the others"""


class Operations(Protocol[T]):
    """What an engine must be able to say."""

    def convolution(self, parts: Sequence[T], kernel: Kernel, bias: Kernel, stride: int, precise: bool, name: str) -> T:
        """A convolution of `parts`, joined along their channels, with one place of padding on each side.

        `kernel` is `(O, I, k, k)`, `bias` `(O,)`; `precise`: not in int8, as it is where errors would be seen as such;
        `name`: of the layer in the network.
        """

    def norm(self, features: T, scale: Kernel, shift: Kernel, eps: float, together: int) -> T:
        """Norm over each picture, `together` neighbouring channels at a time; `scale` and `shift` are `(channels,)`."""

    def rectified(self, features: T) -> T:
        """The leaky rectifier, of slope `SLOPE`."""

    def add(self, one: T, other: T) -> T:
        """Sum."""

    def joined(self, parts: Sequence[T]) -> T:
        """Parts one after another along their channels."""

    def unfolded(self, features: T, crop: int) -> T:
        """`pixel_shuffle` by 2, then `crop` pixels off each side."""

    def activated(self, features: T, parts: Sequence[tuple[int, str, float]]) -> T:
        """Groups of channels, each (how many, 'tanh', 'sigmoid' or nothing, factor)."""


def fine_levels(network: ImageTranslator) -> int:
    """How many of its levels are fine; one at least is coarse."""
    return min(FINE_LEVELS, len(network.encoder) - 1)


def coarse_shape(network: ImageTranslator, size: int) -> tuple[int, int, int]:
    """Channels and sides of what the coarse levels make of a picture of `size` pixels a side."""
    fine = fine_levels(network)
    last = cast(Up, network.decoder[len(network.decoder) - fine - 1])
    return last.convolution.out_channels, size // 2**fine, size // 2**fine


class Walk(Generic[T]):
    """Says a network's `convolved` in an engine's operations.

    It can be said in two parts. The coarse levels see the picture at an eighth of its size or less: what they make
    changes little from frame to frame, so that it may be interpolated between frames. The fine levels read the frame's
    own sketch, and what the coarse ones made.

    Args:
        network: in evaluation mode.
        operations: the engine's.
    """

    def __init__(self, network: ImageTranslator, operations: Operations[T]):
        self.network, self.operations = network, operations
        self._names = {module: name for name, module in network.named_modules()}
        self._fine = fine_levels(network)

    def whole(self, pictures: T) -> tuple[T, T]:
        """All of it.

        Args:
            pictures: `(batch, inputs, height, width)`.

        Returns:
            `ImageTranslator.convolved`, `(batch, outputs, height, width)`, and what the coarse levels made, see
            `coarse_shape`.
        """
        skips = self._down(pictures, 0, len(self.network.encoder))
        coarse = self._over(skips.pop(), skips[self._fine :], 0, len(self.network.decoder) - self._fine)
        return self._finished(coarse, skips[: self._fine]), coarse

    def fine(self, pictures: T, coarse: T) -> T:
        """The fine levels alone: `convolved` of what the coarse levels made, both as of `whole`."""
        return self._finished(coarse, self._down(pictures, 0, self._fine))

    def _finished(self, coarse: T, skips: list[T]) -> T:
        count = len(self.network.decoder)
        features = self._over(coarse, skips, count - self._fine, count)
        groups = [(3, "tanh", 1.0), (1, "sigmoid", 1.0), (2, "", STRIDE)]
        return self.operations.activated(features, groups[:1] if self.network.head == "picture" else groups)

    def _down(self, features: T, begin: int, end: int) -> list[T]:
        """What some levels of the encoder make, one after another."""
        made: list[T] = []
        for number in range(begin, end):
            first, *blocks = list(cast(nn.Sequential, self.network.encoder[number]))
            features = self._convolution([features], first, precise=number == 0)
            for block in blocks:
                features = self._block(block, features)
            made.append(features)
        return made

    def _over(self, features: T, skips: list[T], begin: int, end: int) -> T:
        """Some levels of the decoder; all but the deepest also read the last of `skips` that is left."""
        skips = list(skips)
        for position in range(begin, end):
            up = self.network.decoder[position]
            parts = [features, skips.pop()] if position else [features]
            features = self._head(up, parts) if isinstance(up, FlowHead) else self._up(up, parts)
        return features

    def _up(self, up: nn.Module, parts: list[T]) -> T:
        assert isinstance(up, Up)
        kernel, bias = _numbers(up.convolution.weight), np.repeat(_numbers(up.convolution.bias), 4)
        name = self._names[up.convolution]
        fold = kernel.shape[0] < NARROW
        if fold:
            features = self.operations.convolution(parts, folded_doubling(kernel), bias, 1, True, name)
        else:
            doubled = self.operations.convolution(parts, doubling(kernel), bias, 1, False, name)
            features = self.operations.unfolded(doubled, 1)
        for block in up.blocks:
            features = self._block(block, features, fold)
        return self.operations.unfolded(features, 0) if fold else features

    def _head(self, head: FlowHead, parts: list[T]) -> T:
        *layers, last = list(head)
        for layer in layers:
            if isinstance(layer, nn.Conv2d):
                parts = [self._convolution(parts, layer)]
            elif isinstance(layer, nn.GroupNorm):
                together = layer.num_channels // layer.num_groups
                scale, shift = _numbers(layer.weight), _numbers(layer.bias)
                whole = self.operations.joined(parts) if len(parts) > 1 else parts[0]
                parts = [self.operations.norm(whole, scale, shift, layer.eps, together)]
            elif isinstance(layer, nn.PixelShuffle):
                parts = [self.operations.unfolded(parts[0], 0)]
            elif isinstance(layer, nn.LeakyReLU):
                parts = [self.operations.rectified(parts[0])]
            else:
                raise TypeError(f"engines do not know {type(layer).__name__}")
        return self._convolution(parts, last, precise=True)

    def _block(self, block: nn.Module, features: T, fold: bool = False) -> T:
        assert isinstance(block, ResidualBlock)
        first_norm, _, first, second_norm, _, second = block.layers
        made = self._convolution([self._rectified_norm(first_norm, features, fold)], first, fold, fold)
        made = self._convolution([self._rectified_norm(second_norm, made, fold)], second, fold, fold)
        return self.operations.add(features, made)

    def _rectified_norm(self, norm: nn.Module, features: T, fold: bool) -> T:
        assert isinstance(norm, nn.InstanceNorm2d)
        together = 4 if fold else 1
        scale, shift = (np.repeat(_numbers(values), together) for values in (norm.weight, norm.bias))
        return self.operations.rectified(self.operations.norm(features, scale, shift, norm.eps, together))

    def _convolution(self, parts: list[T], layer: nn.Module, fold: bool = False, precise: bool = False) -> T:
        assert isinstance(layer, nn.Conv2d)
        kernel, bias = _numbers(layer.weight), _numbers(layer.bias)
        if fold:
            kernel, bias = folded(kernel), np.repeat(bias, 4)
        return self.operations.convolution(parts, kernel, bias, layer.stride[0], precise, self._names[layer])


def _numbers(values: Tensor | None) -> Kernel:
    assert values is not None
    return values.detach().float().cpu().numpy()

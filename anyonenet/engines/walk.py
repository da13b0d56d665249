"""One walk through the image translation network, for any engine: the same steps, said in the engine's own operations.

The walk is where the network is rewritten to cost less: see `anyonenet.engines.kernels`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

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


class Operations(Protocol[T]):
    """What an engine must be able to say."""

    def convolution(self, parts: Sequence[T], kernel: Kernel, bias: Kernel, stride: int, precise: bool) -> T:
        """A convolution of `parts`, joined along their channels, with one place of padding on each side.

        `kernel` is `(O, I, k, k)`, `bias` `(O,)`; `precise`: not in int8, as it is where errors would be seen as such.
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


class Walk(Generic[T]):
    """Says a network's `convolved` in an engine's operations.

    Args:
        network: in evaluation mode.
        operations: the engine's.
    """

    def __init__(self, network: ImageTranslator, operations: Operations[T]):
        self.network, self.operations = network, operations

    def convolved(self, pictures: T) -> T:
        """`(batch, inputs, height, width)` -> `(batch, outputs, height, width)`; see `ImageTranslator.convolved`."""
        skips: list[T] = []
        features = pictures
        for number, down in enumerate(self.network.encoder):
            assert isinstance(down, nn.Sequential)
            first, *blocks = list(down)
            features = self._convolution([features], first, precise=number == 0)
            for block in blocks:
                features = self._block(block, features)
            skips.append(features)
        skips.pop()
        for position, up in enumerate(self.network.decoder):
            parts = [features, skips.pop()] if position else [features]
            features = self._head(up, parts) if isinstance(up, FlowHead) else self._up(up, parts)
        groups = [(3, "tanh", 1.0), (1, "sigmoid", 1.0), (2, "", STRIDE)]
        return self.operations.activated(features, groups[:1] if self.network.head == "picture" else groups)

    def _up(self, up: nn.Module, parts: list[T]) -> T:
        assert isinstance(up, Up)
        kernel, bias = _numbers(up.convolution.weight), np.repeat(_numbers(up.convolution.bias), 4)
        fold = kernel.shape[0] < NARROW
        if fold:
            features = self.operations.convolution(parts, folded_doubling(kernel), bias, 1, True)
        else:
            features = self.operations.unfolded(self.operations.convolution(parts, doubling(kernel), bias, 1, False), 1)
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
        return self.operations.convolution(parts, kernel, bias, layer.stride[0], precise)


def _numbers(values: Tensor | None) -> Kernel:
    assert values is not None
    return values.detach().float().cpu().numpy()

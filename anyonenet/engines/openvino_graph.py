"""The rewritten network as an OpenVINO model, with int8 convolutions where ranges of their inputs are given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anyonenet.engines.kernels import Kernel
from anyonenet.engines.scaling import Scaling
from anyonenet.engines.torch_graph import Ranges
from anyonenet.engines.walk import SLOPE, Walk
from anyonenet.networks.image_translation import ImageTranslator


class OpenVinoGraph:
    """Builds models while walks are walked; a feature is an output of a node.

    Models take one picture: with shapes that are known OpenVINO joins what is said one value at a time into one step.

    Args:
        ranges: of the convolutions' inputs; what is there becomes int8. None: all stays in floating point.
    """

    def __init__(self, ranges: Ranges | None = None):
        from openvino import opset13

        self._make = opset13
        self._ranges = ranges

    def whole(self, network: ImageTranslator, size: int) -> Any:
        """An `openvino.Model`: `pictures (1, inputs, size, size)` -> `convolved (1, outputs, size, size)` and `coarse`,
        see `Walk.whole`."""
        from openvino import Model

        pictures = self._given("pictures", [1, network.inputs, size, size])
        made = Walk(network, self).whole(pictures.output(0))
        results = [self._make.result(each, name=name) for each, name in zip(made, ("convolved", "coarse"), strict=True)]
        return Model(results, [pictures], "image_translation")

    def fine(self, network: ImageTranslator, size: int, coarse: Sequence[int]) -> Any:
        """An `openvino.Model`: `pictures` and `coarse` -> `convolved`, see `Walk.fine`.

        Args:
            network, size: as of `whole`.
            coarse: shape of what the coarse levels made, channels and sides.
        """
        from openvino import Model

        given = [self._given("pictures", [1, network.inputs, size, size]), self._given("coarse", [1, *coarse])]
        made = Walk(network, self).fine(*(each.output(0) for each in given))
        return Model([self._make.result(made, name="convolved")], given, "image_translation_fine")

    def convolution(
        self, parts: Sequence[Any], kernel: Kernel, bias: Kernel, stride: int, precise: bool, name: str
    ) -> Any:
        """See `anyonenet.engines.walk.Operations`, also for the others."""
        make = self._make
        weights = self._constant(kernel)
        if self._ranges is not None and not precise:
            scaling = Scaling.of(self._ranges[name], kernel)
            ends = np.cumsum([part.get_partial_shape()[1].get_length() for part in parts])
            # parts are rounded before they are joined, so what is joined is bytes
            factors = np.split(scaling.factors, ends[:-1])
            parts = [self._rounded(part, scaling, some) for part, some in zip(parts, factors, strict=True)]
            weights = self._rounded_weights(kernel * scaling.factors[:, None, None])
        joined = make.concat(list(parts), 1).output(0) if len(parts) > 1 else parts[0]
        made = make.convolution(joined, weights, [stride, stride], [1, 1], [1, 1], [1, 1]).output(0)
        return make.add(made, self._constant(bias.reshape(1, -1, 1, 1))).output(0)

    def rectified(self, features: Any) -> Any:
        return self._make.prelu(features, self._constant(np.array([SLOPE], dtype=np.float32))).output(0)

    def norm(self, features: Any, scale: Kernel, shift: Kernel, eps: float, together: int) -> Any:
        make, channels = self._make, len(scale)
        if together in (1, channels):
            axes = [2, 3] if together == 1 else [1, 2, 3]
            normal = make.mvn(features, make.constant(np.array(axes)), True, eps, "inside_sqrt").output(0)
        else:
            shape = features.get_partial_shape()
            sides = [shape[axis].get_length() for axis in (2, 3)]
            grouped, back = ([0, channels // together, together * sides[0], sides[1]], [0, channels, *sides])
            folded = make.reshape(features, make.constant(np.array(grouped)), True).output(0)
            made = make.mvn(folded, make.constant(np.array([2, 3])), True, eps, "inside_sqrt").output(0)
            normal = make.reshape(made, make.constant(np.array(back)), True).output(0)
        scaled = make.multiply(normal, self._constant(scale.reshape(1, -1, 1, 1))).output(0)
        return make.add(scaled, self._constant(shift.reshape(1, -1, 1, 1))).output(0)

    def add(self, one: Any, other: Any) -> Any:
        return self._make.add(one, other).output(0)

    def joined(self, parts: Sequence[Any]) -> Any:
        return self._make.concat(list(parts), 1).output(0)

    def unfolded(self, features: Any, crop: int) -> Any:
        make = self._make
        pixels = make.depth_to_space(features, "depth_first", 2).output(0)
        if not crop:
            return pixels
        begin, end, step, axes = (
            make.constant(np.array(values)) for values in ([crop] * 2, [-crop] * 2, [1, 1], [2, 3])
        )
        return make.slice(pixels, begin, end, step, axes).output(0)

    def activated(self, features: Any, parts: Sequence[tuple[int, str, float]]) -> Any:
        make = self._make
        lengths = make.constant(np.array([channels for channels, _, _ in parts]))
        groups = make.variadic_split(features, make.constant(np.array(1)), lengths)
        made = []
        for number, (_, name, factor) in enumerate(parts):
            value = groups.output(number)
            value = getattr(make, name)(value).output(0) if name else value
            made.append(make.multiply(value, self._constant(np.float32(factor))).output(0) if factor != 1 else value)
        return make.concat(made, 1).output(0) if len(made) > 1 else made[0]

    def _given(self, name: str, shape: Sequence[int]) -> Any:
        from openvino import Type

        return self._make.parameter(list(shape), Type.f32, name=name)

    def _rounded(self, features: Any, scaling: Scaling, factors: Kernel) -> Any:
        """Channels divided by their factors, rounded to 256 steps."""
        into = [self._constant((bound * factors).reshape(1, -1, 1, 1)) for bound in (scaling.low, scaling.high)]
        out = [self._constant(np.full((1, 1, 1, 1), bound)) for bound in (scaling.low, scaling.high)]
        return self._make.fake_quantize(features, *into, *out, 256).output(0)

    def _rounded_weights(self, kernel: Kernel) -> Any:
        """int8 for each output channel: -127 to 127 times its greatest weight / 127."""
        most = np.abs(kernel).max(axis=(1, 2, 3), keepdims=True) + 1e-12
        rounded = np.round(kernel / most * 127).astype(np.int8)
        make = self._make
        whole = make.convert(make.constant(rounded), "f32").output(0)
        return make.multiply(whole, self._constant(most / 127)).output(0)

    def _constant(self, values: NDArray[Any] | np.floating) -> Any:
        return self._make.constant(np.asarray(values, dtype=np.float32)).output(0)

"""The rewritten network as an ONNX model, in 32-bit floats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anyonenet.engines.kernels import Kernel
from anyonenet.engines.walk import SLOPE, Walk
from anyonenet.networks.image_translation import ImageTranslator

OPSET = 17
_IR_VERSION = 9
"""old enough for every ONNX Runtime that knows the opset"""


Sizes = Mapping[str, Sequence[int]]
"""name -> channels and sides"""


class OnnxGraph:
    """Builds one model while a walk is walked; a feature is the name of a value."""

    def __init__(self) -> None:
        from onnx import helper, numpy_helper

        self._helper, self._numpy = helper, numpy_helper
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def whole(self, network: ImageTranslator, size: int, coarse: Sequence[int]) -> Any:
        """An `onnx.ModelProto`: `pictures (batch, inputs, size, size)` -> `convolved (batch, outputs, size, size)` and
        `coarse (batch, *coarse)`, see `Walk.whole`."""
        made = Walk(network, self).whole("pictures")
        sizes = {"convolved": (network.outputs, size, size), "coarse": coarse}
        return self._model({"pictures": (network.inputs, size, size)}, made, sizes)

    def fine(self, network: ImageTranslator, size: int, coarse: Sequence[int]) -> Any:
        """An `onnx.ModelProto`: `pictures` and `coarse` -> `convolved`, see `Walk.fine`; arguments as of `whole`."""
        made = Walk(network, self).fine("pictures", "coarse")
        given = {"pictures": (network.inputs, size, size), "coarse": coarse}
        return self._model(given, [made], {"convolved": (network.outputs, size, size)})

    def _model(self, given: Sizes, made: Sequence[str], results: Sizes) -> Any:
        from onnx import TensorProto

        make = self._helper
        for value, name in zip(made, results, strict=True):
            self._nodes.append(make.make_node("Identity", [value], [name]))
        inputs, outputs = (
            [make.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", *size]) for name, size in sizes.items()]
            for sizes in (given, results)
        )
        graph = make.make_graph(self._nodes, "image_translation", inputs, outputs, self._constants)
        return make.make_model(
            graph, producer_name="anyonenet", opset_imports=[make.make_opsetid("", OPSET)], ir_version=_IR_VERSION
        )

    def convolution(
        self, parts: Sequence[str], kernel: Kernel, bias: Kernel, stride: int, precise: bool, name: str
    ) -> str:
        """See `anyonenet.engines.walk.Operations`, also for the others."""
        joined = self._node("Concat", *parts, axis=1) if len(parts) > 1 else parts[0]
        options = {"strides": [stride, stride], "pads": [1, 1, 1, 1]}
        return self._node("Conv", joined, self._constant(kernel), self._constant(bias), **options)

    def norm(self, features: str, scale: Kernel, shift: Kernel, eps: float, together: int) -> str:
        if together == 1:
            return self._node(
                "InstanceNormalization", features, self._constant(scale), self._constant(shift), epsilon=eps
            )
        groups = len(scale) // together
        ones, zeros = np.ones(groups, dtype=np.float32), np.zeros(groups, dtype=np.float32)
        grouped = self._node("Reshape", features, self._constant(np.array([0, groups, -1])))
        normal = self._node("InstanceNormalization", grouped, self._constant(ones), self._constant(zeros), epsilon=eps)
        back = self._node("Reshape", normal, self._node("Shape", features))
        scaled = self._node("Mul", back, self._constant(scale.reshape(1, -1, 1, 1)))
        return self._node("Add", scaled, self._constant(shift.reshape(1, -1, 1, 1)))

    def rectified(self, features: str) -> str:
        return self._node("LeakyRelu", features, alpha=SLOPE)

    def add(self, one: str, other: str) -> str:
        return self._node("Add", one, other)

    def joined(self, parts: Sequence[str]) -> str:
        return self._node("Concat", *parts, axis=1)

    def unfolded(self, features: str, crop: int) -> str:
        pixels = self._node("DepthToSpace", features, blocksize=2, mode="CRD")
        if not crop:
            return pixels
        bounds = [self._constant(np.array(values)) for values in ([crop] * 2, [-crop] * 2, [2, 3])]
        return self._node("Slice", pixels, *bounds)

    def activated(self, features: str, parts: Sequence[tuple[int, str, float]]) -> str:
        made, begin = [], 0
        for channels, name, factor in parts:
            bounds = [self._constant(np.array([value])) for value in (begin, begin + channels, 1)]
            value = self._node("Slice", features, *bounds)
            value = self._node(name.capitalize(), value) if name else value
            made.append(self._node("Mul", value, self._constant(np.float32(factor))) if factor != 1 else value)
            begin += channels
        return self._node("Concat", *made, axis=1) if len(made) > 1 else made[0]

    def _node(self, kind: str, *inputs: str, **options: Any) -> str:
        name = f"value_{len(self._nodes)}"
        self._nodes.append(self._helper.make_node(kind, list(inputs), [name], **options))
        return name

    def _constant(self, values: NDArray[Any] | np.floating) -> str:
        name = f"constant_{len(self._constants)}"
        self._constants.append(self._numpy.from_array(np.asarray(values), name))
        return name

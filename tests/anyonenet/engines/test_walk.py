"""The rewritten network is the network, in every engine's operations; int8 is near it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from anyonenet.engines.kernels import doubling, folded, folded_doubling
from anyonenet.engines.onnx_graph import OnnxGraph
from anyonenet.engines.openvino_graph import OpenVinoGraph
from anyonenet.engines.scaling import Scaling
from anyonenet.engines.torch_graph import TorchGraph, measured_ranges
from anyonenet.engines.walk import coarse_shape
from tests.anyonenet.engines.conftest import SIDE, pictures, translator

HEADS = [("picture", False), ("flow", True)]


@pytest.fixture
def kernel() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(5, 4, 3, 3)).astype(np.float32)


def wanted(features: torch.Tensor, kernel: np.ndarray) -> torch.Tensor:
    return F.conv2d(F.interpolate(features, scale_factor=2.0, mode="nearest"), torch.from_numpy(kernel), padding=1)


def test_a_doubled_convolution_before_the_doubling(kernel):
    features = torch.randn(2, 4, 6, 10)
    made = F.pixel_shuffle(F.conv2d(features, torch.from_numpy(doubling(kernel)), padding=1), 2)[..., 1:-1, 1:-1]
    assert torch.allclose(made, wanted(features, kernel), atol=1e-4)


def test_folded_convolutions(kernel):
    features = torch.randn(2, 4, 6, 10)
    made = F.conv2d(features, torch.from_numpy(folded_doubling(kernel)), padding=1)
    assert torch.allclose(F.pixel_shuffle(made, 2), wanted(features, kernel), atol=1e-4)
    plain = F.conv2d(F.pixel_shuffle(features, 2), torch.from_numpy(kernel[:, :1]), padding=1)
    made = F.conv2d(features, torch.from_numpy(folded(kernel[:, :1])), padding=1)
    assert torch.allclose(F.pixel_shuffle(made, 2), plain, atol=1e-4)


@pytest.mark.parametrize(("head", "field"), HEADS)
def test_pytorch_says_the_same_after_the_rewriting(head, field):
    network = translator(head, field)
    seen = torch.from_numpy(pictures(2, network.inputs))
    made, coarse = TorchGraph(network)(seen)
    assert torch.allclose(made, network.convolved(seen), atol=1e-4)
    assert coarse.shape[1:] == coarse_shape(network, SIDE) == (12, SIDE // 4, SIDE // 4)
    assert torch.allclose(TorchGraph(network, fine=True)(seen, coarse)[0], made, atol=1e-6)
    assert not torch.allclose(TorchGraph(network, fine=True)(seen, 0 * coarse)[0], made, atol=1e-2)


@pytest.mark.parametrize(("head", "field"), HEADS)
def test_openvino_says_the_same_and_nearly_so_with_bytes(head, field):
    openvino = pytest.importorskip("openvino")
    network = translator(head, field)
    seen = pictures(3, network.inputs)
    true = network.convolved(torch.from_numpy(seen)).numpy()
    exact = {"INFERENCE_PRECISION_HINT": "f32"}

    def run(model, *given: np.ndarray) -> list[np.ndarray]:
        compiled = openvino.compile_model(model, "CPU", exact)
        each = [compiled([part[number : number + 1] for part in given]) for number in range(len(given[0]))]
        return [np.concatenate([one[output] for one in each]) for output in range(len(compiled.outputs))]

    shape = coarse_shape(network, SIDE)
    made, coarse = run(OpenVinoGraph().whole(network, SIDE), seen)
    assert np.allclose(made, true, atol=1e-4)
    assert np.allclose(run(OpenVinoGraph().fine(network, SIDE, shape), seen, coarse)[0], true, atol=1e-4)
    graph = OpenVinoGraph(measured_ranges(network, seen))
    bytes_, coarse = run(graph.whole(network, SIDE), seen)
    assert 0 < np.abs(bytes_ - true).mean() / true.std() < 0.05
    assert np.allclose(run(graph.fine(network, SIDE, shape), seen, coarse)[0], bytes_, atol=1e-5)


@pytest.mark.parametrize(("head", "field"), HEADS)
def test_onnx_says_the_same(head, field):
    pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    network = translator(head, field)
    seen = pictures(2, network.inputs)
    true = network.convolved(torch.from_numpy(seen)).numpy()

    def run(model, **given: np.ndarray) -> list[np.ndarray]:
        session = runtime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        return session.run(None, given)

    shape = coarse_shape(network, SIDE)
    made, coarse = run(OnnxGraph().whole(network, SIDE, shape), pictures=seen)
    assert np.allclose(made, true, atol=1e-4)
    [fine] = run(OnnxGraph().fine(network, SIDE, shape), pictures=seen, coarse=coarse)
    assert np.allclose(fine, true, atol=1e-4)


def test_ranges_are_means_of_each_pictures_extremes():
    network, seen = translator(), pictures(2)
    first = measured_ranges(network, seen)["encoder.0.0"]
    assert np.allclose(first, np.stack([seen.min((2, 3)).mean(0), seen.max((2, 3)).mean(0)]), atol=1e-6)


def test_zero_is_a_step_and_loud_channels_are_made_quieter(kernel):
    bounds = np.array([[-1, -0.5, 0, -8], [1, 4, 0, 20]], dtype=np.float32)
    scaling = Scaling.of(bounds, kernel)
    step = (scaling.high - scaling.low) / 255
    assert round(scaling.low / step, 6) == int(round(scaling.low / step, 6))
    assert scaling.factors.argmax() == 3
    within = bounds / scaling.factors
    assert within.min() >= scaling.low - step and within.max() <= scaling.high + step


def test_a_channel_that_is_always_zero_has_a_factor():
    scaling = Scaling.of(np.zeros((2, 3), dtype=np.float32), np.ones((2, 3, 3, 3), dtype=np.float32))
    assert np.isfinite(scaling.factors).all() and scaling.high > 0

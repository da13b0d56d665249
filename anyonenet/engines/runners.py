"""Exported files, loaded: functions from pictures to what the convolutions make of them, in the calling thread."""

from __future__ import annotations

import queue
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from anyonenet.engines.runner import Pictures, Runner
from anyonenet.networks.image_translation import ImageTranslator
from anyonenet.side_by_side import SideBySide

OPENVINO_FILES = ("model.xml", "fine.xml")
ONNX_FILES = ("model.onnx", "fine.onnx")
"""of the whole network, and of its fine levels"""
Some = Callable[..., tuple[Pictures, ...]]
OPENVINO_PRECISIONS = {"openvino-int8": "bf16", "openvino-bf16": "bf16", "openvino-fp32": "f32"}
"""of what is not int8; a processor without bf16 computes in f32 whatever is asked for"""


def run_torch(network: ImageTranslator, precision: str, device: torch.device, parts: bool = False) -> Runner:
    """PyTorch: the rewritten network on a CPU, the network itself with autocast elsewhere, where it has no parts.

    Args:
        network: in evaluation mode, on the device.
        precision: 'bf16' or 'fp32'.
        device: where it runs.
        parts: the fine levels by themselves too.
    """
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    if device.type == "cpu":
        from anyonenet.engines.torch_graph import TorchGraph

        def run(graph: TorchGraph, *given: Pictures) -> tuple[Pictures, ...]:
            made = graph(*(torch.from_numpy(each) for each in given))
            return tuple(np.array(each.numpy(), order="C") for each in made)

        whole = partial(run, TorchGraph(network, dtype))
        return _runner(whole, partial(run, TorchGraph(network, dtype, fine=True)) if parts else None)

    def convolved(pictures: Pictures) -> Pictures:
        there = torch.from_numpy(pictures).to(device)
        with torch.inference_mode(), torch.autocast(device.type, dtype, enabled=precision != "fp32"):
            return np.asarray(network.convolved(there).float().cpu().numpy())

    return Runner(convolved)


def run_openvino(folder: Path, engine: str, threads: int, parts: bool = False) -> Runner:
    """OpenVINO: as many streams as threads, each computing with one. Its models take one picture at a time.

    Args:
        folder: of the export.
        engine: its name.
        threads: that may call it at once without waiting.
        parts: the fine levels by themselves too.
    """
    import openvino

    options: dict[str, Any] = {
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": threads,
        "INFERENCE_PRECISION_HINT": OPENVINO_PRECISIONS[engine],
        "ENABLE_CPU_PINNING": False,  # other stages use the same cores
    }
    core = openvino.Core()

    def load(file: str) -> Some:
        compiled = core.compile_model(folder / file, "CPU", options)
        idle: queue.SimpleQueue[Any] = queue.SimpleQueue()
        for _ in range(2 * threads):
            idle.put(compiled.create_infer_request())

        def one(*given: Pictures) -> list[Pictures]:
            request = idle.get()
            try:
                request.infer(list(given), share_inputs=True)
                return [np.array(request.get_output_tensor(each).data) for each in range(len(compiled.outputs))]
            finally:
                idle.put(request)

        def run(*given: Pictures) -> tuple[Pictures, ...]:
            if len(given[0]) == 1:
                return tuple(one(*given))
            made = [one(*(each[number : number + 1] for each in given)) for number in range(len(given[0]))]
            return tuple(np.concatenate(each) for each in zip(*made, strict=True))

        return run

    files = OPENVINO_FILES if parts else OPENVINO_FILES[:1]
    with SideBySide(len(files)) as beside:  # compiling takes most of the time to get ready
        whole, *fine = beside.map(load, files)
    return _runner(whole, fine[0] if fine else None)


def run_onnx(folder: Path, parts: bool = False) -> Runner:
    """ONNX Runtime, with one thread a call.

    Args:
        folder: of the export.
        parts: the fine levels by themselves too.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3

    def load(file: str) -> Some:
        session = onnxruntime.InferenceSession(str(folder / file), options, providers=["CPUExecutionProvider"])
        names = [each.name for each in session.get_inputs()]
        return lambda *given: tuple(session.run(None, dict(zip(names, given, strict=True))))

    whole, fine = ONNX_FILES
    return _runner(load(whole), load(fine) if parts else None)


def _runner(whole: Some, fine: Some | None) -> Runner:
    """Of functions from all that is read to all that is made."""

    def both(pictures: Pictures) -> tuple[Pictures, Pictures]:
        convolved, coarse = whole(pictures)
        return convolved, coarse

    def convolved(pictures: Pictures) -> Pictures:
        return whole(pictures)[0]

    if fine is None:
        return Runner(convolved)
    return Runner(convolved, both, lambda pictures, coarse: fine(pictures, coarse)[0])

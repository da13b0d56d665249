"""Exported files, loaded: a function from pictures to what the convolutions make of them, in the calling thread."""

from __future__ import annotations

import queue
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from anyonenet.engines.image_engine import Pictures
from anyonenet.networks.image_translation import ImageTranslator

Run = Callable[[Pictures], Pictures]

OPENVINO_FILE = "model.xml"
ONNX_FILE = "model.onnx"
OPENVINO_PRECISIONS = {"openvino-int8": "bf16", "openvino-bf16": "bf16", "openvino-fp32": "f32"}
"""of what is not int8; a processor without bf16 computes in f32 whatever is asked for"""


def run_torch(network: ImageTranslator, precision: str, device: torch.device) -> Run:
    """PyTorch: the rewritten network on a CPU, the network itself with autocast elsewhere.

    Args:
        network: in evaluation mode, on the device.
        precision: 'bf16' or 'fp32'.
        device: where it runs.
    """
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    if device.type == "cpu":
        from anyonenet.engines.torch_graph import TorchGraph

        graph = TorchGraph(network, dtype)
        return lambda pictures: np.array(graph(torch.from_numpy(pictures)).numpy(), order="C")

    def run(pictures: Pictures) -> Pictures:
        there = torch.from_numpy(pictures).to(device)
        with torch.inference_mode(), torch.autocast(device.type, dtype, enabled=precision != "fp32"):
            return np.asarray(network.convolved(there).float().cpu().numpy())

    return run


def run_openvino(folder: Path, engine: str, threads: int) -> Run:
    """OpenVINO: as many streams as threads, each computing with one."""
    import openvino

    options: dict[str, Any] = {
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": threads,
        "INFERENCE_PRECISION_HINT": OPENVINO_PRECISIONS[engine],
        "ENABLE_CPU_PINNING": False,  # other stages use the same cores
    }
    compiled = openvino.Core().compile_model(folder / OPENVINO_FILE, "CPU", options)
    idle: queue.SimpleQueue[Any] = queue.SimpleQueue()
    for _ in range(2 * threads):
        idle.put(compiled.create_infer_request())

    def run(pictures: Pictures) -> Pictures:
        request = idle.get()
        try:
            request.infer([pictures], share_inputs=True)
            return np.array(request.get_output_tensor(0).data)
        finally:
            idle.put(request)

    return run


def run_onnx(folder: Path) -> Run:
    """ONNX Runtime, with one thread a call."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(folder / ONNX_FILE), options, providers=["CPUExecutionProvider"])
    return lambda pictures: np.asarray(session.run(None, {"pictures": pictures})[0])

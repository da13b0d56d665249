"""What this machine can do at most, measured: multiply-adds and bytes a second, on one thread and on all.

Multiply-adds by large matrix products and by 3 x 3 convolutions of 256 and 512 channels, in float32, bfloat16 and int8,
through PyTorch (oneDNN, MKL) and, where it is installed, OpenVINO; the best of each counts. Bandwidth by copying and by
the triad `a = b + s * c` over arrays of 256 MiB, far more than caches hold; bytes are those read and written.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import warnings
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn
from tqdm import tqdm

from anyonenet.side_by_side import usable_cores
from benchmarks.measuring import Step, interleaved
from benchmarks.speed.part import Setting
from benchmarks.speed.record import Section, Table

PRECISIONS = ("float32", "bfloat16", "int8")
SIZE = 2048
"""of the matrices"""
CONVOLUTIONS = ((256, 64), (512, 16))
"""channels and side"""
ARRAY = 2**26
"""float32 numbers of an array of the triad, 256 MiB"""
CPU = torch.device("cpu")


def measure(setting: Setting, section: Section) -> None:
    """Figures `macs_PRECISION_THREADS` (multiply-adds a second) and `bytes_THREADS` (a second)."""
    warnings.filterwarnings("ignore")  # PyTorch's quantised kernels are deprecated, and are what they are
    cores = usable_cores()
    counts = sorted({1, cores})
    machine = Table("machine", "The machine", ["processor", "cores", "memory", "Python", "PyTorch"])
    machine.add(processor(), str(cores), f"{memory_gib():.0f} GiB", platform.python_version(), torch.__version__)
    section.tables.append(machine)
    table = Table(
        "limits", "Limits of this machine", ["what", *(f"{count} thread{'s'[: count > 1]}" for count in counts)]
    )
    repeats = setting.repeats(9)
    best: dict[tuple[str, int], float] = {}
    makers = {name: maker for precision in PRECISIONS for name, maker in kernels(precision).items()}
    for (precision, name), maker in tqdm(makers.items(), desc="limits", unit="kernel", disable=None):
        cells = []
        for threads in counts:
            torch.set_num_threads(threads)
            try:
                step, macs = maker(threads)
                speed = macs / _best(step, repeats)
            except (RuntimeError, AttributeError) as error:  # no such kernel in this build or for this processor
                cells.append(f"none ({type(error).__name__}: {' '.join(str(error).split())[:60]})")
                continue
            best[precision, threads] = max(best.get((precision, threads), 0.0), speed)
            cells.append(f"{speed / 1e9:.0f} GMAC/s")
        table.add(f"{precision}, {name}", *cells)
    bandwidths(section, table, counts, repeats)
    for (precision, threads), speed in best.items():
        section.figures[f"macs_{precision}_{threads}"] = speed
    section.figures["cores"] = cores
    section.tables.append(table)


Maker = Callable[[int], tuple[Step, float]]


def kernels(precision: str) -> dict[tuple[str, str], Maker]:
    """Name -> what makes, for a number of threads, a step and its multiply-adds."""
    found: dict[tuple[str, str], Maker] = {
        (precision, f"matrix product {SIZE}, PyTorch"): lambda threads: _product(precision)
    }
    for channels, side in CONVOLUTIONS:
        shape = f"convolution {channels} x {side} x {side}"
        found[precision, f"{shape}, PyTorch"] = lambda threads, c=channels, s=side: _convolution(precision, c, s)
        if importlib.util.find_spec("openvino"):
            found[precision, f"{shape}, OpenVINO"] = lambda threads, c=channels, s=side: _openvino(
                precision, c, s, threads
            )
    return found


def bandwidths(section: Section, table: Table, counts: list[int], repeats: int) -> None:
    """Rows of the copy and the triad."""
    target, left, right = (torch.full((ARRAY,), value) for value in (0.0, 1.0, 2.0))
    steps = {
        "copy": (lambda: target.copy_(left), 2),
        "triad": (lambda: torch.add(left, right, alpha=1.5, out=target), 3),
    }
    for name, (step, arrays) in steps.items():
        cells = []
        for threads in counts:
            torch.set_num_threads(threads)
            speed = 4 * ARRAY * arrays / _best(step, repeats)
            key = f"bytes_{threads}"
            section.figures[key] = max(section.figures.get(key, 0.0), speed)
            cells.append(f"{speed / 1e9:.1f} GB/s")
        table.add(f"memory, {name}", *cells)


def processor() -> str:
    """Its name, as it tells it."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def memory_gib() -> float:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30


def _product(precision: str) -> tuple[Step, float]:
    macs = float(SIZE**3)
    if precision == "int8":
        left, right = (torch.randint(-128, 127, (SIZE, SIZE), dtype=torch.int8) for _ in range(2))
        return lambda: torch._int_mm(left, right), macs
    left, right = (torch.randn(SIZE, SIZE, dtype=getattr(torch, precision)) for _ in range(2))
    return lambda: left @ right, macs


def _convolution(precision: str, channels: int, side: int) -> tuple[Step, float]:
    macs = 9.0 * channels**2 * side**2
    picture = torch.randn(1, channels, side, side).contiguous(memory_format=torch.channels_last)
    if precision == "int8":
        quantised = torch.ao.nn.quantized.Conv2d(channels, channels, 3, padding=1)
        codes = torch.quantize_per_tensor(picture, 0.05, 64, torch.quint8)
        return lambda: quantised(codes), macs
    kind = getattr(torch, precision)
    layer = nn.Conv2d(channels, channels, 3, padding=1).to(kind).to(memory_format=torch.channels_last)
    inputs = picture.to(kind)
    layer.requires_grad_(False)
    return lambda: layer(inputs), macs


def _openvino(precision: str, channels: int, side: int, threads: int) -> tuple[Step, float]:
    import numpy as np
    import openvino as ov
    from openvino import opset13 as ops

    random = np.random.default_rng(0)
    weights = random.standard_normal((channels, channels, 3, 3)).astype(np.float32)
    source = ops.parameter([1, channels, side, side], np.float32)
    inputs, kernel = source, ops.constant(weights)
    if precision == "int8":
        inputs = ops.fake_quantize(inputs, *_levels(-4.0, 4.0), 256)
        kernel = ops.fake_quantize(kernel, *_levels(-4.0, 4.0), 255)
    made = ops.convolution(inputs, kernel, [1, 1], [1, 1], [1, 1], [1, 1])
    hint = "bf16" if precision == "bfloat16" else "f32"
    settings = {"INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": hint, "PERFORMANCE_HINT": "LATENCY"}
    request = ov.Core().compile_model(ov.Model([made], [source]), "CPU", settings).create_infer_request()
    request.set_input_tensor(ov.Tensor(random.standard_normal((1, channels, side, side)).astype(np.float32)))
    return request.infer, 9.0 * channels**2 * side**2


def _levels(low: float, high: float) -> tuple[float, float, float, float]:
    import numpy as np

    return tuple(np.float32(value) for value in (low, high, low, high))  # type: ignore[return-value]


def _best(step: Step, repeats: int) -> float:
    with torch.inference_mode():
        return min(interleaved([step], repeats, 2, CPU)[0].seconds)

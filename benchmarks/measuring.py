"""Seconds, memory, operations and operators of a repeated step, and of two steps in turn."""

from __future__ import annotations

import ctypes
import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

Step = Callable[[], Any]


@dataclass(frozen=True)
class Times:
    """Seconds of each counted step."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    def text(self, digits: int = 3) -> str:
        """Median and range."""
        return f"{self.median:.{digits}f} ({min(self.seconds):.{digits}f}-{max(self.seconds):.{digits}f})"


def timed(step: Step, device: torch.device, clock: Callable[[], float] = time.perf_counter) -> float:
    """Seconds of one call, the device's work included."""
    _finish(device)
    begin = clock()
    step()
    _finish(device)
    return clock() - begin


def interleaved(
    steps: Sequence[Step],
    count: int,
    warmup: int,
    device: torch.device,
    clock: Callable[[], float] = time.perf_counter,
) -> list[Times]:
    """Steps in turn, A B A B …, so that whatever else the machine does meets all of them alike.

    Args:
        steps: what is timed.
        count: counted calls of each.
        warmup: calls of each before them.
        device: where they run.
        clock: in seconds; `time.process_time` counts the processor's, of all threads, which a busy machine hardly
            changes.
    """
    for _ in range(warmup):
        for step in steps:
            step()
    seconds: list[list[float]] = [[] for _ in steps]
    for _ in range(count):
        for place, step in enumerate(steps):
            seconds[place].append(timed(step, device, clock))
    return [Times(tuple(values)) for values in seconds]


def ratios(slower: Times, faster: Times) -> Times:
    """Pair by pair: how many times as long the first took."""
    return Times(tuple(a / b for a, b in zip(slower.seconds, faster.seconds, strict=True)))


class PeakMemory:
    """The process's highest resident memory inside a `with` above what it was before, MiB; a GPU's, where there is one.

    On Linux the kernel's high-water mark is set back at the beginning; elsewhere the figure is nan.
    """

    mebibytes: float = float("nan")

    def __init__(self, device: torch.device):
        self.device = device

    def __enter__(self) -> PeakMemory:
        gc.collect()
        if self.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats()
            return self
        try:
            ctypes.CDLL(None).malloc_trim(0)
            with open("/proc/self/clear_refs", "w") as file:
                file.write("5")
            self._before = _status("VmRSS")
        except (OSError, AttributeError):
            self._before = float("nan")
        return self

    def __exit__(self, *_: object) -> None:
        if self.device.type == "cuda":
            self.mebibytes = torch.cuda.max_memory_allocated() / 2**20
        elif self._before == self._before:
            self.mebibytes = _status("VmHWM") - self._before


def operations(step: Step) -> float:
    """Floating-point operations of one call, in its products and convolutions, forward and backward."""
    torch_ops = torch.ops.aten
    counts = {
        torch_ops.mkldnn_rnn_layer: _rnn_forward,
        torch_ops.mkldnn_rnn_layer_backward: _rnn_backward,
        torch_ops.mv: _product_with_vector,
        torch_ops.addmv: _sum_with_product,
    }
    with FlopCounterMode(display=False, custom_mapping=counts) as counter:
        step()
    return float(counter.get_total_flops())


def product_speed(device: torch.device, clock: Callable[[], float] = time.perf_counter, size: int = 2048) -> float:
    """Operations a second of a large float32 matrix product, the best of five."""
    left, right = (torch.randn(size, size, device=device) for _ in range(2))
    times = interleaved([lambda: left @ right], 5, 1, device, clock)[0]
    return 2 * size**3 / min(times.seconds)


def operators(step: Step, count: int, top: int) -> list[tuple[str, int, float]]:
    """Where the time goes: name, calls a step and share of the time, the `top` highest; from `count` calls."""
    activities = [ProfilerActivity.CPU]
    if torch.cuda.is_available():
        activities.append(ProfilerActivity.CUDA)
    with profile(activities=activities) as found:
        for _ in range(count):
            step()
    events = found.key_averages()

    def spent(event: Any) -> float:
        return float(event.self_device_time_total or event.self_cpu_time_total)

    whole = sum(spent(event) for event in events)
    ordered = sorted(events, key=spent, reverse=True)[:top]
    return [(event.key, round(event.count / count), spent(event) / whole) for event in ordered]


def parameters(networks: Sequence[torch.nn.Module]) -> int:
    """Trainable parameters of some networks."""
    return sum(value.numel() for network in networks for value in network.parameters() if value.requires_grad)


def _rnn_forward(source: Any, weight: Any, recurrent: Any, *_: Any, **__: Any) -> int:
    steps, batch = source[0], source[1]
    return int(2 * steps * batch * (weight[0] * weight[1] + recurrent[0] * recurrent[1]))


def _product_with_vector(matrix: Any, *_: Any, **__: Any) -> int:
    return int(2 * matrix[0] * matrix[1])


def _sum_with_product(_: Any, matrix: Any, *__: Any, **___: Any) -> int:
    return int(2 * matrix[0] * matrix[1])


def _rnn_backward(source: Any, weight: Any, recurrent: Any, *_: Any, **__: Any) -> int:
    return 2 * _rnn_forward(source, weight, recurrent)


def _status(name: str) -> float:
    with open("/proc/self/status") as file:
        for line in file:
            if line.startswith(name + ":"):
                return float(line.split()[1]) / 1024
    return float("nan")


def _finish(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()

"""What a computation does, counted: multiply-adds and bytes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from anyonenet.audio.mel import MelSettings
from benchmarks.measuring import Step, operations


@dataclass(frozen=True)
class Work:
    """Of a call, or of a second of video."""

    macs: float
    """multiply-adds"""
    bytes: float
    """read and written; caches hold a part of them"""

    def times(self, number: float) -> Work:
        return Work(self.macs * number, self.bytes * number)


@dataclass(frozen=True)
class Limit:
    """Of the machine, a second."""

    macs: float
    bytes: float

    def shares(self, work: Work, seconds: float) -> tuple[float, float]:
        """Of the multiply-add rate and of the bandwidth that `work` in `seconds` makes use of."""
        return work.macs / seconds / self.macs, work.bytes / seconds / self.bytes


class _Touched(TorchDispatchMode):
    """Adds up the bytes of what operators take and give, one by one, as unfused kernels would move them."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes = 0

    def __torch_dispatch__(self, operation: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = operation(*args, **(kwargs or {}))
        if not operation.is_view:
            self.bytes += sum(tensor.nbytes for tensor in _tensors((args, kwargs, made)))
        return made


def counted(step: Step) -> Work:
    """Of a step that calls PyTorch's operators in this thread; one call of it is made for each count."""
    with torch.no_grad():
        flops = operations(step)
        with _Touched() as touched:
            step()
    return Work(flops / 2, float(touched.bytes))


def griffin_lim_work(frames: int, iterations: int, settings: MelSettings) -> Work:
    """By formula: two real Fourier transforms of `fft_samples` a frame and iteration (5/2 N log2 N operations each),
    and the spectra and waveforms that they read and write."""
    size = settings.fft_samples
    transforms = 2 * iterations * frames
    operations_each = 2.5 * size * math.log2(size)
    bytes_each = 8 * (size // 2 + 1) + 4 * settings.window_samples
    return Work(transforms * operations_each / 2, float(transforms * bytes_each))


def warp_work(height: int, width: int) -> Work:
    """The least that any bilinear warp of a picture does: four taps of three channels a pixel, a map of two float32
    written and read, the photo read and the frame written."""
    pixels = height * width
    return Work(12.0 * pixels, (2 * 8 + 3 + 3) * float(pixels))


def _tensors(tree: Any) -> list[Tensor]:
    if isinstance(tree, Tensor):
        return [tree]
    if isinstance(tree, dict):
        return _tensors(tuple(tree.values()))
    if isinstance(tree, (tuple, list)):
        return [tensor for branch in tree for tensor in _tensors(branch)]
    return []

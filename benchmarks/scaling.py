"""What many GPUs gain and what one holds, by arithmetic from the base configurations.

    python -m benchmarks.scaling                                         # A100s at a fifth of their peak
    python -m benchmarks.scaling --network-gbs 50 --node-gbs 450 --peak 989 --share 0.15
    python -m benchmarks.scaling --seconds tts=0.21 images=0.35          # steps measured on your GPU
    python -m benchmarks.scaling --memory                                # bytes of a step too (a minute)

Everything is computed. A step on one GPU takes operations / (peak x share), and the TTS also what its loop over decoder
steps needs to be launched, kernel by kernel; or the seconds given. Each step the gradients, 4 bytes a parameter,
go round a ring: 2 (W - 1) / W of them leave every GPU, over the slower of the links in a node and between nodes.
Synchronised norms exchange a few bytes a layer, forwards and backwards, for which everybody waits: 2 log2(W) hops each.
The efficiency is step / (step + waiting); 'nothing hidden' waits for all of the ring, 'hidden' only for what is longer
than the backward pass (two thirds of a step) and for the last bucket of 25 MiB.

Memory: parameters, gradients and optimiser states by their number, and what a real step of a few items on the CPU in
bfloat16 autocast saves for its backward pass, which grows by the item. A GPU's kernels and allocator add to that.
"""

from __future__ import annotations

import argparse
import dataclasses
import math
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from anyonenet.networks.attention_loop import attend
from anyonenet.networks.batch_norm import BatchNorm
from anyonenet.networks.gmm_attention import GMMAttention
from anyonenet.types import Batch
from benchmarks.training import random_vgg19
from benchmarks.training_batches import batch_of
from benchmarks.training_steps import STAGES, OwnStep, own_step
from benchmarks.training_work import operations_of_an_item, work_of

BUCKET = 25 * 2**20
"""bytes that PyTorch's DistributedDataParallel sends at once"""
BACKWARD_SHARE = 2 / 3
HELD = {"speaker_encoder": 2, "face_encoder": 256, "tts": 2, "landmarks": 4, "images": 1}
"""items of the step whose memory is looked at"""
GIGABYTE = 1e9


@dataclass(frozen=True)
class Links:
    """Bytes a second that a GPU can send in a node and that a node can send to others, and seconds of a hop."""

    node: float
    network: float
    hop: float
    gpus_a_node: int = 8

    def ring(self, size: float, ranks: int) -> float:
        """Seconds in which all ranks have the sum of `size` bytes."""
        slowest = self.node if ranks <= self.gpus_a_node else min(self.node, self.network)
        return 2 * (ranks - 1) / ranks * size / slowest

    def small(self, ranks: int) -> float:
        """Seconds of an exchange that is nothing but waiting."""
        return 2 * math.ceil(math.log2(ranks)) * self.hop


@dataclass(frozen=True)
class Exchange:
    """What a stage's ranks send each other in a step."""

    parameters: int
    norms: int

    @property
    def bytes(self) -> int:
        """Of gradients."""
        return 4 * self.parameters

    def efficiency(self, step: float, ranks: int, links: Links) -> tuple[float, float]:
        """Of `ranks` GPUs against one of them: with nothing hidden, and with the ring behind the backward pass."""
        ring, small = links.ring(self.bytes, ranks), 2 * self.norms * links.small(ranks)
        rest = max(ring - BACKWARD_SHARE * step, links.ring(min(self.bytes, BUCKET), ranks))
        return step / (step + ring + small), step / (step + rest + small)


@dataclass(frozen=True)
class Memory:
    """Bytes of one process, by computation."""

    states: int
    """parameters, gradients, optimisers"""
    constant: float
    an_item: float

    def of_batch(self, items: int) -> float:
        return self.states + self.constant + items * self.an_item


class Kernels(TorchDispatchMode):
    """Counts the operations that a GPU would be sent: all but those that only look at memory in another way."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, operation: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.count += not operation.is_view
        return operation(*args, **(kwargs or {}))


def loop_kernels() -> int:
    """Kernels that a decoder step of the TTS sends a GPU in its loop, forwards and backwards."""
    attention, counts = GMMAttention(8, hidden_size=8), []
    for steps in (2, 3):
        gates, memory = torch.randn(2, steps, 32, requires_grad=True), torch.randn(2, 5, 4, requires_grad=True)
        recurrence = torch.randn(32, 12, requires_grad=True)
        with Kernels() as kernels:
            parts = attend(gates, memory, torch.ones(2, 5), recurrence, attention, 1.0)
            torch.autograd.backward(parts, [torch.ones_like(part) for part in parts])
        counts.append(kernels.count)
    return counts[1] - counts[0]


def step_seconds(stage: str, step: OwnStep, speed: float, launch: float, vgg19: str) -> float:
    """Of a step at the configuration's batch on one GPU.

    Args:
        stage: its name.
        step: of its module.
        speed: operations a second.
        launch: seconds in which a kernel is launched.
        vgg19: file of VGG-19's weights.
    """
    size = work_of(stage).batch
    seconds = size * operations_of_an_item(stage, vgg19) / speed
    if stage == "tts":
        frames = batch_of(stage, size)[0].mels.shape[1]  # type: ignore[attr-defined]
        seconds += math.ceil(frames / step.module.network.reduction_factor) * loop_kernels() * launch
    return seconds


def exchange_of(step: OwnStep) -> Exchange:
    """Of the module that a step is of."""
    count = sum(value.numel() for value in step.module.parameters() if value.requires_grad)
    return Exchange(count, sum(isinstance(layer, BatchNorm) for layer in step.module.modules()))


def memory_of(step: OwnStep, items: int) -> Memory:
    """From the tensors that a step of `items`, and one of as many again, save for the backward pass."""
    module = step.module
    trained = [value for value in module.parameters() if value.requires_grad]
    momenta = 1 if isinstance(step.optimiser, torch.optim.SGD) else 2
    states = sum(value.nbytes for value in trained) * (2 + momenta)
    single = saved_bytes(step, step.batch)
    double = saved_bytes(step, twice(step.batch))
    an_item = (double - single) / items
    return Memory(states, single - items * an_item, an_item)


def saved_bytes(step: OwnStep, batch: Batch) -> int:
    """Bytes that the forward pass and the losses save for the backward pass, besides parameters and buffers."""
    module = step.module
    module.manual_backward = lambda loss: None
    module.optimizers = module.lr_schedulers = list
    lasting = {value.untyped_storage().data_ptr() for value in [*module.parameters(), *module.buffers()]}
    held: dict[int, Tensor] = {}

    def keep(tensor: Tensor) -> Tensor:
        place = tensor.untyped_storage().data_ptr()
        if place not in lasting:
            held[place] = tensor  # held so that no other tensor takes its place
        return tensor

    with (
        torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor),
        torch.autocast("cpu", torch.bfloat16),
    ):
        loss = module.training_step(batch, 0)
    total = sum(tensor.untyped_storage().nbytes() for tensor in held.values())
    del loss
    return total


def twice(batch: Batch) -> Batch:
    """Every item of a batch two times."""
    values = {field.name: getattr(batch, field.name) for field in dataclasses.fields(batch)}
    doubled = {name: torch.cat([value, value]) for name, value in values.items() if isinstance(value, Tensor)}
    return dataclasses.replace(batch, items=[*batch.items, *batch.items], **doubled)


def gpu_options(parser: argparse.ArgumentParser) -> None:
    """Options that say what a GPU does in a second."""
    add: Any = parser.add_argument
    add("--stage", nargs="+", choices=STAGES, default=list(STAGES))
    add("--peak", type=float, default=312.0, metavar="TFLOPS", help="of a GPU in bfloat16 (312: A100)")
    add("--share", type=float, default=0.2, help="of the peak that a training reaches (a guess until measured)")
    add("--launch-us", type=float, default=6.0, help="microseconds in which a kernel is launched, eagerly")
    add("--seconds", nargs="*", default=[], metavar="STAGE=S", help="of a step, measured, at the batch in the table")


def measured_steps(values: argparse.Namespace) -> dict[str, float]:
    """Stage -> seconds of a step, from `--seconds`."""
    return {stage: float(text) for stage, _, text in (pair.partition("=") for pair in values.seconds)}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    gpu_options(parser)
    add: Any = parser.add_argument
    add("--gpus", nargs="+", type=int, default=[8, 64])
    add("--gpus-a-node", type=int, default=8)
    add("--node-gbs", type=float, default=300.0, help="GB/s that a GPU sends in a node (300: NVLink of an A100)")
    add("--network-gbs", type=float, default=25.0, help="GB/s that a node sends to others (25: 200 Gbit/s)")
    add("--hop-us", type=float, default=10.0, help="microseconds of a hop of a small exchange")
    add("--memory", action="store_true", help="bytes of one process too")
    values = parser.parse_args(arguments)
    links = Links(values.node_gbs * GIGABYTE, values.network_gbs * GIGABYTE, values.hop_us * 1e-6, values.gpus_a_node)
    measured = measured_steps(values)
    with tempfile.TemporaryDirectory() as folder:
        vgg19 = random_vgg19(Path(folder)) if "images" in values.stage else ""
        steps = {}
        for stage in values.stage:
            batch, _ = batch_of(stage, HELD[stage])
            steps[stage] = own_step(stage, "base", batch, torch.device("cpu"), "bf16", vgg19)
        print(
            f"Computed: {values.peak:g} TFLOP/s at {values.share:.0%}, {values.launch_us:g} us a launch; "
            f"{values.node_gbs:g} GB/s in a node of "
            f"{values.gpus_a_node}, {values.network_gbs:g} GB/s between nodes, {values.hop_us:g} us a hop."
        )
        _efficiency_table(values, steps, links, measured, vgg19)
        if values.memory:
            _memory_table(steps)


def _efficiency_table(
    values: argparse.Namespace, steps: dict[str, OwnStep], links: Links, measured: dict[str, float], vgg19: str
) -> None:
    names = [f"{gpus} GPUs: nothing hidden / hidden" for gpus in values.gpus]
    _row("stage", "parameters, M", "gradients, MB", "norms", "batch", "step, ms", *names)
    _row("---", *["---:"] * (5 + len(names)))
    for stage, step in steps.items():
        exchange, batch = exchange_of(step), work_of(stage).batch
        seconds = measured.get(stage)
        if seconds is None:
            seconds = step_seconds(stage, step, values.peak * 1e12 * values.share, values.launch_us * 1e-6, vgg19)
        found = [exchange.efficiency(seconds, gpus, links) for gpus in values.gpus]
        shown = [f"{low:.0%} / {high:.0%}" for low, high in found]
        said = f"{1e3 * seconds:.3g}{' (given)' if stage in measured else ''}"
        count, size = f"{exchange.parameters / 1e6:.1f}", f"{exchange.bytes / 1e6:.0f}"
        _row(stage, count, size, str(exchange.norms), str(batch), said, *shown)


def _memory_table(steps: dict[str, OwnStep]) -> None:
    sizes = (16, 40, 80)
    print("\nComputed bytes of one process, bfloat16 autocast; GPU kernels and the allocator add to them.")
    names = [f"largest batch in {size} GB" for size in sizes]
    _row("stage", "weights and optimisers, GB", "saved an item, MB", "batch", "in all, GB", *names)
    _row("---", *["---:"] * (4 + len(names)))
    for stage, step in steps.items():
        memory, batch = memory_of(step, HELD[stage]), work_of(stage).batch
        most = [int((size * GIGABYTE - memory.of_batch(0)) / memory.an_item) for size in sizes]
        states, whole = memory.states / GIGABYTE, memory.of_batch(batch) / GIGABYTE
        _row(stage, f"{states:.2f}", f"{memory.an_item / 1e6:.1f}", str(batch), f"{whole:.1f}", *map(_rounded, most))


def _rounded(count: int) -> str:
    """Two digits are more than such a figure has."""
    if count < 100:
        return str(count)
    unit = 10 ** (len(str(count)) - 2)
    return f"{count // unit * unit:,}"


def _row(*cells: str) -> None:
    print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()

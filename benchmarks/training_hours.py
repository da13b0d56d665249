"""Hours that the paper's trainings take, by arithmetic.

    python -m benchmarks.training_hours                                   # an A100, a fifth of its peak
    python -m benchmarks.training_hours --peak 989 --share 0.15 --gpus 1 8 64 --efficiency 1 0.95 0.9
    python -m benchmarks.training_hours --seconds tts=0.21 images=0.35    # steps measured on your GPU

A stage's work is items of the paper's corpora x epochs (or steps x batch) of `configs/STAGE/base.yaml`; operations of
an item, and calls of operators, are counted in one real step at those sizes. A step is computed: operations / (peak x
share), or calls x microseconds where that is longer (what a GPU is handed one small call after the other, such as a
decoder's loop, is not bound by its peak), or measured. Hours are steps x seconds / (GPUs x efficiency). Nothing is
trained.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from benchmarks.measuring import operations
from benchmarks.training import _random_vgg19
from benchmarks.training_batches import batch_of
from benchmarks.training_steps import BATCHES, STAGES, configuration, own_step

FREE = (
    "view",
    "slice",
    "select",
    "transpose",
    "permute",
    "expand",
    "squeeze",
    "t.default",
    "detach",
    "split",
    "unbind",
)
"""parts of names of operators that only look at data in another way"""
TRAINING_SHARE = 0.9
"""of all splits by hash at base sizes"""
ITEMS = {
    "speaker_encoder": (200 * 3600 // 3, "recordings of some 3 s, of 200 h"),
    "face_encoder": (735 * 50, "pictures of 735 persons"),
    "tts": (88_035 + 44_000, "utterances of AISHELL-3 and VCTK"),
    "landmarks": (6 * 3600 // 3, "cuts of 3 s of 6 h"),
    "images": (15_729 * 16, "frames of 15 729 clips"),
}
"""the paper's, section IV-A; of each clip `datamodules.talking_faces` keeps 16 frames"""


@dataclass(frozen=True)
class Work:
    """What a stage's training at base sizes does."""

    batch: int
    steps: int
    what: str

    @property
    def items(self) -> int:
        return self.steps * self.batch


def work_of(stage: str) -> Work:
    """From the corpora's sizes and the stage's configuration."""
    import importlib

    settings = configuration(stage, "base")
    package, _, name = settings["data"]["class_path"].rpartition(".")
    parameters = signature(getattr(importlib.import_module(package), name).__init__).parameters
    batch = int(settings["data"].get("init_args", {}).get("batch_size", parameters["batch_size"].default))
    count, what = ITEMS[stage]
    trainer = settings["trainer"]
    if trainer.get("max_steps", -1) > 0:
        steps = int(trainer["max_steps"])
        return Work(batch, steps, f"{what}, {steps * batch / (TRAINING_SHARE * count):.0f} epochs")
    an_epoch = -(-round(TRAINING_SHARE * count) // batch)
    return Work(batch, an_epoch * int(trainer["max_epochs"]), f"{what}, {trainer['max_epochs']} epochs")


class Calls(TorchDispatchMode):
    """Counts calls of operators that work on data, forward and backward, inside a `with`."""

    count = 0

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.count += not any(word in function.name() for word in FREE)
        return function(*args, **(kwargs or {}))


def counted(stage: str, vgg19: str) -> tuple[float, int]:
    """Operations of an item, and calls of a step, of forward, backward and optimiser; counted on the CPU."""
    size = BATCHES[stage]
    batch, _ = batch_of(stage, size)
    step = own_step(stage, "base", batch, torch.device("cpu"), "32", vgg19)
    an_item = operations(step) / size
    with Calls() as calls:
        step()
    return an_item, calls.count


def hours(seconds: float) -> str:
    """`< 0.1`, `7.5`, `120`."""
    value = seconds / 3600
    if value < 0.1:
        return "< 0.1"
    return f"{value:.1f}" if value < 10 else f"{value:.0f}"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add: Any = parser.add_argument
    add("--stage", nargs="+", choices=STAGES, default=list(STAGES))
    add("--peak", type=float, default=312.0, metavar="TFLOPS", help="of a GPU in bfloat16 (312: A100)")
    add("--share", type=float, default=0.2, help="of the peak that a training reaches (a guess until measured)")
    add("--call", type=float, default=10.0, metavar="US", help="microseconds of a small call (a guess until measured)")
    add("--gpus", nargs="+", type=int, default=[1, 8, 64])
    add("--efficiency", nargs="+", type=float, default=[1.0, 0.95, 0.85], help="of that many GPUs")
    add("--seconds", nargs="*", default=[], metavar="STAGE=S", help="measured, at the batch in the table")
    values = parser.parse_args(arguments)
    if len(values.efficiency) != len(values.gpus):
        parser.error("--efficiency wants a number for each of --gpus")
    measured = {stage: float(text) for stage, _, text in (pair.partition("=") for pair in values.seconds)}
    names = [f"{count} GPU{'s' if count > 1 else ''}, h" for count in values.gpus]
    shares = ", ".join(f"{share:.0%}" for share in values.efficiency)
    print(f"{values.peak:g} TFLOP/s at {values.share:.0%}, {values.call:g} us a call, efficiency {shares}")
    _row("stage", "items", "batch", "steps", "GFLOP an item", "calls a step", "step on one GPU, s", *names)
    _row("---", "---", *["---:"] * (5 + len(names)))
    with tempfile.TemporaryDirectory() as folder:
        vgg19 = _random_vgg19(Path(folder)) if "images" in values.stage else ""
        for stage in values.stage:
            work, (an_item, calls) = work_of(stage), counted(stage, vgg19)
            arithmetic = work.batch * an_item / (values.peak * 1e12 * values.share)
            waiting = calls * values.call * 1e-6
            step = measured.get(stage, max(arithmetic, waiting))
            how = "arithmetic" if arithmetic > waiting else "calls"
            said = f"{step:.3g} ({'measured' if stage in measured else how})"
            whole = [
                hours(work.steps * step / (count * share))
                for count, share in zip(values.gpus, values.efficiency, strict=True)
            ]
            _row(
                stage, work.what, str(work.batch), f"{work.steps:,}", f"{an_item / 1e9:.2f}", f"{calls:,}", said, *whole
            )


def _row(*cells: str) -> None:
    print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()

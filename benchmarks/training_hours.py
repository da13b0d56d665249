"""Hours that the paper's trainings take, by arithmetic.

    python -m benchmarks.training_hours                                   # an A100, a fifth of its peak
    python -m benchmarks.training_hours --peak 989 --share 0.15 --gpus 1 8 64
    python -m benchmarks.training_hours --seconds tts=0.21 images=0.35    # steps measured on your GPU

A stage's work is items of the paper's corpora x epochs (or steps x batch) of `configs/STAGE/base.yaml`. Seconds of
a step are computed as `benchmarks.scaling` does, or measured; so is the efficiency of several GPUs, with its links and
the ring of gradients hidden. Hours are steps x seconds / (GPUs x efficiency). Nothing is trained.
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

from benchmarks.measuring import operations
from benchmarks.training import _random_vgg19
from benchmarks.training_batches import batch_of
from benchmarks.training_steps import BATCHES, STAGES, configuration, own_step

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


def operations_of_an_item(stage: str, vgg19: str) -> float:
    """Of forward and backward, counted in one step on the CPU."""
    size = BATCHES[stage]
    batch, _ = batch_of(stage, size)
    return operations(own_step(stage, "base", batch, torch.device("cpu"), "32", vgg19)) / size


def hours(seconds: float) -> str:
    """`< 0.1`, `7.5`, `120`."""
    value = seconds / 3600
    if value < 0.1:
        return "< 0.1"
    return f"{value:.1f}" if value < 10 else f"{value:.0f}"


def main(arguments: Sequence[str] | None = None) -> None:
    from benchmarks.scaling import GIGABYTE, HELD, Links, exchange_of, step_seconds  # which takes its work from here

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add: Any = parser.add_argument
    add("--stage", nargs="+", choices=STAGES, default=list(STAGES))
    add("--peak", type=float, default=312.0, metavar="TFLOPS", help="of a GPU in bfloat16 (312: A100)")
    add("--share", type=float, default=0.2, help="of the peak that a training reaches (a guess until measured)")
    add("--launch-us", type=float, default=6.0, help="microseconds in which a kernel is launched, eagerly")
    add("--gpus", nargs="+", type=int, default=[1, 8, 64])
    add("--seconds", nargs="*", default=[], metavar="STAGE=S", help="measured, at the batch in the table")
    values = parser.parse_args(arguments)
    measured = {stage: float(text) for stage, _, text in (pair.partition("=") for pair in values.seconds)}
    links = Links(300 * GIGABYTE, 25 * GIGABYTE, 10e-6)
    names = [f"{count} GPU{'s' if count > 1 else ''}, h" for count in values.gpus]
    print(f"Computed: {values.peak:g} TFLOP/s at {values.share:.0%}, {values.launch_us:g} us a launch.")
    _row("stage", "items", "batch a GPU", "steps on one GPU", "step, s", *names)
    _row("---", "---", *["---:"] * (3 + len(names)))
    with tempfile.TemporaryDirectory() as folder:
        vgg19 = _random_vgg19(Path(folder)) if "images" in values.stage else ""
        for stage in values.stage:
            work = work_of(stage)
            step = own_step(stage, "base", batch_of(stage, HELD[stage])[0], torch.device("cpu"), "32", vgg19)
            speed = values.peak * 1e12 * values.share
            seconds = measured.get(stage) or step_seconds(stage, step, speed, values.launch_us * 1e-6, vgg19)
            shares = [
                exchange_of(step).efficiency(seconds, count, links)[1] if count > 1 else 1 for count in values.gpus
            ]
            whole = [hours(work.steps * seconds / (n * share)) for n, share in zip(values.gpus, shares, strict=True)]
            said = f"{seconds:.2g} ({'measured' if stage in measured else 'computed'})"
            _row(stage, work.what, str(work.batch), f"{work.steps:,}", said, *whole)


def _row(*cells: str) -> None:
    print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()

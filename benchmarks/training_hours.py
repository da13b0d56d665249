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
from pathlib import Path

import torch

from benchmarks.scaling import GIGABYTE, HELD, Links, exchange_of, gpu_options, measured_steps, step_seconds
from benchmarks.training import random_vgg19
from benchmarks.training_batches import batch_of
from benchmarks.training_steps import own_step
from benchmarks.training_work import work_of


def hours(seconds: float) -> str:
    """`< 0.1`, `7.5`, `120`."""
    value = seconds / 3600
    if value < 0.1:
        return "< 0.1"
    return f"{value:.1f}" if value < 10 else f"{value:.0f}"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    gpu_options(parser)
    parser.add_argument("--gpus", nargs="+", type=int, default=[1, 8, 64])
    values = parser.parse_args(arguments)
    measured = measured_steps(values)
    links = Links(300 * GIGABYTE, 25 * GIGABYTE, 10e-6)
    names = [f"{count} GPU{'s' if count > 1 else ''}, h" for count in values.gpus]
    print(f"Computed: {values.peak:g} TFLOP/s at {values.share:.0%}, {values.launch_us:g} us a launch.")
    _row("stage", "items", "batch a GPU", "steps on one GPU", "step, s", *names)
    _row("---", "---", *["---:"] * (3 + len(names)))
    with tempfile.TemporaryDirectory() as folder:
        vgg19 = random_vgg19(Path(folder)) if "images" in values.stage else ""
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

"""Training steps of all stages: seconds, items, memory, operations; beside public implementations; waits for data.

    python -m benchmarks.training                                      # our steps at the paper's sizes
    python -m benchmarks.training --against DIR [DIR ...]              # and public ones beside them, A B A B ...
    python -m benchmarks.training --data-root data --sizes mini        # and how long trainings wait for data
    python -m benchmarks.training --stage tts --profile                # and which operators the time goes to

A step is forward, losses, backward, clipping and optimiser, on one batch of real lengths with noise in it. DIR is a
checkout of github.com/NVIDIA/tacotron2, github.com/yzhou359/MakeItTalk or github.com/clovaai/voxceleb_trainer; its
modules are imported from there. Both sides get the same batch, threads and optimiser, and are timed in turn; a ratio is
the median of the pairs'. Quote figures of an idle machine.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from torchvision.models import vgg

from anyonenet.errors import InputError
from benchmarks import public_checkouts as public
from benchmarks.measuring import (
    PeakMemory,
    Step,
    Times,
    interleaved,
    operations,
    operators,
    parameters,
    product_speed,
    ratios,
)
from benchmarks.training_batches import batch_of
from benchmarks.training_pairs import comparisons
from benchmarks.training_steps import BATCHES, STAGES, batch_size, configuration, own_step

PICTURE_SIDE = 256
CLOCKS = {"wall": time.perf_counter, "processor": time.process_time}


def own_table(values: argparse.Namespace, device: torch.device, features: str) -> None:
    """Our steps, one row a stage."""
    fastest = product_speed(device, CLOCKS[values.clock])
    print(f"\n## Steps at {values.sizes} sizes\n")
    print(f"A matrix product of 2048 x 2048 runs at {fastest / 1e9:.0f} GFLOP/s in float32 here.\n")
    head = ("stage", "precision", "batch", "step s (range)", "items/s", "frames/s", "peak MiB", "parameters")
    _row(*head, "GFLOP a step", "GFLOP/s", "of a product's")
    _row("---", *["---:"] * 10)
    for stage in values.stage:
        size = values.batch or batch_size(stage, values.sizes)
        model = configuration(stage, values.sizes)["model"].get("init_args", {})
        faces = 128 if model.get("backend") == "dlib" else 512
        batch, frames = batch_of(stage, size, face_size=faces, side=PICTURE_SIDE)
        with PeakMemory(device) as memory:
            step = own_step(stage, values.sizes, batch, device, values.precision, features)
            times = _in_turn([step], values, device)[0]
        flops = operations(step)
        _row(
            *(stage, "bf16" if step.bfloat16 else "32", str(size), times.text(), f"{size / times.median:.1f}"),
            *(f"{frames / times.median:.0f}", f"{memory.mebibytes:.0f}", f"{parameters([step.module]) / 1e6:.1f} M"),
            *(f"{flops / 1e9:.0f}", f"{flops / times.median / 1e9:.0f}", f"{flops / times.median / fastest:.0%}"),
        )
        if values.profile:
            step_profile(stage, step, values.steps)


def step_profile(stage: str, step: object, steps: int) -> None:
    """A table of its own below the row."""
    print(f"\n{stage}: operators\n")
    _row("operator", "calls a step", "share of time")
    _row("---", "---:", "---:")
    for name, calls, share in operators(step, max(2, steps // 2), 12):  # type: ignore[arg-type]
        _row(name, str(calls), f"{share:.1%}")
    print()


def against_table(values: argparse.Namespace, device: torch.device, features: str) -> None:
    """Ours and theirs in turn, one row a comparison."""
    checkouts = {public.known(path): path for path in values.against}
    print("\n## Beside public implementations\n")
    for name, path in checkouts.items():
        print(f"- {public.URLS[name]}: {public.CHANGES[name]} ({path.name})")
    print()
    head = ("stage", "what", "theirs is", "batch", "ours s (range)", "theirs s (range)", "theirs / ours (range)")
    _row(*head, "parameters ours, theirs", "GFLOP ours, theirs")
    _row(*["---"] * 3, *["---:"] * 6)
    for stage in values.stage:
        size = values.batch or BATCHES[stage]
        for found in comparisons(stage, checkouts, size, device, features):
            sides = (*found.ours, found.theirs)
            *ours, theirs = _in_turn([side.step for side in sides], values, device)
            *flops, their_flops = [operations(side.step) / 1e9 for side in sides]
            for side, times, flop in zip(found.ours, ours, flops, strict=True):
                times_longer = ratios(theirs, times)
                counts = f"{side.parameters / 1e6:.1f} M, {found.theirs.parameters / 1e6:.1f} M"
                _row(
                    *(stage, side.name, found.theirs.name, str(size), times.text(), theirs.text()),
                    *(times_longer.text(2), counts, f"{flop:.0f}, {their_flops:.0f}"),
                )
            if values.profile:
                for side in sides:
                    step_profile(f"{side.name}, {side is found.theirs and 'theirs' or 'ours'}", side.step, values.steps)


def waiting_table(values: argparse.Namespace) -> None:
    """Shares of time spent on waiting for data, with each number of workers."""
    from benchmarks.training_data import waiting

    print(f"\n## Waiting for data, {values.sizes} sizes, {values.batches} batches\n")
    _row("stage", "workers", "step s", "data s", "logging and Trainer s", "waiting")
    _row("---", *["---:"] * 5)
    for stage in values.stage:
        for workers in values.workers:
            found = waiting(stage, values.data_root, workers, values.batches, values.sizes)
            seconds = (found.step_seconds, found.data_seconds, found.other_seconds)
            _row(stage, str(workers), *(f"{second:.4f}" for second in seconds), f"{found.share:.1%}")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stage", nargs="+", choices=STAGES, default=list(STAGES))
    parser.add_argument("--sizes", choices=("base", "mini"), default="base")
    parser.add_argument("--batch", type=int, help="items a batch; default: small at base sizes, as configured at mini")
    parser.add_argument("--steps", type=int, default=5, help="counted steps of each side")
    parser.add_argument("--warmup", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--precision", choices=("config", "32", "bf16"), default="config", help="of our own table")
    parser.add_argument("--against", nargs="+", type=Path, metavar="DIR", default=[], help="public checkouts")
    parser.add_argument("--profile", action="store_true", help="tables of operators")
    parser.add_argument("--data-root", type=Path, help="folder of `features` and `mini`: measure waits for data")
    parser.add_argument("--workers", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--batches", type=int, default=30, help="counted batches of a measurement of waits")
    parser.add_argument("--only", choices=("steps", "against", "waits"), help="one of the tables alone")
    parser.add_argument("--clock", choices=CLOCKS, default="wall", help="processor: core seconds, on a busy machine")
    values = parser.parse_args(arguments)
    torch.set_num_threads(values.threads)
    torch.manual_seed(0)
    device = torch.device(values.device)
    print(f"PyTorch {torch.__version__}, {device.type}, threads: {values.threads}, ", end="")
    print(f"counted steps: {values.steps}, {values.clock} time")
    wanted = {values.only} if values.only else {"steps", "against", "waits"}
    try:
        with tempfile.TemporaryDirectory() as folder:
            features = random_vgg19(Path(folder)) if "images" in values.stage else ""
            if "steps" in wanted:
                own_table(values, device, features)
            if "against" in wanted and (values.against or "speaker_encoder" in values.stage):
                against_table(values, device, features)
        if "waits" in wanted and values.data_root:
            waiting_table(values)
    except InputError as error:
        print(error, file=sys.stderr)
        sys.exit(2)


def _in_turn(steps: list[Step], values: argparse.Namespace, device: torch.device) -> list[Times]:
    return interleaved(steps, values.steps, values.warmup, device, CLOCKS[values.clock])


def random_vgg19(folder: Path) -> str:
    """A file like torchvision's of VGG-19, its weights random: they take as long."""
    path = folder / "vgg19.pth"
    torch.save(vgg.make_layers(vgg.cfgs["E"]).state_dict(prefix="features."), path)
    return str(path)


def _row(*cells: str) -> None:
    print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()

"""Does a training that is killed again and again end as one that was left alone?

    python -m benchmarks.survival --kills 30

trains the landmark stage, narrow, on the embedded corpus: once undisturbed, and once killed outright (SIGKILL) at
random moments, each time started again by the same command with `--resume`. Weights, optimiser and the loss of every
step must be the same bit for bit, and after each kill every file called a checkpoint must be a whole one.
"""

from __future__ import annotations

import argparse
import csv
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import torch

from lightning_modules.survival.checkpoint_file import damage_of
from lightning_modules.survival.resuming import newest_good

NARROW = {
    "audio_width": "16", "landmark_hidden": "8", "landmark_width": "8", "cnn_widths": "[16, 16]", "lstm_width": "16",
    "decoder_hidden": "16",
}  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--every", type=int, default=5, help="steps between checkpoints")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--root", type=Path, default=Path("data/mini"))
    parser.add_argument("--features", type=Path, default=Path("data/features"))
    parser.add_argument("--out", type=Path, default=Path("out/survival"))
    values = parser.parse_args()
    for name in ("whole", "killed"):
        if (values.out / name).exists():
            parser.error(f"{values.out / name} is there already; choose another --out")
    began = time.perf_counter()
    if run(values, "whole") != 0:
        return 1
    whole = time.perf_counter() - began
    start = first_step(values.out / "whole")
    print(f"undisturbed: {whole:.0f} s, of which {start:.0f} s before the first step", flush=True)
    moments = random.Random(values.seed)
    longest = 2 * (whole - start) / values.kills
    kills = starts = 0
    while True:
        wait = start + moments.uniform(-0.3 * start, longest) if kills < values.kills else None
        code = run(values, "killed", wait)
        starts += 1
        if code != -signal.SIGKILL:
            break
        kills += 1
        check_files(values.out / "killed", kills)
    if code != 0:
        return 1
    print(f"killed {kills} times, started {starts} times")
    return compare(values.out / "whole", values.out / "killed", kills, values.kills)


def run(values: argparse.Namespace, name: str, seconds: float | None = None) -> int:
    """One leg: the exit code, negative where it was killed after so many seconds."""
    line = [sys.executable, "-m", "commands", "fit", "--config", "configs/landmarks/mini.yaml", "--resume"]
    line += ["--config", "configs/trainer/cpu.yaml", "--checkpoint_every", str(values.every)]
    line += ["--trainer.default_root_dir", str(values.out / name), "--trainer.max_epochs", str(values.epochs)]
    line += ["--trainer.log_every_n_steps", "1", "--trainer.enable_progress_bar", "false"]
    line += ["--trainer.check_val_every_n_epoch", "2"]
    line += ["--data.init_args.root", str(values.root), "--data.init_args.features", str(values.features)]
    line += [part for key, value in NARROW.items() for part in (f"--model.init_args.{key}", value)]
    (values.out / name).mkdir(parents=True, exist_ok=True)
    with (values.out / f"{name}.log").open("a", encoding="utf-8") as log:
        process = subprocess.Popen(line, stdout=log, stderr=subprocess.STDOUT)
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()


def first_step(folder: Path) -> float:
    """Seconds from the start of an undisturbed run to its first step, by the times of its files."""
    made = (folder / "config.yaml").stat().st_mtime
    return made - folder.stat().st_birthtime if hasattr(folder.stat(), "st_birthtime") else 8.0


def check_files(folder: Path, kill: int) -> None:
    """Raise where a file that is called a checkpoint is none."""
    found = newest_good(folder)
    files = [*folder.glob("*.ckpt"), *folder.glob("steps/*.ckpt")]
    damaged = [f"{path}: {damage}" for path in files if (damage := damage_of(path))]
    halves = len([*folder.glob(".*.part"), *folder.glob("steps/.*.part")])
    print(f"kill {kill}: step {found.step}, {len(files)} checkpoints, {halves} half-written set aside", flush=True)
    if damaged:
        raise SystemExit("\n".join(damaged))


def compare(whole: Path, killed: Path, kills: int, wanted: int) -> int:
    """Say what differs; 0 where nothing does."""
    differing = []
    one, other = (torch.load(path / "last.ckpt", weights_only=True) for path in (whole, killed))
    for part in ("state_dict", "optimizer_states", "lr_schedulers"):
        if not equal(one[part], other[part]):
            differing.append(part)
    losses = [losses_of(path) for path in (whole, killed)]
    if losses[0] != losses[1]:
        steps = [step for step in sorted(set(losses[0]) | set(losses[1])) if losses[0].get(step) != losses[1].get(step)]
        differing.append(f"losses of {len(steps)} of {len(losses[0])} steps, the first {steps[:5]}")
    last = max(losses[0])
    print(f"final loss, step {last}: undisturbed {losses[0][last]}, killed {losses[1].get(last)}")
    if kills < wanted:
        differing.append(f"only {kills} of {wanted} kills: the training was too short")
    print(
        "DIFFERENT: " + "; ".join(differing) if differing else f"the same, bit for bit, in all {len(losses[0])} steps"
    )
    return 1 if differing else 0


def equal(one: object, other: object) -> bool:
    """Bit for bit."""
    if isinstance(one, torch.Tensor):
        return isinstance(other, torch.Tensor) and torch.equal(one, other)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(equal, one, other))
    return one == other


def losses_of(folder: Path) -> dict[int, str]:
    """Step -> loss, as written."""
    losses = {}
    for path in sorted(folder.rglob("metrics.csv")):
        with path.open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                if row.get("train/loss"):
                    losses[int(row["step"])] = row["train/loss"]
    return losses


if __name__ == "__main__":
    sys.exit(main())

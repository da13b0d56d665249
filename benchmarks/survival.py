"""Does a training that is killed again and again end as one that was left alone?

    python -m benchmarks.survival --kills 30

trains the landmark stage, narrow, on the embedded corpus: once undisturbed, and once killed outright (SIGKILL) at
random moments, each time started again by the same command with `--resume`. Weights, optimiser and the loss of every
step must be the same bit for bit, and after each kill every file called a checkpoint must be a whole one.

Each start is a process of its own, forked from one that has imported everything; `--spawn` starts the program itself.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
import traceback
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TextIO

import torch

import datamodules.landmarks  # noqa: F401  forks find it imported
import lightning_modules.landmarks  # noqa: F401
from commands.__main__ import main as program
from commands.training import make_cli  # noqa: F401
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
    parser.add_argument("--spawn", action="store_true", help="start the program itself each time, imports and all")
    values = parser.parse_args()
    torch.set_num_threads(1)
    for name in ("whole", "killed"):
        if (values.out / name).exists():
            parser.error(f"{values.out / name} is there already; choose another --out")
    began = time.perf_counter()
    if run(values, "whole") != 0:
        return 1
    ended = time.perf_counter()
    training = training_seconds(values.out / "whole")
    start = ended - began - training
    print(f"undisturbed: {start:.0f} s to the first step, {training:.0f} s of training", flush=True)
    moments = random.Random(values.seed)
    kills = starts = 0
    while True:
        moment = None
        if kills < values.kills:
            early = moments.random() < 0.1  # before a step is done
            moment = Moment(early, moments.uniform(0, start if early else training / values.kills))
        code = run(values, "killed", moment)
        starts += 1
        if code != -signal.SIGKILL:
            break
        kills += 1
        check_files(values.out / "killed", kills)
    if code != 0:
        return 1
    print(f"killed {kills} times, started {starts} times")
    return compare(values.out / "whole", values.out / "killed", kills, values.kills)


@dataclass(frozen=True)
class Moment:
    """When to kill: so many seconds after the start, or after the first checkpoint of the leg."""

    early: bool
    seconds: float


def run(values: argparse.Namespace, name: str, moment: Moment | None = None) -> int:
    """One leg: the exit code, negative where it was killed."""
    folder = values.out / name
    line = ["fit", "--config", "configs/landmarks/mini.yaml", "--resume"]
    line += ["--config", "configs/trainer/cpu.yaml", "--checkpoint_every", str(values.every)]
    line += ["--trainer.default_root_dir", str(folder), "--trainer.max_epochs", str(values.epochs)]
    line += ["--trainer.log_every_n_steps", "1", "--trainer.enable_progress_bar", "false", "--media_every", "0"]
    line += ["--trainer.check_val_every_n_epoch", "7"]
    line += ["--data.init_args.root", str(values.root), "--data.init_args.features", str(values.features)]
    line += [part for key, value in NARROW.items() for part in (f"--model.init_args.{key}", value)]
    folder.mkdir(parents=True, exist_ok=True)
    before = set(folder.glob("steps/*.ckpt"))
    with (values.out / f"{name}.log").open("a", encoding="utf-8") as log:
        process = Spawned(line, log) if values.spawn else Forked(line, log)
        while moment and not moment.early and process.code() is None and not set(folder.glob("steps/*.ckpt")) - before:
            time.sleep(0.01)
        until = time.perf_counter() + (moment.seconds if moment else float("inf"))
        while process.code() is None and time.perf_counter() < until:
            time.sleep(0.005)
        if process.code() is None:
            os.kill(process.number, signal.SIGKILL)
        while (code := process.code()) is None:
            time.sleep(0.005)
        return code


class Spawned:
    """The program, started anew."""

    def __init__(self, arguments: list[str], log: TextIO):
        self._process = subprocess.Popen(
            [sys.executable, "-m", "commands", *arguments], stdout=log, stderr=subprocess.STDOUT
        )
        self.number = self._process.pid

    def code(self) -> int | None:
        """None while it runs; negative where a signal ended it."""
        return self._process.poll()


class Forked:
    """The program in a fork of this process, which has imported it."""

    def __init__(self, arguments: list[str], log: TextIO):
        self._code: int | None = None
        self.number = os.fork()
        if not self.number:
            code = 1
            try:
                os.dup2(log.fileno(), 1)
                os.dup2(log.fileno(), 2)
                code = program(arguments)
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)

    def code(self) -> int | None:
        """None while it runs; negative where a signal ended it."""
        if self._code is None:
            ended, status = os.waitpid(self.number, os.WNOHANG)
            self._code = os.waitstatus_to_exitcode(status) if ended else None
        return self._code


def training_seconds(folder: Path) -> float:
    """From the beginning of a leg's training to its end."""
    leg = json.loads((folder / "run.json").read_text(encoding="utf-8"))["legs"][0]
    began, ended = (datetime.fromisoformat(leg[name]) for name in ("began", "ended"))
    return max(1.0, (ended - began).total_seconds())


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

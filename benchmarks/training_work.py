"""What a stage's training at base sizes does: steps, items, operations."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from inspect import signature

import torch

from benchmarks.measuring import operations
from benchmarks.training_batches import batch_of
from benchmarks.training_steps import BATCHES, configuration, own_step

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

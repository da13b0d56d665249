"""What makes a training survive, put together for a Trainer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytorch_lightning as pl
from lightning_fabric.plugins import CheckpointIO

from lightning_modules.survival.checkpoints import SealedCheckpointIO, StepCheckpoints
from lightning_modules.survival.loss_guard import LossGuard, OnBadLoss
from lightning_modules.survival.ranks import Ranks
from lightning_modules.survival.stopping import StopSignals

EVERY = 500
KEEP = 2


@dataclass(frozen=True)
class Wishes:
    """What is asked for on the command line."""

    checkpoint_every: int = EVERY
    """steps; 0 writes only when the training is asked to stop"""
    checkpoints_kept: int = KEEP
    """of those"""
    on_bad_loss: OnBadLoss = "skip"
    most_bad_losses: int = 10
    """of 100 steps, that are left out before the training stops after all"""
    loss_explosion: float = 0.0
    """times the running median from which a loss is bad; 0: none is too high"""


class Survival:
    """The parts that every training gets; they share what they know of its processes."""

    def __init__(self, wishes: Wishes = Wishes()):
        self.ranks = Ranks()
        self.checkpoints = StepCheckpoints(wishes.checkpoint_every, wishes.checkpoints_kept, self.ranks)
        self.stops = StopSignals(self.checkpoints, self.ranks)
        self.guard = LossGuard(wishes.on_bad_loss, wishes.most_bad_losses, wishes.loss_explosion, self.ranks)

    @property
    def callbacks(self) -> list[pl.Callback]:
        """For a Trainer that fits, behind its other ones."""
        return [self.guard, self.stops, self.checkpoints]

    def of_a_trainer(self, trainer: Mapping[str, Any], fits: bool) -> dict[str, Any]:
        """Arguments `callbacks` and `plugins` of a Trainer, with those that it has already."""
        plugins = _as_list(trainer.get("plugins"))
        if not any(isinstance(plugin, CheckpointIO) for plugin in plugins):
            plugins.append(SealedCheckpointIO(self.ranks))
        trial = bool(trainer.get("fast_dev_run")) or trainer.get("enable_checkpointing") is False
        added = self.callbacks if fits and not trial else []
        return {"plugins": plugins, "callbacks": [*_as_list(trainer.get("callbacks")), *added]}


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]

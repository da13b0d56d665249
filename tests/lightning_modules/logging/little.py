"""A training small enough to be run many times: one weight, losses that depend on the step alone."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import ModelCheckpoint
from torch.utils.data import DataLoader

from lightning_modules.logging.attach import Wishes, of_a_fit

BATCHES = 6
"""an epoch"""


class Little(pl.LightningModule):
    """Leaves `shows` in `shown` at each validation."""

    def __init__(self, shows: Any = None, optimisers: int = 1):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(1))
        self.shows, self.shown = shows, None
        self.optimisers = optimisers
        self.automatic_optimization = optimisers == 1

    def training_step(self, batch: torch.Tensor, batch_index: int) -> Any:
        loss = (self.weight / (1 + self.global_step)).sum() ** 2 + 0 * batch.sum()
        self.log("train/loss", loss, prog_bar=True)
        self.log("train/mean", loss, on_step=False, on_epoch=True)
        if self.automatic_optimization:
            return loss
        self.manual_backward(loss)
        for optimiser in self.optimizers():
            optimiser.step()
        return None

    def validation_step(self, batch: torch.Tensor, batch_index: int) -> None:
        self.log("validation/loss", self.weight.sum() + batch.sum(), prog_bar=True)
        self.shown = self.shows

    def configure_optimizers(self) -> Any:
        made = [torch.optim.SGD(self.parameters(), lr=0.01) for _ in range(self.optimisers)]
        return made if len(made) > 1 else made[0]


class Killed(Exception):
    """What ends a training in the middle."""


class KillAt(pl.Callback):
    """Ends the training like a kill does: nothing is said to those who write records."""

    def __init__(self, step: int):
        self.step = step

    def on_train_batch_start(self, trainer: pl.Trainer, *_: Any) -> None:
        if trainer.global_step == self.step:
            trainer.callbacks = []  # nobody hears of it
            raise Killed


def train(
    folder: Path,
    epochs: int = 3,
    checkpoint: Path | None = None,
    module: Little | None = None,
    kill: int | None = None,
    saving: dict[str, Any] | None = None,
    wishes: Wishes | None = None,
    **options: Any,
) -> pl.Trainer:
    """Fit with everything that a training gets without asking."""
    saving = saving or {"every_n_train_steps": 4}
    callbacks: list[pl.Callback] = [*options.pop("callbacks", [])]
    if options.get("enable_checkpointing") is not False:
        callbacks.append(ModelCheckpoint(folder, filename="last", enable_version_counter=False, **saving))
    if kill is not None:
        callbacks.append(KillAt(kill))
    settings = {
        "default_root_dir": str(folder), "max_epochs": epochs, "accelerator": "cpu", "log_every_n_steps": 1,
        "enable_progress_bar": False, "enable_model_summary": False, "num_sanity_val_steps": 0,
        "callbacks": callbacks, **options,
    }  # fmt: skip
    settings |= of_a_fit(settings, {"model": "little"}, ["anyonenet", "fit"], wishes or Wishes())
    trainer = pl.Trainer(**settings)
    module = module or Little()
    data = torch.linspace(0.1, 1.0, BATCHES)
    with contextlib.suppress(Killed):
        trainer.fit(module, DataLoader(data), DataLoader(data[:2]), ckpt_path=checkpoint, weights_only=True)
    return trainer

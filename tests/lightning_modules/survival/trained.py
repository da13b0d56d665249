"""A training that is small, random in every way, and tells all it does: what the tests of survival stop and resume."""

from __future__ import annotations

import os
import random
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader

from datamodules.sampling import Draw, training_loader
from lightning_modules.survival.wishes import Survival, Wishes

BATCHES = 3
EPOCHS = 3


class Numbers:
    """Nine items, three batches; a draw's number depends on the epoch."""

    def __len__(self) -> int:
        return 3 * BATCHES

    def __getitem__(self, draw: Draw | int) -> torch.Tensor:
        if isinstance(draw, Draw):
            return torch.tensor(draw.generator().normal(size=4), dtype=torch.float32)
        return torch.full((4,), float(draw))


class Noisy(pl.LightningModule):
    """Draws from Python's, NumPy's and PyTorch's generators in training and validation, and notes what comes of it."""

    def __init__(self, manual: bool = False) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.save_hyperparameters()
        self.automatic_optimization = not manual
        self.layer = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.BatchNorm1d(8), torch.nn.Dropout(0.5))
        self.other = torch.nn.Linear(8, 1)
        self.told: list[tuple[Any, ...]] = []

    def training_step(self, batch: torch.Tensor, batch_index: int) -> torch.Tensor:
        noise = random.random() + float(np.random.rand())
        loss = self.other(self.layer(batch)).square().mean() + 0.1 * noise * self.layer[0].weight.square().sum()
        self.told.append(("train", self.current_epoch, batch_index, self.global_step, float(loss)))
        self.log("train/loss", loss)
        if not self.automatic_optimization:
            optimisers: Any = self.optimizers()
            for optimiser in optimisers:
                optimiser.zero_grad()
            self.manual_backward(loss)
            for optimiser in optimisers:
                optimiser.step()
            for schedule in self.lr_schedulers():  # type: ignore[union-attr]
                schedule.step()
        return loss

    def validation_step(self, batch: torch.Tensor, batch_index: int) -> None:
        loss = self.other(self.layer(batch)).square().mean() + torch.rand(()) + random.random()
        if not self.trainer.sanity_checking:
            self.told.append(("validation", self.current_epoch, batch_index, self.global_step, float(loss)))
        self.log("validation/loss", loss)

    def on_train_epoch_end(self) -> None:
        self.told.append(("epoch end", self.current_epoch))

    def configure_optimizers(self) -> Any:
        self.steps = self.trainer.estimated_stepping_batches  # which makes Lightning make the loaders, as our stages do
        parts = (self.layer, self.other) if not self.automatic_optimization else (self,)
        optimisers = [torch.optim.Adam(part.parameters(), 0.01) for part in parts]
        schedules = [torch.optim.lr_scheduler.ExponentialLR(one, 0.9) for one in optimisers]
        return optimisers, [{"scheduler": one, "interval": "step"} for one in schedules]


class Data(pl.LightningDataModule):
    def train_dataloader(self) -> DataLoader[Any]:
        return training_loader(Numbers(), 3, 5, torch.stack)  # type: ignore[arg-type]

    def val_dataloader(self) -> DataLoader[Any]:
        return DataLoader(Numbers(), 4)  # type: ignore[arg-type]


class SignalAt(pl.Callback):
    """Sends this process a signal in the middle of the batch with that number, those of validations counted too."""

    def __init__(self, number: int, which: signal.Signals = signal.SIGTERM) -> None:
        self.left, self.which = number, which

    def _count(self, trainer: pl.Trainer) -> None:
        if not trainer.sanity_checking:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), self.which)

    def on_train_batch_start(self, trainer: pl.Trainer, *_: Any) -> None:
        self._count(trainer)

    def on_validation_batch_start(self, trainer: pl.Trainer, *_: Any) -> None:
        self._count(trainer)


def trainer(folder: Path, survival: Survival | None = None, **options: Any) -> pl.Trainer:
    """A quiet trainer with the parts of `survival`, made as the program makes it."""
    survival = survival or Survival(Wishes(checkpoint_every=2))
    defaults: dict[str, Any] = {
        "accelerator": "cpu",
        "default_root_dir": folder,
        "logger": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
        "use_distributed_sampler": False,
        "max_epochs": EPOCHS,
    }
    given = {**defaults, **options}
    return pl.Trainer(**{**given, **survival.of_a_trainer(given, fits=True)})


def seed() -> None:
    """As `seed_everything` does, at the beginning of the program."""
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(1)

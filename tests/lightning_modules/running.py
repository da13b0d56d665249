"""How the tests of the stages run a training: quietly, on the CPU, without files of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytorch_lightning as pl


def trainer(folder: Path | str, epochs: int, **options: Any) -> pl.Trainer:
    """A trainer of that many epochs that validates after the last one."""
    defaults: dict[str, Any] = {
        "accelerator": "cpu",
        "logger": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
        "enable_checkpointing": False,
        "num_sanity_val_steps": 0,
        "use_distributed_sampler": False,
        "check_val_every_n_epoch": epochs,
    }
    return pl.Trainer(default_root_dir=folder, max_epochs=epochs, **{**defaults, **options})


class StopAfter(pl.Callback):
    """Saves a checkpoint at the end of an epoch and stops; the schedules still span the whole training."""

    def __init__(self, epochs: int, path: Path):
        self.epochs, self.path = epochs, path

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if trainer.current_epoch == self.epochs - 1:
            trainer.save_checkpoint(self.path)
            trainer.should_stop = True

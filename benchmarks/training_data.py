"""How long a training waits for its data: the real DataModule, module and Trainer of a mini configuration."""

from __future__ import annotations

import importlib
import logging
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.loggers import CSVLogger
from pytorch_lightning.profilers import SimpleProfiler

from benchmarks.training_steps import configuration, module_of

WARMUP = 3
"""batches that are not counted: workers start, memory is mapped"""


@dataclass(frozen=True)
class Waiting:
    """Means over the counted steps."""

    step_seconds: float
    """forward, backward, optimiser"""
    data_seconds: float
    """until the next batch is there"""
    other_seconds: float
    """logging, callbacks, the Trainer itself"""

    @property
    def share(self) -> float:
        """Of the whole, spent on waiting for data."""
        return self.data_seconds / (self.step_seconds + self.data_seconds + self.other_seconds)


def waiting(stage: str, data_root: Path, workers: int, batches: int, sizes: str = "mini") -> Waiting:
    """Train a little and say what the time went to.

    Args:
        stage: as the folders of `configs`.
        data_root: holds `features` with the stores, and `mini` with the corpora where stores are to be made.
        workers: processes that load.
        batches: counted.
        sizes: name of the configuration.
    """
    settings = configuration(stage, sizes)
    module = module_of(stage, sizes)
    package, _, name = settings["data"]["class_path"].rpartition(".")
    places = {"root": str(data_root / "mini"), "features": str(data_root / "features"), "workers": workers}
    arguments = {**settings["data"].get("init_args", {}), **places}
    data = getattr(importlib.import_module(package), name)(**arguments)
    profiler = SimpleProfiler()
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer = pl.Trainer(
            accelerator="cpu",
            devices=1,
            precision=settings["trainer"].get("precision", "32-true"),
            gradient_clip_val=settings["trainer"].get("gradient_clip_val"),
            log_every_n_steps=settings["trainer"].get("log_every_n_steps", 50),
            use_distributed_sampler=False,
            max_epochs=1_000,  # schedules want a number
            limit_val_batches=0,
            num_sanity_val_steps=0,
            enable_checkpointing=False,
            enable_model_summary=False,
            enable_progress_bar=False,
            logger=CSVLogger(folder),
            callbacks=[_StopAfter(WARMUP + batches)],
            profiler=profiler,
        )
        trainer.fit(module, datamodule=data)
    recorded = profiler.recorded_durations
    return _means(recorded, batches)


class _StopAfter(pl.Callback):
    """Ends the training after so many batches, and notes when each ended."""

    def __init__(self, batches: int):
        self.left = batches

    def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:
        self.left -= 1
        trainer.should_stop = self.left <= 0


def _means(recorded: dict[str, list[float]], batches: int) -> Waiting:
    def mean(name: str) -> float:
        values = recorded[name][WARMUP : WARMUP + batches]
        return sum(values) / len(values)

    hooks = [key for key in recorded if key.endswith(("on_train_batch_end", "on_train_batch_start"))]
    return Waiting(
        mean("run_training_batch"), mean("[_TrainingEpochLoop].train_dataloader_next"), sum(mean(key) for key in hooks)
    )

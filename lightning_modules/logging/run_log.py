"""Keeps a run's records together: one folder, one curve, one account of what it is made of and when it ran."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.utilities.rank_zero import rank_zero_info

from lightning_modules.logging.curves_page import CURVES
from lightning_modules.logging.loggers import METRICS, TENSORBOARD, EventLogger, TableLogger
from lightning_modules.logging.run_facts import RUN, code_facts, corpora_hash, corpus_facts, now, read_run, write_run
from lightning_modules.logging.showing import MEDIA
from lightning_modules.logging.weights_and_biases import BiasLogger, choose_mode, new_identity

EARLIER = "earlier"
OURS = ("anyonenet", "datamodules", "lightning_modules", "commands")
OF_A_RUN = (METRICS, RUN, TENSORBOARD, MEDIA, CURVES)


class RunLog(pl.Callback):
    """Writes `run.json`, and lets a run that goes on also go on in its records.

    A training that begins anew where another one's records lie sets those aside, in `RUN/earlier/N`.

    Args:
        folder: of the run.
        config: the whole configuration, as plain values.
        command: the command line.
        wandb: project of W&B; None: without it.
    """

    def __init__(self, folder: Path, config: Mapping[str, Any], command: Sequence[str] = (), wandb: str | None = None):
        self.folder = Path(folder)
        self._config, self._command, self._project = dict(config), list(command), wandb
        self._facts: dict[str, Any] = {}
        self._failure: str | None = None
        self._resumed = False

    def on_load_checkpoint(self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: Any) -> None:
        """A run that goes on; Lightning tells it before `on_fit_start`."""
        self._resumed = True

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        before = read_run(self.folder) if self._resumed else {}
        identity = before.get("wandb", {}).get("id") or new_identity()
        if trainer.is_global_zero:
            if not self._resumed:
                set_aside(self.folder)
            folders = getattr(trainer.datamodule, "store_folders", list)  # type: ignore[attr-defined]
            corpora = corpus_facts(folders())
            self._facts = {
                "code": code_facts(),
                "corpora": corpora,
                "corpora_sha256": corpora_hash(corpora),
                "config": self._config,
                "legs": before.get("legs", []),
            }
        # made here, since Lightning opens the files of loggers that it already has before anything can be set aside
        trainer.loggers = [*trainer.loggers, EventLogger(self.folder)]
        if self._project is not None:
            mode = choose_mode()
            logger = BiasLogger(self.folder, self._project, identity, {**self._facts, "legs": None})
            trainer.loggers = [*trainer.loggers, logger]
            if trainer.is_global_zero:
                logger.begin()
                self._facts["wandb"] = {"id": logger.version, "project": self._project, "mode": mode}
        if trainer.is_global_zero:
            write_run(self.folder, self._facts)

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if not trainer.is_global_zero:
            return
        # a checkpoint is written before its own batch is counted as logged
        last = trainer.fit_loop.epoch_loop._batches_that_stepped if self._resumed else -1
        for logger in trainer.loggers:
            if isinstance(logger, TableLogger):
                logger.file.resume(last)
            elif isinstance(logger, EventLogger):
                logger.begin(last + 1)
        device = trainer.strategy.root_device
        leg = {
            "began": now(),
            "at_step": trainer.global_step,
            "command": self._command,
            "commit": self._facts["code"]["commit"],
            "changed": self._facts["code"]["changed"],
            "device": torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
            "processes": trainer.world_size,
            "job": os.environ.get("SLURM_JOB_ID"),
        }
        self._facts["legs"] = [*self._facts["legs"], leg]
        write_run(self.folder, self._facts)

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        kind, what = type(exception), str(exception)
        ours = kind.__module__.partition(".")[0] in OURS and what  # written for people to read
        self._failure = what if ours else f"{kind.__name__}: {what}".removesuffix(": ")
        self._end(trainer)

    def on_fit_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._end(trainer)

    def _end(self, trainer: pl.Trainer) -> None:
        if not trainer.is_global_zero or not self._facts:
            return
        if self._facts["legs"] and "ended" not in self._facts["legs"][-1]:
            leg = {"ended": now(), "to_step": trainer.global_step, "end": self._failure or "finished"}
            self._facts["legs"][-1].update(leg)
            write_run(self.folder, self._facts)
        for logger in trainer.loggers:
            if isinstance(logger, BiasLogger):
                logger.end(self._failure is not None)


def set_aside(folder: Path) -> Path | None:
    """Move the records of an earlier training to `earlier/N`; None where there are none."""
    there = [folder / name for name in OF_A_RUN if (folder / name).exists()]
    if not any(path.name == METRICS for path in there):
        return None
    number = 1
    while (folder / EARLIER / str(number)).exists():
        number += 1
    aside = folder / EARLIER / str(number)
    aside.mkdir(parents=True)
    for path in there:
        os.replace(path, aside / path.name)
    rank_zero_info(f"an earlier training's records in {folder} now lie in {aside}")
    return aside

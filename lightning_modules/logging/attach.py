"""What every training gets without its configuration naming it: loggers, records, what is shown, progress, a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import ProgressBar

from lightning_modules.logging.curves_page import CurvesPage
from lightning_modules.logging.loggers import TableLogger
from lightning_modules.logging.progress import Progress
from lightning_modules.logging.run_log import RunLog
from lightning_modules.logging.showing import ShowMedia
from lightning_modules.logging.weights_and_biases import agents_project


@dataclass(frozen=True)
class Wishes:
    """What is asked for on the command line."""

    wandb: str | None = None
    """project of W&B; None: without it, unless W&B's agent started the training"""
    media_every: int = 1
    """validations; 0 draws nothing"""


def of_a_fit(
    trainer: Mapping[str, Any], config: Mapping[str, Any], command: Sequence[str], wishes: Wishes
) -> dict[str, Any]:
    """Arguments `logger` and `callbacks` of the Trainer of a fit.

    Args:
        trainer: its other arguments, built; loggers and callbacks named there are kept.
        config: the whole configuration as plain values, for `run.json`.
        command: the command line.
        wishes: of the user.

    Returns:
        nothing where `trainer` wants no logger (False) or is a trial run (`fast_dev_run`).
    """
    if trainer.get("logger") is False or trainer.get("fast_dev_run"):
        return {}
    folder = Path(trainer.get("default_root_dir") or ".")
    callbacks = as_list(trainer.get("callbacks"))
    # the records first: they set aside what lies in the folder before anything is written there
    added: list[pl.Callback] = [
        RunLog(folder, config, command, wishes.wandb or agents_project()),
        ShowMedia(folder, wishes.media_every),
        CurvesPage(folder),
    ]
    if trainer.get("enable_progress_bar") is not False and not any(isinstance(one, ProgressBar) for one in callbacks):
        added.append(Progress())
    named = trainer.get("logger")
    own = [] if named in (None, True) else as_list(named)
    return {"logger": [TableLogger(folder), *own], "callbacks": [*added, *callbacks]}


def as_list(value: Any) -> list[Any]:
    """None, one or several."""
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]

"""`RUN/curves.html`, kept up to date while a run trains."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.utilities.rank_zero import rank_zero_warn

from lightning_modules.logging.curves_html import curves_html, write_html
from lightning_modules.logging.loggers import METRICS
from lightning_modules.logging.metrics_file import read_rows

CURVES = "curves.html"
REFRESH_SECONDS = 30


class CurvesPage(pl.Callback):
    """Writes the page every so often and after each validation, on the first process.

    Args:
        folder: of the run.
        refresh_seconds: between two writings; where writing takes long, they are fewer: at most a hundredth of the
            time goes there.
    """

    def __init__(self, folder: Path, refresh_seconds: int = REFRESH_SECONDS):
        self.folder = Path(folder)
        self.refresh_seconds = refresh_seconds
        self._next = 0.0
        self._told = False

    def on_train_batch_end(self, trainer: pl.Trainer, *args: Any, **kwargs: Any) -> None:
        if time.monotonic() >= self._next:
            self._write(trainer, self.refresh_seconds)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._write(trainer, 0)

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        self._write(trainer, 0)

    def _write(self, trainer: pl.Trainer, refresh: int) -> None:
        if not trainer.is_global_zero:
            return
        begin = time.monotonic()
        try:
            _, rows = read_rows(self.folder / METRICS)
            if rows:
                title = self.folder.resolve().name
                page = curves_html({title: rows}, title, time.strftime("%Y-%m-%d %H:%M:%S"), refresh)
                write_html(self.folder / CURVES, page)
        except (OSError, ValueError) as error:  # the training is worth more than its page
            if not self._told:
                rank_zero_warn(f"{self.folder / CURVES} could not be written ({error}); training goes on")
            self._told = True
        now = time.monotonic()
        self._next = now + max(self.refresh_seconds, 100 * (now - begin))

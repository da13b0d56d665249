"""A callback for trainings whose tests want to do something at a certain step."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytorch_lightning as pl


class Hold(pl.Callback):
    """Before the batch of a step it leaves a file `at<step>` and waits for a file `on<step>`."""

    def __init__(self, folder: str, step: int):
        self.folder, self.step = Path(folder), step

    def on_train_batch_start(self, trainer: pl.Trainer, *_: Any) -> None:
        if trainer.global_step == self.step:
            (self.folder / f"at{self.step}").touch()
            while not (self.folder / f"on{self.step}").exists():
                time.sleep(0.05)

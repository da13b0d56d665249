"""The one owner of the signals that ask a training to stop.

SIGTERM, SIGUSR1 and Ctrl-C: the step is finished, a checkpoint is written, what waits for it is told (`on_stop`), and
the program ends. With several processes all of them stop after the same step, whichever was asked. A scheduler's part
(Slurm: put the job back into the queue) hooks in like this:

    stops = StopSignals(checkpoints, ranks)
    stops.on_stop.append(lambda stop: requeue(...) if stop.signal == signal.SIGUSR1 else None)

`on_stop` is called in the first process only, with the `Stop`, after the checkpoint is on the disk and while further
signals are unheard. The program then ends with code 75 (`EXIT_STOPPED`), or 130 at Ctrl-C; other processes with 0.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytorch_lightning as pl

from lightning_modules.survival.checkpoints import StepCheckpoints
from lightning_modules.survival.loops import BetweenBatches, install
from lightning_modules.survival.ranks import Ranks
from lightning_modules.survival.stop import Stop, Stopped

SIGNALS = (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT)


class StopSignals(BetweenBatches):
    """Stops a training after the step in which a signal came, or after the batch of a validation.

    Before a validation a checkpoint is written in any case, so that one that is stopped is done again as a whole.

    Args:
        checkpoints: writes the last one.
        ranks: the processes.
    """

    def __init__(self, checkpoints: StepCheckpoints, ranks: Ranks):
        self.checkpoints, self.ranks = checkpoints, ranks
        self.on_stop: list[Callable[[Stop], None]] = []
        """called one after the other in the first process, after the checkpoint is written"""
        self._asked: int = 0
        self._training = False
        self._process = 0
        self._before: dict[signal.Signals, Any] = {}
        self._common_batches = self._validated = 0

    def take(self) -> None:
        """Take the signals over, until `release`; before a training begins they end the program at once.

        Outside of the main thread, where Python hears no signals, this does nothing.
        """
        if self._before or threading.current_thread() is not threading.main_thread():
            return
        self._process, self._asked, self._training = os.getpid(), 0, False
        self._before = {number: signal.signal(number, self._heard) for number in SIGNALS}

    def release(self) -> None:
        """Give the signals back."""
        for number, before in self._before.items():
            signal.signal(number, before)
        self._before = {}

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        if stage != "fit":
            return
        install(trainer, self.ranks)
        self.ranks.connect()
        # Lightning's handlers would broadcast from inside of a signal, and requeue on their own
        trainer._signal_connector.register_signal_handlers = lambda: None  # type: ignore[method-assign]
        self.take()

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._training = True

    def between_batches(self, trainer: pl.Trainer, pl_module: pl.LightningModule, place: str) -> None:
        asked = self.ranks.highest(self._asked)
        if asked:
            self._stop(asked, self.checkpoints.write(trainer, pl_module))

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        batches = trainer.num_val_batches
        self._common_batches = self.ranks.lowest(int(min(sum(batches), 2**62)))
        self._validated = 0

    def on_validation_batch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule, *_: Any) -> None:
        self._validated += 1
        # processes with more batches than others have nobody to agree with in the last ones
        if not self._training or trainer.sanity_checking or self._validated > self._common_batches:
            return
        asked = self.ranks.highest(self._asked)
        if asked:
            self._stop(asked, self.checkpoints.newest)

    def teardown(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        self.release()

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        self.release()

    def _heard(self, number: int, frame: FrameType | None) -> None:
        if os.getpid() != self._process:  # a loading process: ends with the training, not before it
            if number == signal.SIGTERM:
                os._exit(128 + number)
            return
        again = bool(self._asked)
        self._asked = self._asked or number
        if number == signal.SIGINT and again:
            raise KeyboardInterrupt  # nobody presses Ctrl-C twice for the sake of a checkpoint
        if not self._training and not again:
            self._stop(number, None)

    def _stop(self, number: int, checkpoint: Path | None) -> None:
        self._asked = self._asked or number  # another process was asked
        self._training = True  # further signals change nothing
        stop = Stop(signal.Signals(number), checkpoint)
        if self.ranks.mine == 0:
            for action in self.on_stop:
                action(stop)
        raise Stopped(stop, self.ranks.mine)

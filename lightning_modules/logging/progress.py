"""How far a training is: a bar in a terminal, a line every so many steps in a log file."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import Any, TextIO

import pytorch_lightning as pl
from pytorch_lightning.callbacks import ProgressBar
from tqdm import tqdm

REFRESH_SECONDS = 0.5
"""values of a GPU are waited for when they are shown, so they are not at every step"""
LINES = 100
"""of a whole training in a log file"""
MOST = 4
"""values shown"""


class Progress(ProgressBar):
    """Steps, seconds a step, time to the end of the training, and the main values under short names.

    Args:
        line_every: steps between lines where the stream is no terminal; 0: a hundredth of the training.
        stream: None: the errors' stream, as for every bar of the program.
    """

    def __init__(self, line_every: int = 0, stream: TextIO | None = None):
        super().__init__()
        self._line_every = line_every
        self._stream = stream or sys.stderr
        self._terminal = self._stream.isatty()
        self._enabled = True
        self._bar: Any = None
        self._checking: Any = None
        self._pace = Pace()
        self._total: int | None = None

    def disable(self) -> None:
        self._enabled = False

    def enable(self) -> None:
        self._enabled = True

    def print(self, *args: Any, **kwargs: Any) -> None:
        """A line that does not break the bar."""
        tqdm.write(" ".join(map(str, args)), file=self._stream)

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._total = total_steps(trainer)
        self._pace = Pace(steps_done(trainer))
        if self._enabled and self._terminal:
            self._bar = tqdm(
                total=self._total,
                initial=self._pace.begin,
                file=self._stream,
                dynamic_ncols=True,
                bar_format="{desc}{percentage:3.0f}%|{bar:20}| {n_fmt}/{total_fmt}{postfix}",
            )

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        done = steps_done(trainer)
        if not self._enabled or not self._pace.step(done):
            return
        if self._bar is not None:
            if self._pace.due(REFRESH_SECONDS) or done == self._total:
                self._bar.set_description_str(f"epoch {trainer.current_epoch} ", refresh=False)
                self._bar.set_postfix_str(self._told(trainer, done).removeprefix(", "), refresh=False)
                self._bar.update(done - self._bar.n)
                self._bar.refresh()
        elif not self._terminal:
            every = self._line_every or max(1, (self._total or 100 * LINES) // LINES)
            if done % every == 0 or done in (self._pace.begin + 1, self._total):
                whole = f"/{self._total}" if self._total else ""
                self.print(f"step {done}{whole}, epoch {trainer.current_epoch}{self._told(trainer, done)}")

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._pace.pause()
        if self._enabled and self._terminal:
            batches = trainer.num_sanity_val_batches if trainer.sanity_checking else trainer.num_val_batches
            total = sum(batches) if isinstance(batches, list) else batches
            self._checking = tqdm(
                desc="  validation", total=_finite(total), file=self._stream, leave=False, dynamic_ncols=True
            )

    def on_validation_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, *args: Any, **kw: Any
    ) -> None:
        if self._checking is not None:
            self._checking.update()

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if self._checking is not None:
            self._checking.close()
            self._checking = None
        self._pace.go_on()
        values = short_values(trainer.progress_bar_metrics, "validation")
        if self._enabled and values and not trainer.sanity_checking:
            self.print(f"validation at step {steps_done(trainer)}: {in_words(values)}")

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._close()

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        self._close()

    def _close(self) -> None:
        for bar in (self._checking, self._bar):
            if bar is not None:
                bar.close()
        self._bar = self._checking = None

    def _told(self, trainer: pl.Trainer, done: int) -> str:
        left = self._pace.seconds_left(done, self._total)
        parts = [f"{self._pace.seconds:.2g} s a step", *([f"{duration(left)} left"] if left is not None else [])]
        values = in_words(short_values(trainer.progress_bar_metrics, "train"))
        return "".join(f", {part}" for part in [*parts, *([values] if values else [])])


class Pace:
    """Seconds a step, without the time of validations, which the time that is left counts too.

    Args:
        begin: steps done before.
    """

    def __init__(self, begin: int = 0):
        self.begin = begin
        self.seconds = 0.0
        self._done = begin
        self._validations = 0.0
        self._last = self._shown = time.monotonic()
        self._paused: float | None = None

    def step(self, done: int) -> bool:
        """Take note of the steps done; False where it is no more than before (gradients are still gathered)."""
        if done <= self._done:
            return False
        now = time.monotonic()
        taken = (now - self._last) / (done - self._done)
        count = done - self.begin
        # the first steps are a mean, later ones forget; the first of all is slow and soon outweighed
        self.seconds += (taken - self.seconds) * max(0.02, 1 / count)
        self._last, self._done = now, done
        return True

    def due(self, seconds: float) -> bool:
        """Whether that long nothing was shown."""
        now = time.monotonic()
        if now - self._shown < seconds:
            return False
        self._shown = now
        return True

    def pause(self) -> None:
        self._paused = time.monotonic()

    def go_on(self) -> None:
        if self._paused is not None:
            away = time.monotonic() - self._paused
            self._validations += away
            self._last += away
            self._paused = None

    def seconds_left(self, done: int, total: int | None) -> float | None:
        """To the end of the training; None where it has no end, or at it."""
        if total is None or not self.begin < done < total:
            return None
        return (total - done) * (self.seconds + self._validations / (done - self.begin))


def steps_done(trainer: pl.Trainer) -> int:
    """Steps as the logs count them: a batch on which several optimisers move is one."""
    return trainer.global_step // _optimisers(trainer)


def total_steps(trainer: pl.Trainer) -> int | None:
    """Steps of the whole training; None where it has no end."""
    total = trainer.estimated_stepping_batches
    if trainer.max_steps > 0:
        total = min(total, -(-trainer.max_steps // _optimisers(trainer)))
    return _finite(total)


def short_values(metrics: Mapping[str, Any], split: str) -> dict[str, float]:
    """`train/loss_step` -> `loss`, of one split, a few, losses first."""
    found: dict[str, float] = {}
    for name, value in sorted(metrics.items(), key=lambda item: "loss" not in item[0]):
        if name.startswith(f"{split}/") and len(found) < MOST:
            found.setdefault(name.split("/", 1)[1].removesuffix("_step").removesuffix("_epoch"), float(value))
    return found


def in_words(values: Mapping[str, float]) -> str:
    """`loss 0.1234, l1 12.3`."""
    return ", ".join(f"{name} {value:.4g}" for name, value in values.items())


def duration(seconds: float) -> str:
    """`3 d 4 h`, `2 h 05 min`, `12 min`, `40 s`."""
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{seconds:.0f} s"
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60:02d} min"
    return f"{minutes // 1440} d {minutes % 1440 // 60} h"


def _optimisers(trainer: pl.Trainer) -> int:
    return 1 if trainer.lightning_module.automatic_optimization else max(1, len(trainer.optimizers))


def _finite(count: float) -> int | None:
    return None if count == float("inf") or count < 0 else int(count)

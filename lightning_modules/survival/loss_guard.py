"""Losses that are not finite, or many times what they were: the training stops, or leaves the step out.

A step that is left out changes no weight and nothing of the optimisers; schedules and counters go on. What the batch
was made of is written to a file either way.

`TTSModule` leaves out gradients that are not finite by itself, whatever is asked for here: a good loss may have them.
"""

from __future__ import annotations

import json
import math
import statistics
import time
from collections import deque
from pathlib import Path
from typing import Any, Literal

import pytorch_lightning as pl
import torch
from torch import Tensor

from anyonenet.errors import TrainingError
from anyonenet.types import Batch
from lightning_modules.survival.ranks import Ranks

OnBadLoss = Literal["stop", "skip"]
FILE = "bad_losses.jsonl"
"""of a run's folder: a line a step, with the items of its batch on each process"""
WINDOW = 100
"""losses over which the median is taken"""
ENOUGH = 20
"""losses before one can be called too high"""


class LossGuard(pl.Callback):
    """Looks at every loss before the optimisers step. With several processes, what one finds holds for all.

    Args:
        on_bad: 'stop' ends the training before the step is taken, 'skip' leaves the step out.
        most: steps left out, of the last `WINDOW`, with which the training still goes on.
        explosion: a loss above so many times the median of the last good ones is bad too; 0: none is too high.
        ranks: the processes.
    """

    def __init__(self, on_bad: OnBadLoss, most: int, explosion: float, ranks: Ranks):
        if most < 0 or explosion < 0:
            raise ValueError(f"{most} bad losses and an explosion of {explosion:g}; expected neither below 0")
        self.on_bad, self.most, self.explosion, self.ranks = on_bad, most, explosion, ranks
        self._good: deque[float] = deque(maxlen=WINDOW)
        self._left_out: deque[int] = deque()
        self._batch: Any = None
        self._losses: list[float] = []
        self._bad: bool | None = None

    def state_dict(self) -> dict[str, Any]:
        return {"good": list(self._good), "left_out": list(self._left_out)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self._good = deque(state_dict["good"], WINDOW)
        self._left_out = deque(state_dict["left_out"])

    def on_train_batch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Any, *_: Any) -> None:
        self._batch = batch

    def on_before_backward(self, trainer: pl.Trainer, pl_module: pl.LightningModule, loss: Tensor) -> None:
        # Lightning has divided it by the batches whose gradients are added, and multiplied it for 16-bit floats
        scaler = getattr(trainer.precision_plugin, "scaler", None)
        factor = trainer.accumulate_grad_batches / (scaler.get_scale() if scaler is not None else 1.0)
        self._losses.append(float(loss.detach()) * factor)

    def on_before_optimizer_step(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, optimizer: torch.optim.Optimizer
    ) -> None:
        if self._bad is None:  # the first of the step's optimisers
            self._bad = bool(self.ranks.highest(int(any(map(self._is_bad, self._losses)))))
            if self._bad:
                self._told(trainer)
        if self._bad:
            for group in optimizer.param_groups:
                for parameter in group["params"]:
                    parameter.grad = None

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule, *_: Any) -> None:
        if self._bad is None:  # gradients are being accumulated
            return
        if not self._bad:
            self._good.extend(self._losses)
        self._losses, self._bad, self._batch = [], None, None

    def _is_bad(self, loss: float) -> bool:
        if not math.isfinite(loss):
            return True
        if not self.explosion or len(self._good) < ENOUGH:
            return False
        return loss > self.explosion * abs(statistics.median(self._good))

    def _told(self, trainer: pl.Trainer) -> None:
        """Write the step down, and end the training if it is one too many."""
        step = trainer.fit_loop.epoch_loop._batches_that_stepped + 1
        items = list(self._batch.items) if isinstance(self._batch, Batch) else []
        everywhere = self.ranks.gathered({"losses": [repr(loss) for loss in self._losses], "items": items})
        path = Path(trainer.default_root_dir) / FILE
        if self.ranks.mine == 0:
            line = {"step": step, "epoch": trainer.current_epoch, "time": time.time(), "processes": everywhere}
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
        worst = next(loss for one in everywhere for loss in one["losses"] if self._is_bad(float(loss)))
        what = f"the loss of step {step} is {float(worst):.4g}"
        if math.isfinite(float(worst)):
            what += f", the median of those before it {statistics.median(self._good):.4g}"
        if self.on_bad == "stop":
            raise TrainingError(f"{what}; the items of its batch are in {path}; --on_bad_loss skip leaves it out")
        self._left_out.append(step)
        while self._left_out[0] <= step - WINDOW:
            self._left_out.popleft()
        if len(self._left_out) > self.most:
            raise TrainingError(
                f"{what}; it is number {len(self._left_out)} of the last {WINDOW} steps, more than --most_bad_losses "
                f"{self.most}; the items of their batches are in {path}"
            )
        if self.ranks.mine == 0:
            print(f"{what}: the step is left out; the items of its batch are in {path}", flush=True)

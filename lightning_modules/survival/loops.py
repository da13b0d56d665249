"""Lightning's training loops, which know exactly where in a training a checkpoint was made.

Lightning guesses it from its counters, and guesses wrong at the last batch of an epoch (the validation is left out), in
a training of `max_steps` (an epoch ends twice) and during a validation. Here each checkpoint says its place, and a run
resumed from it does what an undisturbed one did next. Random states travel along, those of every process.
"""

from __future__ import annotations

from typing import Any, cast

import pytorch_lightning as pl
import torch
from pytorch_lightning.loops import _FitLoop, _TrainingEpochLoop
from pytorch_lightning.loops.fetchers import _DataFetcher
from pytorch_lightning.loops.fit_loop import RestartStage
from pytorch_lightning.loops.progress import _ProcessedTracker
from pytorch_lightning.trainer.states import RunningStage

from lightning_modules.survival import random_states
from lightning_modules.survival.ranks import Ranks

BETWEEN_BATCHES = "between batches"
BEFORE_VALIDATION = "before validation"
AFTER_VALIDATION = "after validation"
BEFORE_EPOCH_END = "before epoch end"
EPOCH_END = "epoch end"
_VALIDATION = (BEFORE_VALIDATION, AFTER_VALIDATION)
_UNFINISHED = (*_VALIDATION, BEFORE_EPOCH_END)
"""places with something left to do in an epoch whose batches may all be done"""


class BetweenBatches(pl.Callback):
    """A callback that is asked after each step of the optimisers, once everything about its batch is done and logged.

    What it saves then is a state between two batches (or before a validation), and it may raise to end the training.
    """

    def between_batches(self, trainer: pl.Trainer, pl_module: pl.LightningModule, place: str) -> None:
        """`place` is BETWEEN_BATCHES, BEFORE_VALIDATION or BEFORE_EPOCH_END."""


def install(trainer: pl.Trainer, ranks: Ranks) -> None:
    """Give a trainer these loops, if it has not got them yet; in `setup`, before a checkpoint is loaded."""
    if isinstance(trainer.fit_loop, FitLoop):
        return
    # in place, for Lightning has already put its limits into the loops it made
    trainer.fit_loop.__class__ = FitLoop
    trainer.fit_loop.epoch_loop.__class__ = EpochLoop
    cast(EpochLoop, trainer.fit_loop.epoch_loop).ranks = ranks


class EpochLoop(_TrainingEpochLoop):
    """The batches of an epoch."""

    ranks: Ranks
    place: str | None = None
    """where the checkpoint that is being resumed was made"""
    kept: list[random_states.States] | None = None
    """the random states of all processes in that checkpoint"""
    _before_validation: random_states.States | None = None

    @property
    def done(self) -> bool:
        return False if self.place in _VALIDATION else super().done

    def reset(self) -> None:
        if self.place is None:
            super().reset()
            return
        self.restarting = False
        # a checkpoint counts the batch before it as not yet logged; validation and `advance_end` count it otherwise
        if self.place not in _VALIDATION:
            self._batches_that_stepped += 1
        if self.place == EPOCH_END:
            super().reset()
        else:
            self.val_loop.batch_progress.total.reset()
        if self.place not in _VALIDATION:
            self.place = None

    def advance(self, data_fetcher: _DataFetcher) -> None:
        if self.place not in _VALIDATION:  # else the batch is done, and what comes after it is not
            super().advance(data_fetcher)

    def on_advance_end(self, data_fetcher: _DataFetcher) -> None:
        resumed, self.place = self.place, None
        self._skip_next_val = resumed == AFTER_VALIDATION
        if resumed is None and not self._should_accumulate():
            module, place = self.trainer.lightning_module, self._place_in_epoch()
            for callback in self.trainer.callbacks:  # type: ignore[attr-defined]
                if isinstance(callback, BetweenBatches):
                    callback.between_batches(self.trainer, module, place)
        device = self.trainer.strategy.root_device
        if self._should_check_val_fx(data_fetcher) and not self._skip_next_val:
            # a validation leaves no trace in the training's random numbers, so it may be done again
            self._before_validation = random_states.collect(device)
        super().on_advance_end(data_fetcher)
        if self._before_validation is not None:
            random_states.restore(self._before_validation, device)
            self._before_validation = None

    def on_save_checkpoint(self) -> dict[str, Any]:
        state = super().on_save_checkpoint()
        place = self._place_now()
        if place is None:
            return state
        if place == EPOCH_END:
            state["_batches_that_stepped"] -= 1
        own = self._before_validation or random_states.collect(self.trainer.strategy.root_device)
        return {**state, "place": place, "random_states": self.ranks.gathered(own)}

    def on_load_checkpoint(self, state_dict: dict[str, Any]) -> None:
        super().on_load_checkpoint(state_dict)
        self.place, self.kept = state_dict.get("place"), state_dict.get("random_states")

    def _place_now(self) -> str | None:
        epoch = cast(_ProcessedTracker, self.trainer.fit_loop.epoch_progress.total)
        batches = cast(_ProcessedTracker, self.batch_progress.total)
        if not batches.ready or batches.processed != batches.ready:
            return None  # nothing is trained yet, or a step is in progress
        if self.trainer.state.stage == RunningStage.VALIDATING:
            return AFTER_VALIDATION
        return EPOCH_END if epoch.processed == epoch.ready else self._place_in_epoch()

    def _place_in_epoch(self) -> str:
        fetcher = self.trainer.fit_loop._data_fetcher
        if fetcher is not None and self._should_check_val_fx(fetcher):
            return BEFORE_VALIDATION
        return BEFORE_EPOCH_END if self._is_training_done else BETWEEN_BATCHES

    def _broadcast_sigterm_tensor(self) -> None:
        """Nothing: signals have one owner, `StopSignals`."""


class FitLoop(_FitLoop):
    """The epochs of a training."""

    epoch_loop: _TrainingEpochLoop

    @property
    def _epoch(self) -> EpochLoop:
        return cast(EpochLoop, self.epoch_loop)

    @property
    def done(self) -> bool:
        return False if self._epoch.place in _UNFINISHED else super().done

    def reset(self) -> None:
        if self._epoch.place is None:
            super().reset()
            return
        torch.set_grad_enabled(True)
        batches = self.epoch_loop.batch_progress
        for counted in (batches.total, batches.current):
            counted.completed = cast(_ProcessedTracker, counted).processed
        if self._epoch.place == EPOCH_END:
            ended = batches.is_last_batch or batches.current.ready >= self.max_batches
            for epochs in (self.epoch_progress.total, self.epoch_progress.current):
                tracker = cast(_ProcessedTracker, epochs)
                if not ended:  # by `max_steps` or `max_time`, of which there is more now: the rest of the epoch follows
                    tracker.processed -= 1
                tracker.completed = tracker.processed
            if not ended:
                self._epoch.place = BETWEEN_BATCHES
        in_epoch = self._epoch.place != EPOCH_END
        self._restart_stage = RestartStage.RESTARTED_MID_EPOCH if in_epoch else RestartStage.NONE
        self._restarting = False

    def on_run_start(self) -> None:
        # a module that asks how many steps there will be has the loaders made before the checkpoint's states are known
        self._load_combined_loader_states()
        super().on_run_start()
        kept, ranks, self._epoch.kept = self._epoch.kept, self._epoch.ranks, None
        # of other numbers of processes each has its own seed, as at the beginning
        if kept is not None and len(kept) == ranks.count:
            random_states.restore(kept[ranks.mine], self.trainer.strategy.root_device)

    def _load_combined_loader_states(self) -> None:
        """Also where Lightning takes the epoch for finished; a loader that knows its epoch decides by itself."""
        if self._combined_loader is not None and self._combined_loader_states_to_load:
            self._combined_loader._load_state_dicts(self._combined_loader_states_to_load)
            self._combined_loader_states_to_load = []

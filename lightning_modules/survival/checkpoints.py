"""Checkpoints on the way: every so many steps and before each validation, the last few kept."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from lightning_fabric.plugins import CheckpointIO

from anyonenet.errors import TrainingError
from lightning_modules.survival import checkpoint_file
from lightning_modules.survival.loops import BEFORE_VALIDATION, BetweenBatches, install
from lightning_modules.survival.ranks import Ranks

FOLDER = "steps"
"""of a run's folder, for the checkpoints of this module"""


class SealedCheckpointIO(CheckpointIO):
    """Lightning's way to files: every checkpoint, whoever asks for it, is written and read by `checkpoint_file`.

    Args:
        ranks: the processes. With several, an error in writing is kept for `raise_failure`, which all of them call: one
            that ended alone would leave the others waiting.
    """

    def __init__(self, ranks: Ranks | None = None):
        self.ranks = ranks or Ranks()
        self.last_good: Path | None = None
        self._failure: TrainingError | None = None

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None) -> None:
        """Raises TrainingError where there is no room."""
        step = checkpoint.get("loops", {}).get("fit_loop", {}).get("epoch_loop.state_dict", {})
        module = str(checkpoint.get("hyper_parameters", {}).get("_class_path", ""))
        seal = {"module": module, "step": int(step.get("_batches_that_stepped", 0)) + 1}
        try:
            checkpoint_file.write(checkpoint, Path(path), seal)
        except OSError as error:
            self._failure = checkpoint_file.cannot_write(Path(path), error, self.last_good)
            if self.ranks.count == 1:
                raise self._failure from None
        else:
            self.last_good = Path(path)

    def load_checkpoint(self, path: Any, map_location: Any = None, weights_only: bool | None = None) -> dict[str, Any]:
        """Raises WeightsError where the file is damaged. `weights_only` is True unless it is said to be False."""
        safe = weights_only is not False
        return checkpoint_file.read(Path(path), map_location or "cpu", safe)

    def remove_checkpoint(self, path: Any) -> None:
        Path(path).unlink(missing_ok=True)

    def raise_failure(self) -> None:
        """Raise, in all processes, what kept the first one from writing."""
        if self.ranks.highest(int(self._failure is not None)):
            raise self._failure or TrainingError("another process could not write a checkpoint; it says why")


class StepCheckpoints(BetweenBatches):
    """Writes `steps/STEP.ckpt`: every `every` steps, before each validation, and when `write` is called.

    Steps are those of the logs: batches after which the optimisers stepped, however many optimisers there are.

    Args:
        every: steps; 0 writes only when asked to.
        keep: how many are kept, the newest; at least 1.
        ranks: the processes.
    """

    def __init__(self, every: int, keep: int, ranks: Ranks):
        if every < 0 or keep < 1:
            raise ValueError(f"checkpoints every {every} steps, {keep} kept; expected at least 0 and 1")
        self.every, self.keep, self.ranks = every, keep, ranks
        self.newest: Path | None = None

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        if stage != "fit":
            return
        install(trainer, self.ranks)
        self.ranks.connect()
        if trainer.is_global_zero:
            for folder in {Path(trainer.default_root_dir), self.folder(trainer)}:
                for part in folder.glob(f".*{checkpoint_file.PART}"):  # of a run that was killed
                    part.unlink(missing_ok=True)

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.newest = Path(str(trainer.ckpt_path)) if trainer.ckpt_path else None
        taken = sorted(set(map(str, self.ranks.gathered(str(self.newest)))))
        if len(taken) > 1:
            raise TrainingError(
                f"the processes go on from different checkpoints ({' and '.join(taken)}): the file system shows them "
                "different files; start again, or name one with --ckpt_path"
            )
        if isinstance(trainer.strategy.checkpoint_io, SealedCheckpointIO):
            trainer.strategy.checkpoint_io.last_good = self.newest

    def folder(self, trainer: pl.Trainer) -> Path:
        """Where they lie."""
        return Path(trainer.default_root_dir) / FOLDER

    def between_batches(self, trainer: pl.Trainer, pl_module: pl.LightningModule, place: str) -> None:
        if isinstance(trainer.strategy.checkpoint_io, SealedCheckpointIO) and self.ranks.count > 1:
            trainer.strategy.checkpoint_io.raise_failure()
        if self.every and (place == BEFORE_VALIDATION or _step(trainer) % self.every == 0):
            self.write(trainer, pl_module)

    def write(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> Path:
        """Write one now; all processes are to ask for it.

        Raises:
            TrainingError: there is no room; what was written before is still there.
        """
        path = self.folder(trainer) / f"{_step(trainer):09d}.ckpt"
        trainer.save_checkpoint(path, weights_only=False)
        if isinstance(trainer.strategy.checkpoint_io, SealedCheckpointIO) and self.ranks.count > 1:
            trainer.strategy.checkpoint_io.raise_failure()
        self.newest = path
        if trainer.is_global_zero:
            self._remove_old(path)
        return path

    def _remove_old(self, newest: Path) -> None:
        others = [path for path in newest.parent.glob("*.ckpt") if path != newest]
        with contextlib.suppress(OSError):
            # by time, not by step: a training begun anew in the folder of another one starts with small steps again
            others.sort(key=lambda path: path.stat().st_mtime_ns, reverse=True)
        for path in others[self.keep - 1 :]:
            path.unlink(missing_ok=True)


def _step(trainer: pl.Trainer) -> int:
    """Steps done, the one that just ended among them."""
    return trainer.fit_loop.epoch_loop._batches_that_stepped + 1

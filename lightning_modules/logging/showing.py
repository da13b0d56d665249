"""After a validation: what it shows is drawn, written to files and given to the loggers."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.utilities.rank_zero import rank_zero_warn

from lightning_modules.logging.loggers import EventLogger
from lightning_modules.logging.media import Medium, Shown
from lightning_modules.logging.weights_and_biases import BiasLogger

MEDIA = "media"


class ShowMedia(pl.Callback):
    """Writes `RUN/media/STEP/*` from what the module left in `shown`, on the first process only.

    An error in drawing is told once and written to `RUN/media/error.txt`; it never ends a training.

    Args:
        folder: of the run.
        every: validations; 0 never draws.
    """

    def __init__(self, folder: Path, every: int = 1):
        self.folder = Path(folder) / MEDIA
        self.every = every
        self._validations = 0
        self._told = False

    def state_dict(self) -> dict[str, Any]:
        return {"validations": self._validations}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self._validations = state_dict["validations"]

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        shown = getattr(pl_module, "shown", None)
        pl_module.shown = None  # type: ignore[assignment]  # a batch is not held until the next validation
        if trainer.sanity_checking or self.every == 0:
            return
        self._validations += 1
        if (self._validations - 1) % self.every or not trainer.is_global_zero or not isinstance(shown, Shown):
            return
        step = trainer.fit_loop.epoch_loop._batches_that_stepped  # what the loggers count by
        try:
            self._show(trainer, shown, step)
        except Exception as error:  # whatever went wrong in a picture, the training is worth more
            self._tell(error)

    def _show(self, trainer: pl.Trainer, shown: Shown, step: int) -> None:
        folder = self.folder / f"{step:07d}"
        folder.mkdir(parents=True, exist_ok=True)
        written: dict[str, tuple[Medium, Path]] = {}
        for medium in shown.media():
            written[f"media/{medium.name}"] = (medium, medium.write(folder))
        for logger in trainer.loggers:
            if isinstance(logger, EventLogger):
                _to_tensorboard(logger.experiment, written, step)
            elif isinstance(logger, BiasLogger):
                logger.show(written, step)

    def _tell(self, error: Exception) -> None:
        if self._told:
            return
        self._told = True
        where = self.folder / "error.txt"
        line = f"what the validation shows could not be drawn ({type(error).__name__}: {error}); training goes on"
        try:
            where.parent.mkdir(parents=True, exist_ok=True)
            where.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
            line += f" ({where})"
        except OSError:
            pass
        rank_zero_warn(line)


def _to_tensorboard(writer: Any, media: dict[str, tuple[Medium, Path]], step: int) -> None:
    for name, (medium, _) in media.items():
        if medium.kind == "picture":
            writer.add_image(name, medium.pixels, step, dataformats="HWC")
        elif medium.kind == "sound" and medium.waveform is not None:
            import torch

            writer.add_audio(name, torch.from_numpy(medium.waveform).clamp(-1, 1), step, medium.rate)
        elif medium.kind == "table":
            lines = [medium.columns, ["---"] * len(medium.columns), *medium.rows]
            writer.add_text(name, "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines), step)
    writer.flush()

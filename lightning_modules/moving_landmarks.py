"""What trainings of landmark models have in common: their measures, their optimiser, what validation shows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import Tensor

from anyonenet.metrics.landmarks import landmark_distance, open_area_difference, velocity_distance
from anyonenet.types import LandmarkBatch
from lightning_modules.logging.shown.motion import MovingFace
from lightning_modules.stage import StageModule


class MovingLandmarksModule(StageModule, ABC):
    """Base: AdamW along a warm-up and a cosine; validation logs the losses and D-LL, D-VL and D-A, each also divided
    by that of a face that does not move (`validation/*_of_still`; the smaller the better, 1 = useless).

    Subclasses save hyperparameters `learning_rate`, `warmup_steps`, `weight_decay` and, for each of `parts`,
    `NAME_weight`.
    """

    parts: tuple[str, ...]
    """names of the losses that are added up"""
    betas = (0.9, 0.999)
    """of AdamW"""
    shown: MovingFace | None = None

    @abstractmethod
    def predict(self, batch: LandmarkBatch, over_ranks: bool) -> tuple[dict[str, tuple[Tensor, Tensor]], Tensor]:
        """Each loss of `parts` with the number of frames it is over, and the predicted landmarks `(B, T, 68, 2)`."""

    def training_step(self, batch: LandmarkBatch, batch_index: int) -> Tensor:
        losses, _ = self.predict(batch, self.over_ranks)
        total = torch.stack([self._weight(name) * losses[name][0] for name in self.parts]).sum()
        values = {"train/loss": total, **{f"train/{name}": losses[name][0] for name in self.parts}}
        self.log_dict(values, batch_size=len(batch.lengths), prog_bar=True)
        return total

    def validation_step(self, batch: LandmarkBatch, batch_index: int) -> None:
        landmarks = self._evaluate(batch)
        if batch_index == 0:
            frames = int(batch.lengths[0])
            clip = (landmarks, batch.landmarks, batch.mels)
            self.shown = MovingFace(*(part[0, :frames].float().cpu().numpy() for part in clip))

    def test_step(self, batch: LandmarkBatch, batch_index: int) -> None:
        self._evaluate(batch)

    def on_validation_epoch_end(self) -> None:
        self._log_evaluation("validation")

    def on_test_epoch_end(self) -> None:
        self._log_evaluation("test")

    def configure_optimizers(self) -> Any:
        optimiser = torch.optim.AdamW(
            self.parameters(),
            lr=self.hparams["learning_rate"],
            betas=self.betas,
            weight_decay=self.hparams["weight_decay"],
            fused=self.fused,
        )
        warmup = max(1, self.hparams["warmup_steps"])
        steps = int(self.trainer.estimated_stepping_batches)
        rising = torch.optim.lr_scheduler.LinearLR(optimiser, 1 / warmup, total_iters=warmup)
        falling = torch.optim.lr_scheduler.CosineAnnealingLR(
            optimiser, max(1, steps - warmup), eta_min=self.hparams["learning_rate"] / 100
        )
        schedule = torch.optim.lr_scheduler.SequentialLR(optimiser, [rising, falling], [warmup])
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def _weight(self, name: str) -> float:
        return float(self.hparams[f"{name}_weight"])

    def _evaluate(self, batch: LandmarkBatch) -> Tensor:
        """Notes losses and metrics; gives the predicted landmarks `(B, T, 68, 2)`."""
        losses, landmarks = self.predict(batch, over_ranks=False)
        for name, (loss, weight) in losses.items():
            self.means.add(name, loss, weight)
        still = batch.base_landmarks.unsqueeze(1).expand_as(landmarks)
        metrics: dict[str, Any] = {"d_ll": landmark_distance, "d_vl": velocity_distance, "d_a": open_area_difference}
        for name, metric in metrics.items():
            for predicted, kind in ((landmarks, ""), (still, "_still")):
                self.means.add(name + kind, metric(predicted, batch.landmarks, lengths=batch.lengths))
        return landmarks

    def _log_evaluation(self, split: str) -> None:
        """Means over frames (losses) and over clips (metrics; one whose mouth never opens has no D-A)."""
        means = self.means.take(self.device)
        if not means:
            return
        means["loss"] = sum(self._weight(name) * means[name] for name in self.parts)
        for name in ("d_ll", "d_vl", "d_a"):
            still = means.pop(f"{name}_still", 0.0)
            if still > 0:
                means[f"{name}_of_still"] = means[name] / still
        self.log_values(split, means, shown=("loss", *self.parts))

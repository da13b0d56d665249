"""Training of the landmark predictor: equations (1) to (7) of AnyoneNet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from anyonenet.losses.landmarks import LandmarkLosses, landmark_losses
from anyonenet.metrics.landmarks import landmark_distance, open_area_difference, velocity_distance
from anyonenet.networks.landmark_predictor import LandmarkPredictor
from anyonenet.networks.masked import frame_mask
from anyonenet.types import LandmarkBatch
from lightning_modules.logging.shown.motion import MovingFace
from lightning_modules.stage import StageModule


class LandmarkModule(StageModule):
    """Optimises a `LandmarkPredictor` with Adam.

    Validation logs the losses and D-LL, D-VL and D-A, each also divided by that of a face that does not move
    (`validation/*_of_still`; the smaller the better, 1 = useless).

    Args:
        audio_width, landmark_hidden, landmark_width, quaternion_hidden, quaternion_width, decoder, cnn_widths, kernel,
            lstm_width, decoder_hidden, smoothing_width, delay, rejoin_face: of the network; the defaults are the
            paper's sizes.
        learning_rate: highest; the paper does not state one.
        warmup_steps: steps over which the learning rate rises from 0; then it falls along a cosine to a hundredth.
        weight_decay: of AdamW.
        displacement_weight, inter_frame_weight, quaternion_weight: of the parts of equation (7).
        lip_weight: of the lip points in equations (4) and (5).
        options: of `StageModule`.
    """

    network: LandmarkPredictor

    def __init__(
        self,
        audio_width: int = 512,
        landmark_hidden: int = 256,
        landmark_width: int = 128,
        quaternion_hidden: int = 64,
        quaternion_width: int = 4,
        decoder: str = "cnn_blstm",
        cnn_widths: Sequence[int] = (512, 512, 1024, 1024, 1024, 2048),
        kernel: int = 5,
        lstm_width: int = 512,
        decoder_hidden: int = 512,
        smoothing_width: int = 32,
        delay: int = 16,
        rejoin_face: bool = True,
        learning_rate: float = 1e-4,
        warmup_steps: int = 200,
        weight_decay: float = 1e-6,
        displacement_weight: float = 1.0,
        inter_frame_weight: float = 1.0,
        quaternion_weight: float = 1.0,
        lip_weight: float = 1.0,
        **options: Any,
    ):
        super().__init__(**options)
        self.save_hyperparameters()
        self.shown: MovingFace | None = None
        network = LandmarkPredictor(
            audio_width=audio_width,
            landmark_hidden=landmark_hidden,
            landmark_width=landmark_width,
            quaternion_hidden=quaternion_hidden,
            quaternion_width=quaternion_width,
            decoder=decoder,
            cnn_widths=list(cnn_widths),
            kernel=kernel,
            lstm_width=lstm_width,
            decoder_hidden=decoder_hidden,
            smoothing_width=smoothing_width,
            delay=delay,
            rejoin_face=rejoin_face,
        )
        self.adopt(network)

    def training_step(self, batch: LandmarkBatch, batch_index: int) -> Tensor:
        losses, _, _ = self._losses(batch, self.over_ranks)
        parts = ("displacement", "inter_frame", "quaternion")
        values = {"train/loss": losses.total, **{f"train/{name}": getattr(losses, name) for name in parts}}
        self.log_dict(values, batch_size=len(batch.lengths), prog_bar=True)
        return losses.total

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

    def _losses(self, batch: LandmarkBatch, over_ranks: bool) -> tuple[LandmarkLosses, Tensor, Tensor]:
        """The losses, the predicted landmarks `(B, T, 68, 2)`, and which frames count, `(B, T)` bool."""
        motion = self.network(batch.mels, batch.base_landmarks, batch.base_quaternions, batch.lengths)
        landmarks = batch.base_landmarks.unsqueeze(1) + motion.displacements
        mask = frame_mask(batch.lengths, batch.mels.shape[1])
        losses = landmark_losses(
            landmarks,
            motion.quaternions,
            batch.landmarks,
            batch.quaternions,
            mask,
            self.hparams["displacement_weight"],
            self.hparams["inter_frame_weight"],
            self.hparams["quaternion_weight"],
            self.hparams["lip_weight"],
            over_ranks,
        )
        return losses, landmarks, mask

    def _evaluate(self, batch: LandmarkBatch) -> Tensor:
        """Notes losses and metrics; gives the predicted landmarks `(B, T, 68, 2)`."""
        losses, landmarks, mask = self._losses(batch, over_ranks=False)
        steps = mask[:, 1:].sum()
        for name, weight in (("displacement", mask.sum()), ("inter_frame", steps), ("quaternion", steps)):
            self.means.add(name, getattr(losses, name), weight)
        still = batch.base_landmarks.unsqueeze(1).expand_as(landmarks)
        metrics: dict[str, Any] = {"d_ll": landmark_distance, "d_vl": velocity_distance, "d_a": open_area_difference}
        for name, metric in metrics.items():
            for predicted, kind in ((landmarks, ""), (still, "_still")):
                self.means.add(name + kind, metric(predicted, batch.landmarks, lengths=batch.lengths))
        return landmarks

    def _log_evaluation(self, split: str) -> None:
        """Means over frames (losses) and over clips (metrics; one whose mouth never opens has no D-A)."""
        weights = {name: self.hparams[f"{name}_weight"] for name in ("displacement", "inter_frame", "quaternion")}
        means = self.means.take(self.device)
        if not means:
            return
        means["loss"] = sum(weight * means[name] for name, weight in weights.items())
        for name in ("d_ll", "d_vl", "d_a"):
            still = means.pop(f"{name}_still", 0.0)
            if still > 0:
                means[f"{name}_of_still"] = means[name] / still
        self.log_values(split, means, shown=("loss", *weights))

"""Training of MakeItTalk's speech-content branch: equation (8)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from anyonenet.face.posed import lifted
from anyonenet.losses.graph_laplacian import landmark_and_laplacian
from anyonenet.metrics.landmarks import landmark_distance, open_area_difference, velocity_distance
from anyonenet.networks.masked import frame_mask
from anyonenet.networks.speech_content import SpeechContentBranch
from anyonenet.types import VoicedLandmarkBatch
from lightning_modules.content_stage import ContentStage
from lightning_modules.logging.shown.motion import MovingFace


class SpeechContentModule(ContentStage):
    """Optimises a `SpeechContentBranch` with Adam.

    Validation logs the losses and D-LL, D-VL and D-A, each also divided by that of a face that does not move
    (`validation/*_of_still`; 1 = useless).

    Args:
        content_weights: folder of the exported content encoder; None: the branch hears the mel itself.
        content_size: features a frame that it gives.
        lstm_width, lstm_layers, window, hidden: of the network; the defaults are the paper's sizes.
        hop_seconds: of the mels, that of the DataModule and the content encoder.
        frame_stride: in training every so many frames of a cut are predicted, others in the next step (1 = the paper:
            all). A frame costs a pass of the LSTM over its own window, and neighbours tell nearly the same.
        learning_rate: the paper's; falls along a cosine to a tenth.
        weight_decay: the paper's.
        laplacian_weight: lambda_c of equation (8).
        lip_weight: of the lip points in both parts (1 = equation (8)).
        options: of `StageModule`.
    """

    network: SpeechContentBranch

    def __init__(
        self,
        content_weights: str | None = "weights/makeittalk_content",
        content_size: int = 32,
        lstm_width: int = 256,
        lstm_layers: int = 3,
        window: int = 18,
        hidden: Sequence[int] = (512, 256),
        hop_seconds: float = 0.0125,
        frame_stride: int = 1,
        learning_rate: float = 1e-4,
        weight_decay: float = 1e-6,
        laplacian_weight: float = 1.0,
        lip_weight: float = 1.0,
        **options: Any,
    ):
        super().__init__(**options)
        if frame_stride < 1:
            raise ValueError(f"frame_stride is {frame_stride}; expected at least 1, all frames")
        self.save_hyperparameters()
        self.shown: MovingFace | None = None
        self.adopt(SpeechContentBranch(content_size, lstm_width, lstm_layers, window, list(hidden)))

    def training_step(self, batch: VoicedLandmarkBatch, batch_index: int) -> Tensor:
        stride = self.hparams["frame_stride"]
        frames = batch.mels.shape[1]
        places = torch.arange(self.global_step % stride, frames, stride, device=batch.mels.device)
        landmarks, bent, _ = self._losses(batch, places, self.over_ranks)
        total = landmarks + self.hparams["laplacian_weight"] * bent
        values = {"train/loss": total, "train/landmarks": landmarks, "train/laplacian": bent}
        self.log_dict(values, batch_size=len(batch.lengths), prog_bar=True)
        return total

    def validation_step(self, batch: VoicedLandmarkBatch, batch_index: int) -> None:
        said = self._evaluate(batch)
        if batch_index == 0:
            frames = int(batch.lengths[0])
            clip = (said, batch.landmarks, batch.mels)
            self.shown = MovingFace(*(part[0, :frames].float().cpu().numpy() for part in clip))

    def test_step(self, batch: VoicedLandmarkBatch, batch_index: int) -> None:
        self._evaluate(batch)

    def on_validation_epoch_end(self) -> None:
        self._log_evaluation("validation")

    def on_test_epoch_end(self) -> None:
        self._log_evaluation("test")

    def configure_optimizers(self) -> Any:
        rate = self.hparams["learning_rate"]
        optimiser = torch.optim.Adam(
            self.parameters(), lr=rate, weight_decay=self.hparams["weight_decay"], fused=self.fused
        )
        steps = int(self.trainer.estimated_stepping_batches)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, max(1, steps), eta_min=rate / 10)
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def _losses(
        self, batch: VoicedLandmarkBatch, places: Tensor | None, over_ranks: bool
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Both parts of the loss, and the predicted landmarks `(B, K, 68, 3)`."""
        faces = lifted(batch.base_landmarks)
        mask = frame_mask(batch.lengths, batch.mels.shape[1])
        target = lifted(batch.landmarks)
        if places is not None:
            mask, target = mask[:, places], target[:, places]
        said = faces[:, None] + self.network(self.content(batch), batch.lengths, faces, places)
        landmarks, bent = landmark_and_laplacian(said, target, mask, self.hparams["lip_weight"], over_ranks)
        return landmarks, bent, said

    def _evaluate(self, batch: VoicedLandmarkBatch) -> Tensor:
        """Notes losses and metrics; gives the predicted landmarks `(B, T, 68, 2)`."""
        landmarks, bent, said = self._losses(batch, None, over_ranks=False)
        frames = batch.lengths.sum()
        self.means.add("landmarks", landmarks, frames)
        self.means.add("laplacian", bent, frames)
        said = said[..., :2]
        still = batch.base_landmarks.unsqueeze(1).expand_as(said)
        metrics: dict[str, Any] = {"d_ll": landmark_distance, "d_vl": velocity_distance, "d_a": open_area_difference}
        for name, metric in metrics.items():
            for predicted, kind in ((said, ""), (still, "_still")):
                self.means.add(name + kind, metric(predicted, batch.landmarks, lengths=batch.lengths))
        return said

    def _log_evaluation(self, split: str) -> None:
        means = self.means.take(self.device)
        if not means:
            return
        means["loss"] = means["landmarks"] + self.hparams["laplacian_weight"] * means["laplacian"]
        for name in ("d_ll", "d_vl", "d_a"):
            still = means.pop(f"{name}_still", 0.0)
            if still > 0:
                means[f"{name}_of_still"] = means[name] / still
        self.log_values(split, means, shown=("loss", "d_ll_of_still"))

"""Training of ATVGnet's AT-net: landmarks in PCA coordinates from what is heard (Chen et al. 2019, section 3.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from anyonenet.audio.mfcc import MFCCSettings
from anyonenet.losses.landmarks import displacement_loss, inter_frame_loss
from anyonenet.metrics.landmarks import landmark_distance, open_area_difference, velocity_distance
from anyonenet.networks.at_net import ATNet
from anyonenet.networks.masked import frame_mask
from anyonenet.types import HeardFaceBatch
from lightning_modules.stage import StageModule


class ATVGnetLandmarksModule(StageModule):
    """Optimises an `ATNet` with Adam.

    The loss is the squared distance in PCA coordinates, each by its own size, which is that of the landmarks within the
    basis. The basis is measured on the training data when training begins. Validation logs the loss and D-LL, D-VL and
    D-A at 25 frames a second, each also divided by that of a face that does not move.

    Args:
        components, window, audio_widths, audio_hidden, audio_width, example_hidden, example_width, lstm_width,
            lstm_layers, recurrent: of the network; the defaults are the authors' sizes.
        learning_rate: highest; the authors' is 0.0002 and constant, here it falls along a cosine to a hundredth.
        warmup_steps: steps over which it rises from 0.
        weight_decay: of AdamW.
        lip_weight: of the lip points in the loss (1 = the paper).
        inter_frame_weight: of the same loss on steps from frame to frame (0 = the paper).
        options: of `StageModule`.
    """

    network: ATNet

    def __init__(
        self,
        components: int = 6,
        window: int = 28,
        audio_widths: Sequence[int] = (64, 128, 256, 256, 512),
        audio_hidden: int = 2048,
        audio_width: int = 256,
        example_hidden: int = 256,
        example_width: int = 512,
        lstm_width: int = 256,
        lstm_layers: int = 3,
        recurrent: bool = True,
        learning_rate: float = 2e-4,
        warmup_steps: int = 50,
        weight_decay: float = 0.0,
        lip_weight: float = 1.0,
        inter_frame_weight: float = 0.0,
        **options: Any,
    ):
        super().__init__(**options)
        self.save_hyperparameters()
        network = ATNet(
            components=components,
            window=window,
            audio_widths=list(audio_widths),
            audio_hidden=audio_hidden,
            audio_width=audio_width,
            example_hidden=example_hidden,
            example_width=example_width,
            lstm_width=lstm_width,
            lstm_layers=lstm_layers,
            recurrent=recurrent,
        )
        self.adopt(network)

    def on_fit_start(self) -> None:
        """Measure the basis on the training data, unless resumed."""
        if self.global_step == 0:
            data: Any = self.trainer.datamodule  # type: ignore[attr-defined]
            self.network.set_basis(data.landmark_basis(self.hparams["components"]))

    def export_extra(self) -> dict[str, Any]:
        """What inference must know: the settings of the cepstral coefficients."""
        return {"mfcc": MFCCSettings().as_dict()}

    def training_step(self, batch: HeardFaceBatch, batch_index: int) -> Tensor:
        losses, _ = self._losses(batch, self.over_ranks)
        total = self._total(losses)
        values = {"train/loss": total, **{f"train/{name}": value for name, value in losses.items()}}
        self.log_dict(values, batch_size=len(batch.lengths), prog_bar=True)
        return total

    def validation_step(self, batch: HeardFaceBatch, batch_index: int) -> None:
        self._evaluate(batch)

    def test_step(self, batch: HeardFaceBatch, batch_index: int) -> None:
        self._evaluate(batch)

    def on_validation_epoch_end(self) -> None:
        self._log_evaluation("validation")

    def on_test_epoch_end(self) -> None:
        self._log_evaluation("test")

    def configure_optimizers(self) -> Any:
        rate = self.hparams["learning_rate"]
        optimiser = torch.optim.AdamW(
            self.parameters(), lr=rate, weight_decay=self.hparams["weight_decay"], fused=self.fused
        )
        warmup = max(1, self.hparams["warmup_steps"])
        steps = int(self.trainer.estimated_stepping_batches)
        rising = torch.optim.lr_scheduler.LinearLR(optimiser, 1 / warmup, total_iters=warmup)
        falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, max(1, steps - warmup), eta_min=rate / 100)
        schedule = torch.optim.lr_scheduler.SequentialLR(optimiser, [rising, falling], [warmup])
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def _losses(self, batch: HeardFaceBatch, over_ranks: bool) -> tuple[dict[str, Tensor], Tensor]:
        """The losses, and the predicted landmarks `(B, F, 68, 2)`."""
        said = self.network(batch.audio, batch.examples).landmarks
        mask = frame_mask(batch.lengths, batch.audio.shape[1])
        # what the basis cannot say is no fault of the prediction
        changes = self.network.coordinates(batch.landmarks) - self.network.coordinates(batch.examples).unsqueeze(1)
        target = self.network.placed(changes, batch.examples)
        lips = self.hparams["lip_weight"]
        losses = {
            "displacement": displacement_loss(said, target, mask, lips, over_ranks),
            "inter_frame": inter_frame_loss(said, target, mask, lips, over_ranks),
        }
        return losses, said

    def _total(self, losses: dict[str, Any]) -> Any:
        return losses["displacement"] + self.hparams["inter_frame_weight"] * losses["inter_frame"]

    def _evaluate(self, batch: HeardFaceBatch) -> None:
        losses, said = self._losses(batch, over_ranks=False)
        for name, frames in (("displacement", batch.lengths), ("inter_frame", batch.lengths - 1)):
            self.means.add(name, losses[name], frames.sum())
        still = batch.examples.unsqueeze(1).expand_as(said)
        metrics: dict[str, Any] = {"d_ll": landmark_distance, "d_vl": velocity_distance, "d_a": open_area_difference}
        for name, metric in metrics.items():
            for predicted, kind in ((said, ""), (still, "_still")):
                self.means.add(name + kind, metric(predicted, batch.landmarks, lengths=batch.lengths))

    def _log_evaluation(self, split: str) -> None:
        """Means over frames (losses) and over clips (metrics; one whose mouth never opens has no D-A)."""
        means = self.means.take(self.device)
        if not means:
            return
        means["loss"] = self._total(means)
        for name in ("d_ll", "d_vl", "d_a"):
            still = means.pop(f"{name}_still", 0.0)
            if still > 0:
                means[f"{name}_of_still"] = means[name] / still
        self.log_values(split, means, shown=("loss", "d_ll_of_still", "d_a_of_still"))

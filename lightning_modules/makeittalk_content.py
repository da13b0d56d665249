"""Training of AutoVC, whose content encoder MakeItTalk listens with (its section 4; Qian et al. 2019)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from anyonenet.networks.masked import frame_mask
from anyonenet.networks.voice_conversion import VoiceConverter
from anyonenet.ranks import mean_over_ranks
from anyonenet.types import ConversionBatch
from lightning_modules.stage import StageModule


class ContentModule(StageModule):
    """Optimises a `VoiceConverter` with Adam: an utterance must come back from its codes and its speaker's voice.

    Losses: squared error of the mel before and after the post-net, and L1 between the codes of the utterance and those
    of what came back (content loss). Validation logs them, and the squared error divided by that of the utterance's
    mean frame (`validation/reconstruction_of_mean`; 1 = useless).

    Args:
        bands, speaker_size, speaker_width, channels, neck, downsampling, decoder_channels, decoder_lstm,
            postnet_channels, layers: of the network; the defaults are AutoVC's sizes.
        hop_seconds: of the mels, that of the DataModule; written on the card.
        learning_rate: AutoVC's; falls along a cosine to a tenth.
        before_weight, content_weight: of the error before the post-net and of the content loss (AutoVC: 1 and 1).
        options: of `StageModule`.
    """

    network: VoiceConverter

    def __init__(
        self,
        bands: int = 80,
        speaker_size: int = 1024,
        speaker_width: int = 256,
        channels: int = 512,
        neck: int = 16,
        downsampling: int = 16,
        decoder_channels: int = 512,
        decoder_lstm: int = 1024,
        postnet_channels: int = 512,
        layers: int = 3,
        hop_seconds: float = 0.0125,
        learning_rate: float = 1e-4,
        before_weight: float = 1.0,
        content_weight: float = 1.0,
        **options: Any,
    ):
        super().__init__(**options)
        self.save_hyperparameters()
        network = VoiceConverter(
            bands,
            speaker_size,
            speaker_width,
            channels,
            neck,
            downsampling,
            decoder_channels,
            decoder_lstm,
            postnet_channels,
            layers,
        )
        self.adopt(network)

    def training_step(self, batch: ConversionBatch, batch_index: int) -> Tensor:
        losses = self._losses(batch, self.over_ranks)
        total = self._total(losses)
        values = {"train/loss": total, **{f"train/{name}": value for name, value in losses.items()}}
        self.log_dict(values, batch_size=len(batch.lengths), prog_bar=True)
        return total

    def validation_step(self, batch: ConversionBatch, batch_index: int) -> None:
        self._evaluate(batch)

    def test_step(self, batch: ConversionBatch, batch_index: int) -> None:
        self._evaluate(batch)

    def on_validation_epoch_end(self) -> None:
        self._log_evaluation("validation")

    def on_test_epoch_end(self) -> None:
        self._log_evaluation("test")

    def configure_optimizers(self) -> Any:
        rate = self.hparams["learning_rate"]
        optimiser = torch.optim.Adam(self.parameters(), lr=rate, fused=self.fused)
        steps = int(self.trainer.estimated_stepping_batches)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, max(1, steps), eta_min=rate / 10)
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def export_mel(self) -> dict[str, Any]:
        """Settings of the mels, for the card."""
        return {"hop_seconds": self.hparams["hop_seconds"]}

    def _losses(self, batch: ConversionBatch, over_ranks: bool) -> dict[str, Tensor]:
        made = self.network(batch.mels, batch.lengths, batch.speaker_embeddings)
        again = self.network.encode(made.refined_mels, batch.lengths, batch.speaker_embeddings)
        mask = frame_mask(batch.lengths, batch.mels.shape[1])
        step = self.network.downsampling
        coded = frame_mask((batch.lengths + step - 1) // step, made.codes.shape[1])
        return {
            "reconstruction": _mean((made.refined_mels - batch.mels).square(), mask, over_ranks),
            "before": _mean((made.mels - batch.mels).square(), mask, over_ranks),
            "content": _mean((again - made.codes).abs(), coded, over_ranks),
        }

    def _total(self, losses: dict[str, Any]) -> Any:
        return (
            losses["reconstruction"]
            + self.hparams["before_weight"] * losses["before"]
            + self.hparams["content_weight"] * losses["content"]
        )

    def _evaluate(self, batch: ConversionBatch) -> None:
        mask = frame_mask(batch.lengths, batch.mels.shape[1])
        frames = mask.sum()
        for name, value in self._losses(batch, over_ranks=False).items():
            self.means.add(name, value, frames)
        weights = mask.unsqueeze(-1).float()
        mean = (batch.mels * weights).sum(1, keepdim=True) / weights.sum(1, keepdim=True)
        self.means.add("mean", _mean((mean - batch.mels).square(), mask, False), frames)

    def _log_evaluation(self, split: str) -> None:
        means = self.means.take(self.device)
        if not means:
            return
        spread = means.pop("mean", 0.0)
        means["loss"] = self._total(means)
        if spread > 0:
            means["reconstruction_of_mean"] = means["reconstruction"] / spread
        self.log_values(split, means, shown=("loss", "reconstruction_of_mean"))


def _mean(errors: Tensor, mask: Tensor, over_ranks: bool) -> Tensor:
    """Mean of `(B, T, features)` over the features and the frames that count, `(B, T)` bool."""
    count = mask.sum()
    count = (mean_over_ranks(count) if over_ranks else count).clamp_min(1)
    return (errors.float().mean(-1) * mask).sum() / count

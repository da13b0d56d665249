"""Training of the speaker encoder: large-margin softmax over the training speakers (AnyoneNet section III-B).

Validation embeds utterances of speakers never trained on and reports EER and minDCF over all their pairs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

import torch
from torch import Tensor

from anyonenet.losses.margin_softmax import Kind, MarginSoftmax, annealing
from anyonenet.metrics.verification import all_pairs, equal_error_rate, minimum_detection_cost
from anyonenet.networks.speaker_encoder import SpeakerEncoder
from anyonenet.ranks import gather_from_ranks
from anyonenet.types import SpeakerBatch
from lightning_modules.logging.shown.voices import TriedVoices
from lightning_modules.stage import StageModule


class SpeakerEncoderModule(StageModule):
    """What is optimised: `SpeakerEncoder` and, for the time of training, one vector a training speaker.

    The number of training speakers is read from the DataModule (`train_speakers`), or from a checkpoint.
    """

    network: SpeakerEncoder

    def __init__(
        self,
        bands: int = 80,
        widths: Sequence[int] = (64, 128, 256, 512),
        embedding_size: int = 1024,
        stem_stride: int = 4,
        margin_kind: Kind = "am",
        margin: float = 0.2,
        scale: float = 30.0,
        annealing_gamma: float = 1e-4,
        annealing_minimum: float = 0.0,
        optimiser: Literal["sgd", "adam"] = "sgd",
        learning_rate: float = 0.05,
        weight_decay: float = 1e-4,
        warmup_steps: int = 500,
        prior: float = 0.01,
        **options: Any,
    ):
        """
        Args:
            bands: mel bands.
            widths: channels of the residual stages.
            embedding_size: length of the embedding.
            stem_stride: see `SpeakerEncoder`.
            margin_kind: 'a', 'am' or 'aam' (see `anyonenet.losses.margin_softmax`).
            margin: 'a': whole multiple of the angle; 'am': a cosine; 'aam': radians.
            scale: of the cosines in the softmax.
            annealing_gamma: speed, per step, at which the margin replaces the plain softmax.
            annealing_minimum: weight of the plain softmax that stays.
            optimiser: 'sgd' (Nesterov momentum 0.9) or 'adam' (decoupled weight decay).
            learning_rate: highest, reached after the warm-up, then falling to 0 as half a cosine.
            weight_decay: of weights with two dimensions or more.
            warmup_steps: over which the rate rises linearly.
            prior: of a same-speaker trial, for minDCF.
            options: of `StageModule`.
        """
        super().__init__(**options)
        self.save_hyperparameters()
        self.adopt(SpeakerEncoder(bands, list(widths), embedding_size, stem_stride))
        self.margin_softmax: MarginSoftmax | None = None
        self._validation: list[tuple[Tensor, Tensor]] = []
        self.shown: TriedVoices | None = None

    def setup(self, stage: str) -> None:
        """Make the classification layer once the number of training speakers is known."""
        if self.margin_softmax is None and stage == "fit":
            self._make_loss(self.trainer.datamodule.train_speakers)  # type: ignore[attr-defined]

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Make the classification layer with as many speakers as the checkpoint has."""
        weight = checkpoint["state_dict"].get("margin_softmax.weight")
        if weight is not None and self.margin_softmax is None:
            self._make_loss(len(weight))

    def forward(self, mels: Tensor, lengths: Tensor) -> Tensor:
        """`(B, T, bands)`, `(B,)` -> `(B, embedding_size)` unit vectors."""
        embeddings: Tensor = self.network(mels, lengths)
        return embeddings

    def training_step(self, batch: SpeakerBatch, batch_index: int) -> Tensor:
        embeddings = self.network(batch.mels, batch.lengths)
        softmax = self._loss()
        loss = softmax(embeddings, batch.speakers, self.global_step)
        with torch.no_grad():
            right = (softmax.cosines(embeddings).argmax(1) == batch.speakers).float().mean()
        self.log("train/loss", loss, prog_bar=True, batch_size=len(batch.lengths))
        self.log("train/accuracy", right, prog_bar=True, batch_size=len(batch.lengths))
        self.log("train/annealing", annealing(self.global_step, softmax.gamma, softmax.minimum))
        loss_value: Tensor = loss
        return loss_value

    def validation_step(self, batch: SpeakerBatch, batch_index: int) -> None:
        self._validation.append((self.network(batch.mels, batch.lengths), batch.speakers))

    def on_validation_epoch_end(self) -> None:
        """EER and minDCF over every pair of the validation utterances, on all processes together."""
        embeddings, _ = gather_from_ranks(torch.cat([item[0] for item in self._validation]))
        speakers, _ = gather_from_ranks(torch.cat([item[1] for item in self._validation]))
        self._validation.clear()
        trial = TriedVoices(embeddings.float().cpu().numpy(), speakers.cpu().numpy())
        scores, same, _, _ = all_pairs(trial.embeddings, trial.speakers)
        if same.all() or not same.any():  # a sanity check may see one speaker only
            return
        self.shown = trial
        cost = minimum_detection_cost(scores, same, self.hparams["prior"])
        self.log_values("validation", {"eer": equal_error_rate(scores, same), "min_dcf": cost}, shown=("eer",))

    def configure_optimizers(self) -> Any:
        """Warm-up, then half a cosine over the steps of the whole training."""
        hyper = self.hparams
        decayed = [parameter for parameter in self.parameters() if parameter.ndim > 1]
        plain = [parameter for parameter in self.parameters() if parameter.ndim <= 1]
        groups = [{"params": decayed, "weight_decay": hyper["weight_decay"]}, {"params": plain, "weight_decay": 0.0}]
        optimiser: torch.optim.Optimizer
        if hyper["optimiser"] == "sgd":
            optimiser = torch.optim.SGD(groups, hyper["learning_rate"], momentum=0.9, nesterov=True, fused=self.fused)
        else:
            optimiser = torch.optim.AdamW(groups, lr=hyper["learning_rate"], fused=self.fused)
        total, warmup = int(self.trainer.estimated_stepping_batches), hyper["warmup_steps"]
        schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: warmup_cosine(step, warmup, total))
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def _make_loss(self, speakers: int) -> None:
        hyper = self.hparams
        self.margin_softmax = MarginSoftmax(
            hyper["embedding_size"],
            speakers,
            hyper["margin_kind"],
            hyper["margin"],
            hyper["scale"],
            hyper["annealing_gamma"],
            hyper["annealing_minimum"],
        ).to(self.device)

    def _loss(self) -> MarginSoftmax:
        if self.margin_softmax is None:
            raise RuntimeError("the classification layer is made in `setup`; train through a Trainer")
        return self.margin_softmax


def warmup_cosine(step: int, warmup: int, total: int) -> float:
    """Share of the highest rate: 0 to 1 over `warmup` steps, then half a cosine down to 0 at `total`."""
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1.0 + math.cos(math.pi * min(1.0, (step - warmup) / max(1, total - warmup))))

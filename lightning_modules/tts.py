"""Training of the speech synthesiser: Tacotron with GMMv2b attention (AnyoneNet section III-C)."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from anyonenet.audio.mel import MelSettings
from anyonenet.losses.tts import TTSLoss
from anyonenet.metrics import alignment as measures
from anyonenet.networks.tacotron import Tacotron
from anyonenet.text.symbols import SYMBOLS
from anyonenet.types import TacotronOutput, TTSBatch
from anyonenet.voice import encode_embeddings
from lightning_modules.logging.shown.speech import SpokenItems
from lightning_modules.stage import StageModule

PARTS = ("coarse", "refined", "stop", "guide")
"""of the loss"""


class TTSModule(StageModule):
    """What is optimised: `Tacotron`, with Adam as Tacotron 2 (Shen et al. 2018, section 3.1) does.

    The learning rate stands still until `decay_start`, then falls exponentially to `final_learning_rate` at
    `decay_end`. The dropout's random numbers depend on (seed, rank, step) alone, so a resumed run goes on as if never
    stopped.
    """

    network: Tacotron

    def __init__(
        self,
        speaker_projection: int = 256,
        embedding_size: int = 256,
        shared_marks: bool = False,
        encoder_prenet: tuple[int, ...] = (256, 128),
        encoder_dropout: float = 0.5,
        bank_size: int = 16,
        bank_channels: int = 128,
        projection_channels: int = 128,
        highway_layers: int = 4,
        gru_size: int = 128,
        decoder_prenet: tuple[int, ...] = (256, 256),
        attention_rnn: int = 1024,
        decoder_rnn: int = 1024,
        postnet_channels: int = 512,
        dropout: float = 0.5,
        decoder_dropout: float = 0.1,
        reduction_factor: int = 2,
        attention_components: int = 5,
        attention_hidden: int = 128,
        initial_step: float = 1.0,
        initial_width: float = 10.0,
        normalise: Literal["none", "sum"] = "none",
        postnet_bfloat16: bool = False,
        reduction_schedule: dict[int, int] | None = None,
        distance: Literal["mse", "l1", "both"] = "mse",
        stop_weight: float = 1.0,
        stop_positive_weight: float = 5.0,
        guide_weight: float = 0.0,
        low_bands: int = 0,
        low_weight: float = 1.0,
        learning_rate: float = 1e-3,
        warmup_steps: int = 0,
        final_learning_rate: float = 1e-5,
        decay_start: int = 50_000,
        decay_end: int = 150_000,
        weight_decay: float = 1e-6,
        gradient_clip: float = 1.0,
        seed: int = 0,
        **options: Any,
    ):
        """
        Args:
            speaker_projection … postnet_bfloat16: of `Tacotron`; `reduction_factor` is the highest used.
            reduction_schedule: step -> reduction factor from that step on; None keeps `reduction_factor` throughout.
            distance, stop_weight, stop_positive_weight, guide_weight, low_bands, low_weight: of `TTSLoss`.
            learning_rate: of Adam, reached after `warmup_steps`.
            final_learning_rate: from `decay_end` on.
            decay_start, decay_end: steps between which the rate falls.
            weight_decay: L2 term of Adam.
            gradient_clip: largest norm of the gradient, where the trainer's `gradient_clip_val` says none.
            seed: of the dropout.
            options: of `StageModule`.
        """
        super().__init__(**options)
        self.save_hyperparameters()
        network = Tacotron(
            symbols=len(SYMBOLS),
            speaker_projection=speaker_projection,
            embedding_size=embedding_size,
            shared_marks=shared_marks,
            encoder_prenet=list(encoder_prenet),
            encoder_dropout=encoder_dropout,
            bank_size=bank_size,
            bank_channels=bank_channels,
            projection_channels=projection_channels,
            highway_layers=highway_layers,
            gru_size=gru_size,
            decoder_prenet=list(decoder_prenet),
            attention_rnn=attention_rnn,
            decoder_rnn=decoder_rnn,
            postnet_channels=postnet_channels,
            dropout=dropout,
            decoder_dropout=decoder_dropout,
            reduction_factor=reduction_factor,
            attention_components=attention_components,
            attention_hidden=attention_hidden,
            initial_step=initial_step,
            initial_width=initial_width,
            normalise=normalise,
            postnet_bfloat16=postnet_bfloat16,
        )
        self.adopt(network)
        self.loss = TTSLoss(
            distance,
            stop_weight,
            stop_positive_weight,
            guide_weight,
            silence=MelSettings().silence,
            low_bands=low_bands,
            low_weight=low_weight,
            over_ranks=self.over_ranks,
        )
        self.speakers: dict[str, Any] = {}
        self.shown: SpokenItems | None = None
        # a checkpoint read by the command line brings its keys as text
        schedule = reduction_schedule or {0: reduction_factor}
        self.reduction_schedule = dict(sorted((int(step), factor) for step, factor in schedule.items()))

    def setup(self, stage: str) -> None:
        """Take note of the training speakers, where the DataModule knows them (`speaker_table`)."""
        data = getattr(self.trainer, "datamodule", None)
        if stage == "fit" and data is not None and hasattr(data, "speaker_table"):
            names, embeddings = data.speaker_table()
            self.speakers = {"names": names, "embeddings": encode_embeddings(embeddings)}

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["speakers"] = self.speakers

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        # what `setup` found stands: the speaker encoder may have changed since the checkpoint was written
        self.speakers = self.speakers or checkpoint.get("speakers", {})

    def export_extra(self) -> dict[str, Any]:
        """For the card: the training speakers' mean embeddings, by which a voice's nearest ones are found."""
        return {"speakers": self.speakers} if self.speakers else {}

    def compiled_parts(self) -> list[nn.Module]:
        """The post-net: the rest is recurrent, and has its own hand-written loop."""
        return [self.network.postnet]

    def reduction_factor_at(self, step: int) -> int:
        """The schedule's reduction factor at a global step."""
        reached = [factor for start, factor in self.reduction_schedule.items() if start <= step]
        return reached[-1] if reached else next(iter(self.reduction_schedule.values()))

    def forward(self, batch: TTSBatch, generator: torch.Generator | None = None) -> TacotronOutput:
        output: TacotronOutput = self.network(
            batch.symbols,
            batch.symbol_lengths,
            batch.speaker_embeddings,
            batch.mels,
            batch.mel_lengths,
            generator,
        )
        return output

    def training_step(self, batch: TTSBatch, batch_index: int) -> Tensor:
        self.network.use_reduction_factor(self.reduction_factor_at(self.global_step))
        output = self(batch, self._generator(self.global_step))
        losses = self.loss(output, batch.mels, batch.mel_lengths, batch.symbol_lengths)
        self.log("train/loss", losses.total, prog_bar=True, batch_size=len(batch.mels))
        for name in PARTS:
            self.log(f"train/{name}", getattr(losses, name), batch_size=len(batch.mels))
        total: Tensor = losses.total
        return total

    def configure_gradient_clipping(
        self,
        optimizer: torch.optim.Optimizer,
        gradient_clip_val: float | None = None,
        gradient_clip_algorithm: str | None = None,
    ) -> None:
        """Clip by norm; a gradient that is not finite (attention early in training) is left out and counted."""
        limit = self.hparams["gradient_clip"] if gradient_clip_val is None else gradient_clip_val
        norm = torch.nn.utils.clip_grad_norm_(self.parameters(), limit)
        finite = bool(norm.isfinite())
        if not finite:
            optimizer.zero_grad()
        self.log("train/gradient_norm", norm if finite else norm.new_tensor(0.0))
        self.log("train/steps_without_gradient", 0.0 if finite else 1.0, on_step=False, on_epoch=True, reduce_fx="sum")

    def validation_step(self, batch: TTSBatch, batch_index: int) -> None:
        """Teacher-forced losses and measures of the attention; the first batch is also synthesised freely."""
        output = self(batch, self._generator(batch_index))
        losses = self.loss(output, batch.mels, batch.mel_lengths, batch.symbol_lengths)
        factor = self.network.reduction_factor
        steps = (-(-batch.mel_lengths // factor)).sum()
        for name in PARTS:
            self.means.add(name, getattr(losses, name), steps)
        values = [
            (measures.diagonality(item), measures.coverage(item), measures.sharpness(item))
            for item in _items(output.alignments, batch.mel_lengths, batch.symbol_lengths, factor)
        ]
        for name, column in zip(("diagonality", "coverage", "sharpness"), zip(*values)):
            self.means.add(name, torch.tensor(column))
        if batch_index == 0 and not self.trainer.sanity_checking:
            self._synthesise(batch)

    def on_validation_epoch_end(self) -> None:
        """Losses as means over decoder steps, measures as means over utterances."""
        means = self.means.take(self.device)
        if not means:
            return
        stop, guide = self.loss.stop_weight * means["stop"], self.loss.guide_weight * means["guide"]
        means["loss"] = means["coarse"] + means["refined"] + stop + guide
        self.log_values("validation", means, shown=("loss", "sharpness", "failures"))

    def configure_optimizers(self) -> Any:
        hyper = self.hparams
        optimiser = torch.optim.Adam(
            self.parameters(), hyper["learning_rate"], eps=1e-6, weight_decay=hyper["weight_decay"], fused=self.fused
        )
        schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, self._rate_share)
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def _rate_share(self, step: int) -> float:
        hyper = self.hparams
        if step < hyper["warmup_steps"]:
            return (step + 1) / hyper["warmup_steps"]
        fraction = (step - hyper["decay_start"]) / max(hyper["decay_end"] - hyper["decay_start"], 1)
        return float((hyper["final_learning_rate"] / hyper["learning_rate"]) ** min(max(fraction, 0.0), 1.0))

    def _generator(self, step: int) -> torch.Generator:
        # SeedSequence mixes the three numbers; their sum would repeat between ranks and steps
        mixed = np.random.SeedSequence([self.hparams["seed"], self.global_rank, step]).generate_state(1, np.uint64)
        return torch.Generator(self.device).manual_seed(int(mixed[0]) % 2**63)

    def _synthesise(self, batch: TTSBatch) -> None:
        """Free-running synthesis of a few items: failures, length, and what is shown of them."""
        few = slice(0, 8)
        limit = 2 * int(batch.mel_lengths[few].max())
        synthesis = self.network.generate(
            batch.symbols[few],
            batch.symbol_lengths[few],
            batch.speaker_embeddings[few],
            limit,
            self._generator(0),
        )
        factor = self.network.reduction_factor
        items = _items(synthesis.alignments, synthesis.lengths, batch.symbol_lengths[few], factor)
        reports = [
            measures.report(item, bool(stopped), int(length), float(true))
            for item, stopped, length, true in zip(items, synthesis.stopped, synthesis.lengths, batch.mel_lengths)
        ]
        self.means.add("failures", torch.tensor([item.failed for item in reports]))
        self.means.add("length_ratio", synthesis.lengths / batch.mel_lengths[few])
        self.shown = SpokenItems(
            items[:4],
            _mels(synthesis.mels[:4], synthesis.lengths),
            _mels(batch.mels[:4], batch.mel_lengths),
            synthesis.stopped[:4].tolist(),
        )


def _items(alignments: Tensor, frames: Tensor, symbols: Tensor, factor: int) -> list[np.ndarray]:
    """Each item's own `(steps, symbols)` part of the alignments."""
    return [
        alignment[: -(-int(length) // factor), : int(count)].float().cpu().numpy()
        for alignment, length, count in zip(alignments, frames, symbols)
    ]


def _mels(mels: Tensor, lengths: Tensor) -> list[np.ndarray]:
    """Each item's own `(frames, 80)` part."""
    return [mel[: int(length)].float().cpu().numpy() for mel, length in zip(mels, lengths)]

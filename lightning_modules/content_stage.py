"""What MakeItTalk's two branches have in common in training: they hear a frozen content encoder."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from anyonenet.audio.mel import MelSettings
from anyonenet.content_codes import ContentCodes
from anyonenet.errors import InputError, WeightsError
from anyonenet.types import VoicedLandmarkBatch
from lightning_modules.stage import StageModule


class ContentStage(StageModule):
    """A stage whose module has the hyperparameters `content_weights` and `hop_seconds`.

    The encoder is loaded when a training begins, not when a checkpoint is exported: then the checksum that the
    checkpoint keeps is enough.
    """

    def __init__(self, **options: Any):
        super().__init__(**options)
        self._content: list[ContentCodes] = []  # in a list, where Lightning finds no module
        self.content_sha256 = ""

    def setup(self, stage: str) -> None:
        """Load the content encoder.

        Raises:
            WeightsError: missing or corrupt.
            InputError: it gives other features than the network takes, or data and encoder are of other frame rates.
        """
        codes = ContentCodes(self.hparams["content_weights"])
        wanted = self.hparams["content_size"]
        if codes.size != wanted:
            raise InputError(
                f"{self.hparams['content_weights'] or 'the mel'} gives {codes.size} features a frame, the network "
                f"takes {wanted}; set --model.init_args.content_size to {codes.size}"
            )
        given = MelSettings(hop_seconds=self.hparams["hop_seconds"])
        data = getattr(getattr(self.trainer, "datamodule", None), "mel_settings", given)
        own = codes.mel if codes.sha256 else given
        for other, whose in ((data, "the data"), (own, self.hparams["content_weights"])):
            if other.frame_rate != given.frame_rate:
                raise InputError(
                    f"{whose} has {other.frame_rate:g} mel frames a second, the module expects {given.frame_rate:g}; "
                    "give model and data one hop_seconds, that of the content encoder"
                )
        self._content = [codes]
        self.content_sha256 = codes.sha256

    def content(self, batch: VoicedLandmarkBatch) -> Tensor:
        """`(B, T, content_size)` of a batch, without gradient."""
        (codes,) = self._content
        codes.to(batch.mels.device)
        return codes(batch.mels, batch.lengths, batch.speaker_embeddings)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["content_sha256"] = self.content_sha256

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        trained_with = checkpoint.get("content_sha256", "")
        if self._content and trained_with != self.content_sha256:
            raise WeightsError("the training began with another content encoder; go on with that one, or begin anew")
        self.content_sha256 = trained_with

    def export_extra(self) -> dict[str, Any]:
        """Which content encoder the network was trained with."""
        return {"content_sha256": self.content_sha256}

    def export_mel(self) -> dict[str, Any]:
        """Settings of the mels, for the card."""
        return {"hop_seconds": self.hparams["hop_seconds"]}

"""Training of MakeItTalk's speaker-aware branch against a landmark discriminator: equations (11) and (12)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from anyonenet.errors import WeightsError
from anyonenet.face.posed import lifted, posed, turned
from anyonenet.losses.adversarial import AdversarialLoss
from anyonenet.losses.graph_laplacian import landmark_and_laplacian
from anyonenet.networks.masked import frame_mask
from anyonenet.networks.speaker_aware import LandmarkDiscriminator, SpeakerAwareBranch
from anyonenet.networks.speech_content import SpeechContentBranch
from anyonenet.ranks import mean_over_ranks
from anyonenet.types import VoicedLandmarkBatch
from anyonenet.weights import load_weights
from lightning_modules.content_stage import ContentStage
from lightning_modules.two_players import TwoPlayersModule, unmoved


class SpeakerAwareModule(ContentStage, TwoPlayersModule):
    """Optimises a `SpeakerAwareBranch` against a `LandmarkDiscriminator`; how, says `TwoPlayersModule`.

    Landmarks are as the head holds them: frontal ones with the usual face's depth, turned about the neck by the clip's
    orientations. The speech-content branch is frozen; its displacements are turned as the photograph is.

    Args:
        content_weights: folder of the exported content encoder; None: the branch hears the mel itself.
        speech_weights: folder of the exported speech-content branch; None: this branch moves the face alone, the
            paper's 'no content' variant.
        content_size, lstm_width, lstm_layers, window, speaker_size, speaker_between, speaker_width, attention_width,
            attention_layers, attention_heads, attention_window, hidden: of the networks; the defaults are the paper's.
        hop_seconds: of the mels, that of the DataModule and the content encoder.
        learning_rate: of both optimisers, the paper's; falls along a cosine to a tenth.
        weight_decay: of both, the paper's.
        laplacian_weight, adversarial_weight: lambda_s and mu_s of equation (12).
        lip_weight: of the lip points in the distances (1 = equation (12)).
        gradient_norm: gradients of either network longer than this are cut to it (0 = the paper: never).
        accumulate: batches whose gradients are added up, averaged, to one step.
        options: of `StageModule`.
    """

    network: SpeakerAwareBranch
    betas = (0.9, 0.999)

    def __init__(
        self,
        content_weights: str | None = "weights/makeittalk_content",
        speech_weights: str | None = "weights/makeittalk_speech",
        content_size: int = 32,
        lstm_width: int = 256,
        lstm_layers: int = 3,
        window: int = 18,
        speaker_size: int = 1024,
        speaker_between: int = 256,
        speaker_width: int = 128,
        attention_width: int = 32,
        attention_layers: int = 2,
        attention_heads: int = 2,
        attention_window: int = 256,
        hidden: Sequence[int] = (512, 256),
        hop_seconds: float = 0.0125,
        learning_rate: float = 1e-4,
        weight_decay: float = 1e-6,
        laplacian_weight: float = 1.0,
        adversarial_weight: float = 0.001,
        lip_weight: float = 1.0,
        gradient_norm: float = 0.0,
        accumulate: int = 1,
        **options: Any,
    ):
        super().__init__(
            learning_rate=learning_rate,
            last_rate=0.1,
            gradient_norm=gradient_norm,
            accumulate=accumulate,
            falling="cosine",
            weight_decay=weight_decay,
            **options,
        )
        self.save_hyperparameters()
        speaker: dict[str, Any] = {
            "speaker_size": speaker_size,
            "speaker_between": speaker_between,
            "speaker_width": speaker_width,
            "attention_width": attention_width,
            "attention_layers": attention_layers,
            "attention_heads": attention_heads,
            "attention_window": attention_window,
            "hidden": list(hidden),
        }
        self.adopt(SpeakerAwareBranch(content_size, lstm_width, lstm_layers, window, **speaker))
        self.discriminator = LandmarkDiscriminator(lstm_width, **speaker)
        self.adversarial = AdversarialLoss("least_squares")
        self._speech: list[SpeechContentBranch] = []
        self.speech_sha256 = ""

    def setup(self, stage: str) -> None:
        """Load the content encoder and the speech-content branch; raises as `ContentStage.setup`."""
        super().setup(stage)
        folder = self.hparams["speech_weights"]
        self._speech, self.speech_sha256 = [], ""
        if folder is None:
            return
        network, card = load_weights(Path(folder), "makeittalk_speech")
        if not isinstance(network, SpeechContentBranch):
            raise WeightsError(f"{folder} holds a {type(network).__name__}; expected a SpeechContentBranch")
        self._content[0].check(card.extra.get("content_sha256", ""), network.content_size, f"the branch in {folder}")
        self._speech, self.speech_sha256 = [network], card.sha256

    def training_step(self, batch: VoicedLandmarkBatch, batch_index: int) -> None:
        made, target, heard = self._moved(batch)
        mask = frame_mask(batch.lengths, batch.mels.shape[1])
        landmarks, bent = landmark_and_laplacian(made, target, mask, self.hparams["lip_weight"], self.over_ranks)
        condition = (batch.lengths, heard.detach(), batch.speaker_embeddings)
        verdict = unmoved(self.discriminator, made, *condition)[mask]
        generator = self._shared(self.adversarial.generator(verdict), mask)
        real_verdict = self.discriminator(target, *condition)[mask]
        made_verdict = self.discriminator(made.detach(), *condition)[mask]
        seen_through = self._shared(self.adversarial.discriminator(real_verdict, made_verdict), mask)
        weights = (1.0, self.hparams["laplacian_weight"], self.hparams["adversarial_weight"])
        loss = sum(weight * part for weight, part in zip(weights, (landmarks, bent, generator), strict=True))
        self.descend(loss + seen_through, batch_index)
        values = {"loss": loss, "landmarks": landmarks, "laplacian": bent, "generator": generator}
        values["discriminator"] = seen_through
        self.log_dict({f"train/{name}": value for name, value in values.items()}, prog_bar=True)
        signs = self.adversarial.signs(real_verdict.detach(), made_verdict.detach())
        self.log_dict({f"train/{name}": value for name, value in signs.items()})

    def validation_step(self, batch: VoicedLandmarkBatch, batch_index: int) -> None:
        self._evaluate(batch)

    def test_step(self, batch: VoicedLandmarkBatch, batch_index: int) -> None:
        self._evaluate(batch)

    def on_validation_epoch_end(self) -> None:
        self._log_evaluation("validation")

    def on_test_epoch_end(self) -> None:
        self._log_evaluation("test")

    def judges(self) -> Iterable[nn.Parameter]:
        return self.discriminator.parameters()

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        super().on_save_checkpoint(checkpoint)
        checkpoint["speech_sha256"] = self.speech_sha256

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        super().on_load_checkpoint(checkpoint)
        trained_with = checkpoint.get("speech_sha256", "")
        if self._content and trained_with != self.speech_sha256:
            raise WeightsError("the training began with another speech-content branch; go on with that one")
        self.speech_sha256 = trained_with

    def export_extra(self) -> dict[str, Any]:
        """Which content encoder and speech-content branch the network was trained with; '' for none."""
        return {**super().export_extra(), "speech_sha256": self.speech_sha256}

    def _moved(self, batch: VoicedLandmarkBatch) -> tuple[Tensor, Tensor, Tensor]:
        """Predicted and true landmarks as the head holds them `(B, T, 68, 3)`, and what was heard."""
        frontal = lifted(batch.base_landmarks)
        content = self.content(batch)
        faces = posed(frontal, batch.base_quaternions)
        made, heard = self.network(content, batch.lengths, batch.speaker_embeddings, faces)
        made = faces[:, None] + made
        for speech in self._speech:
            speech.to(made.device)
            with torch.no_grad():
                said = speech(content, batch.lengths, frontal)
            made = made + turned(said, batch.base_quaternions[:, None])
        return made, posed(lifted(batch.landmarks), batch.quaternions), heard

    def _shared(self, loss: Tensor, mask: Tensor) -> Tensor:
        """A mean over this process's frames so that the mean over processes is that over all frames."""
        if not self.over_ranks:
            return loss
        count = mask.sum()
        return loss * count / mean_over_ranks(count).clamp_min(1)

    def _evaluate(self, batch: VoicedLandmarkBatch) -> None:
        """Notes the distances, and those of a photograph that does not move."""
        made, target, _ = self._moved(batch)
        mask = frame_mask(batch.lengths, batch.mels.shape[1])
        still = posed(lifted(batch.base_landmarks), batch.base_quaternions)[:, None].expand_as(target)
        for predicted, kind in ((made, ""), (still, "_still")):
            landmarks, bent = landmark_and_laplacian(predicted, target, mask)
            self.means.add(f"landmarks{kind}", landmarks, mask.sum())
            self.means.add(f"laplacian{kind}", bent, mask.sum())

    def _log_evaluation(self, split: str) -> None:
        means = self.means.take(self.device)
        if not means:
            return
        means["loss"] = means["landmarks"] + self.hparams["laplacian_weight"] * means["laplacian"]
        for name in ("landmarks", "laplacian"):
            still = means.pop(f"{name}_still", 0.0)
            if still > 0:
                means[f"{name}_of_still"] = means[name] / still
        self.log_values(split, means, shown=("loss", "landmarks_of_still"))

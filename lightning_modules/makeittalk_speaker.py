"""Training of MakeItTalk's speaker-aware branch against a landmark discriminator: equations (11) and (12)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.func import functional_call

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


class SpeakerAwareModule(ContentStage):
    """Optimises a `SpeakerAwareBranch` against a `LandmarkDiscriminator`, each with its own Adam.

    Landmarks are as the head holds them: frontal ones with the usual face's depth, turned about the neck by the clip's
    orientations. The speech-content branch is frozen; its displacements are turned as the photograph is.

    Both losses are added and run backward once: the generator's is computed with the discriminator's parameters
    detached and the discriminator's on detached landmarks, so each side gets its own gradient only.

    Args:
        content_weights: folder of the exported content encoder; None: the branch hears the mel itself.
        speech_weights: folder of the exported speech-content branch; None: this branch moves the face alone, the
            paper's 'no content' variant.
        content_size, lstm_width, lstm_layers, window, speaker_size, speaker_between, speaker_width, attention_width,
            attention_layers, attention_heads, attention_window, hidden: of the networks; the defaults are the paper's.
        hop_seconds: of the mels, that of the DataModule and the content encoder.
        learning_rate: the paper's; falls along a cosine to a tenth.
        weight_decay: the paper's.
        laplacian_weight, adversarial_weight: lambda_s and mu_s of equation (12).
        lip_weight: of the lip points in the distances (1 = equation (12)).
        gradient_norm: gradients of either network longer than this are cut to it (0 = the paper: never).
        options: of `StageModule`.
    """

    network: SpeakerAwareBranch

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
        **options: Any,
    ):
        super().__init__(**options)
        self.save_hyperparameters()
        self.automatic_optimization = False
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
        fixed = {name: parameter.detach() for name, parameter in self.discriminator.named_parameters()}
        fixed |= dict(self.discriminator.named_buffers())
        verdict = functional_call(self.discriminator, fixed, (made, *condition))[mask]
        generator = self._shared(self.adversarial.generator(verdict), mask)
        real_verdict = self.discriminator(target, *condition)[mask]
        made_verdict = self.discriminator(made.detach(), *condition)[mask]
        seen_through = self._shared(self.adversarial.discriminator(real_verdict, made_verdict), mask)
        weights = (1.0, self.hparams["laplacian_weight"], self.hparams["adversarial_weight"])
        loss = sum(weight * part for weight, part in zip(weights, (landmarks, bent, generator), strict=True))
        self._descend(loss + seen_through)
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

    def on_before_optimizer_step(self, optimizer: torch.optim.Optimizer) -> None:
        """Clips; Lightning does not for a module with two optimisers."""
        if self.hparams["gradient_norm"] > 0:
            parameters = [value for group in optimizer.param_groups for value in group["params"]]
            torch.nn.utils.clip_grad_norm_(parameters, self.hparams["gradient_norm"])

    def configure_optimizers(self) -> tuple[list[Any], list[Any]]:
        rate, decay = self.hparams["learning_rate"], self.hparams["weight_decay"]
        optimisers = [
            torch.optim.Adam(network.parameters(), lr=rate, weight_decay=decay, fused=self.fused)
            for network in (self.network, self.discriminator)
        ]
        steps = self._steps()

        def factor(step: int) -> float:
            return 0.55 + 0.45 * math.cos(math.pi * min(1.0, step / max(1, steps)))

        return optimisers, [torch.optim.lr_scheduler.LambdaLR(optimiser, factor) for optimiser in optimisers]

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

    def _descend(self, loss: Tensor) -> None:
        optimisers: Any = self.optimizers()
        for optimiser in optimisers:
            optimiser.zero_grad()
        self.manual_backward(loss)
        for optimiser in optimisers:
            optimiser.step()
        schedules: Any = self.lr_schedulers()
        for schedule in schedules:
            schedule.step()

    def _steps(self) -> int:
        """Of each optimiser in the whole training."""
        trainer = self.trainer
        steps = int(trainer.estimated_stepping_batches)
        if trainer.max_epochs is not None and trainer.max_epochs > 0 and math.isfinite(trainer.num_training_batches):
            steps = int(trainer.num_training_batches) * trainer.max_epochs
        return min(steps, -(-trainer.max_steps // 2)) if trainer.max_steps > 0 else steps

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

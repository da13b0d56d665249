"""Training of the image translation: L1, perceptual and conditional adversarial loss (AnyoneNet III-E)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from anyonenet.losses.adversarial import AdversarialLoss, feature_matching
from anyonenet.losses.emphasis import emphasis
from anyonenet.losses.flow import FlowLoss, neighbour_difference
from anyonenet.losses.mouth import MouthLoss
from anyonenet.losses.perceptual import PerceptualLoss
from anyonenet.networks.image_translation import ImageTranslator
from anyonenet.networks.patch_discriminator import PatchDiscriminator
from anyonenet.types import ImageBatch
from lightning_modules.logging.shown.pictures import TranslatedPictures
from lightning_modules.two_players import TwoPlayersModule, unmoved


class ImageTranslationModule(TwoPlayersModule):
    """Optimises an `ImageTranslator` against a `PatchDiscriminator`; how, says `TwoPlayersModule`.

    Args:
        widths, blocks, head, motion_field: of the translator; the defaults are MakeItTalk's.
        discriminator_width: channels of the discriminator's first layer.
        l1_weight, perceptual_weight: 1, as in MakeItTalk.
        mouth_weight, eye_weight: of the pixels at the mouth and the eyes in the L1, against 1 far from them (1 = the
            paper).
        adversarial_weight: the paper states none; 0.01 is pix2pix's proportion to its L1.
        adversarial_kind: 'bce' (pix2pix's) or 'least_squares'.
        matching_weight: of feature matching on the discriminator's layers (0 = the paper).
        mouth_judged: weight of `MouthLoss`, a closer look at the mouth with a discriminator of its own (0 = the paper).
        temporal_weight: of the change between neighbouring frames (0 = the paper); the data must come in pairs
            (`neighbours` of the DataModule).
        moved_weight, landmark_weight, painted_weight, mask_weight, smooth_weight: of `FlowLoss`, with head 'flow'.
        features: of the perceptual loss: 'vgg19' (the paper's) or 'gabor', which needs no weights.
        vgg19_weights: VGG-19's file where it is not in torchvision's place.
        learning_rate: of both optimisers (MakeItTalk's); falls along a cosine to a tenth.
        warmup_steps: steps over which it rises first; a high rate needs some, else `tanh` saturates for good.
        coarse_steps: first steps, run on pictures of half the side: four times as fast (0 = the paper).
        gradient_norm: gradients of either network longer than this are cut to it (0 = the paper: never); one wild step
            can saturate `tanh` for good.
        accumulate: batches whose gradients are added up, averaged, to one step.
        recompute: hold only the inputs of the translator's levels and compute the rest again on the way back: less
            memory, a third more work, the same gradient.
        options: of `StageModule`.
    """

    network: ImageTranslator

    def __init__(
        self,
        widths: Sequence[int] = (64, 128, 256, 512, 512, 512),
        blocks: int = 2,
        head: str = "picture",
        motion_field: bool = False,
        discriminator_width: int = 64,
        l1_weight: float = 1.0,
        perceptual_weight: float = 1.0,
        mouth_weight: float = 1.0,
        eye_weight: float = 1.0,
        adversarial_weight: float = 0.01,
        adversarial_kind: str = "bce",
        matching_weight: float = 0.0,
        mouth_judged: float = 0.0,
        temporal_weight: float = 0.0,
        moved_weight: float = FlowLoss.moved,
        landmark_weight: float = FlowLoss.landmarks,
        painted_weight: float = FlowLoss.painted,
        mask_weight: float = FlowLoss.mask,
        smooth_weight: float = FlowLoss.smooth,
        features: str = "vgg19",
        vgg19_weights: str | None = None,
        learning_rate: float = 1e-4,
        warmup_steps: int = 0,
        coarse_steps: int = 0,
        gradient_norm: float = 0.0,
        accumulate: int = 1,
        recompute: bool = False,
        **options: Any,
    ):
        super().__init__(learning_rate, 0.1, warmup_steps, gradient_norm, accumulate, "cosine", **options)
        self.save_hyperparameters()
        self.shown: TranslatedPictures | None = None
        network = ImageTranslator(list(widths), blocks, head, motion_field)
        network.recompute = recompute
        self.adopt(network)
        self.discriminator = PatchDiscriminator(width=discriminator_width)
        self.adversarial = AdversarialLoss(adversarial_kind)
        self.perceptual = PerceptualLoss(features, vgg19_weights)
        self.mouth = MouthLoss(width=discriminator_width, kind=adversarial_kind) if mouth_judged else None
        self.flow = FlowLoss(moved_weight, landmark_weight, painted_weight, mask_weight, smooth_weight)

    def compiled_parts(self) -> list[nn.Module]:
        return [*self.network.encoder, *self.network.decoder]

    def on_fit_start(self) -> None:
        print(f"perceptual loss on '{self.hparams['features']}' features")

    def training_step(self, batch: ImageBatch, batch_index: int) -> None:
        if self.steps_made < self.hparams["coarse_steps"]:
            batch = coarser(batch)
        sketches, targets = batch.sketches, batch.targets
        height, width = targets.shape[2:]
        weights = emphasis(
            batch.target_landmarks, height, width, self.hparams["mouth_weight"], self.hparams["eye_weight"]
        )
        raw = self.network.raw(self._input(batch)).float()
        made = self.network.compose(raw, batch.photos)
        losses = {
            "l1": self.hparams["l1_weight"] * ((made - targets).abs() * weights).mean(),
            "perceptual": self.hparams["perceptual_weight"] * self._perceptual(made, targets),
        }
        if self.network.head == "flow":
            moved = self.network.moved(raw, batch.photos)
            losses |= self.flow(raw, moved, targets, weights, batch.target_landmarks, batch.photo_landmarks)
        if self.hparams["temporal_weight"]:
            losses["temporal"] = self.hparams["temporal_weight"] * neighbour_difference(made, targets, weights)
        *seen, verdict = unmoved(self.discriminator, sketches, made)
        losses["generator"] = self.hparams["adversarial_weight"] * self.adversarial.generator(verdict)
        *real_seen, real_verdict = self.discriminator(sketches, targets)
        if self.hparams["matching_weight"]:
            losses["matching"] = self.hparams["matching_weight"] * feature_matching(seen, real_seen)
        made_verdict = self.discriminator(sketches, made.detach())[-1]
        seen_through = self.adversarial.discriminator(real_verdict, made_verdict)
        signs = self.adversarial.signs(real_verdict.detach(), made_verdict.detach())
        if self.mouth is not None:
            colours = raw[:, :3] if self.network.head == "flow" else None
            mouth = self.mouth(self.perceptual, batch.target_landmarks, sketches, made, targets, colours)
            losses |= {name: self.hparams["mouth_judged"] * value for name, value in mouth.generator.items()}
            seen_through = seen_through + mouth.discriminator
            signs |= mouth.signs
        self.descend(torch.stack(list(losses.values())).sum() + seen_through, batch_index)
        shown = {name: losses[name] for name in ("l1", "perceptual", "generator")} | {"discriminator": seen_through}
        self.log_dict({f"train/{name}": value for name, value in shown.items()}, prog_bar=True)
        others = {name: value for name, value in losses.items() if name not in shown} | signs
        self.log_dict({f"train/{name}": value for name, value in others.items()})

    def validation_step(self, batch: ImageBatch, batch_index: int) -> None:
        made = self._evaluate(batch)
        if batch_index == 0:
            row = (batch.photos, batch.sketches, made, batch.targets)
            self.shown = TranslatedPictures(*(pictures[:4].float().cpu().numpy() for pictures in row))

    def test_step(self, batch: ImageBatch, batch_index: int) -> None:
        self._evaluate(batch)

    def on_validation_epoch_end(self) -> None:
        self._log_evaluation("validation")

    def on_test_epoch_end(self) -> None:
        self._log_evaluation("test")

    def judges(self) -> list[nn.Parameter]:
        return [*self.discriminator.parameters(), *(() if self.mouth is None else self.mouth.parameters())]

    def export_extra(self) -> dict[str, Any]:
        """What the weights' card should tell besides the network: the features that the perceptual loss used."""
        return {"perceptual_features": self.hparams["features"]}

    def _input(self, batch: ImageBatch) -> Tensor:
        return self.network.join(batch.sketches, batch.photos, batch.motion_fields)

    def _perceptual(self, made: Tensor, targets: Tensor) -> Tensor:
        with torch.autocast(made.device.type, enabled=False):  # small differences drown in bfloat16
            return self.perceptual(made, targets)

    def _evaluate(self, batch: ImageBatch) -> Tensor:
        """Notes L1 and perceptual loss, and those of the photo left as it is.

        Returns:
            the generated pictures `(B, 3, H, W)`.
        """
        made = self.network(self._input(batch)).float()
        for pictures, kind in ((made, ""), (batch.photos, "_copy")):
            self.means.add(f"l1{kind}", F.l1_loss(pictures, batch.targets), len(made))
            self.means.add(f"perceptual{kind}", self._perceptual(pictures, batch.targets), len(made))
        return made

    def _log_evaluation(self, split: str) -> None:
        """Means over pairs, each also divided by that of the photo left as it is (`*_of_copy`; 1 = useless)."""
        means = self.means.take(self.device)
        for name in ("l1", "perceptual"):
            copied = means.pop(f"{name}_copy", 0.0)
            if copied > 0:
                means[f"{name}_of_copy"] = means[name] / copied
        self.log_values(split, means, shown=tuple(means))


def coarser(batch: ImageBatch) -> ImageBatch:
    """The same pairs at half the side."""
    return ImageBatch(
        photos=F.avg_pool2d(batch.photos, 2),
        sketches=F.avg_pool2d(batch.sketches, 2),
        targets=F.avg_pool2d(batch.targets, 2),
        target_landmarks=batch.target_landmarks / 2,
        photo_landmarks=batch.photo_landmarks / 2,
        motion_fields=F.avg_pool2d(batch.motion_fields, 2),
    )

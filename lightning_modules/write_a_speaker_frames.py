"""Training of Write-a-Speaker's video generator: perceptual, L1, face and adversarial loss (equations (8) to (11))."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from anyonenet.losses.adversarial import AdversarialLoss, feature_matching
from anyonenet.losses.emphasis import emphasis
from anyonenet.losses.flow import FlowLoss
from anyonenet.losses.mouth import MouthLoss
from anyonenet.losses.perceptual import PerceptualLoss
from anyonenet.networks.image_translation import ImageTranslator
from anyonenet.networks.scaled_discriminators import ScaledDiscriminators
from anyonenet.networks.space_time_translation import SpaceTimeTranslator
from anyonenet.types import SpaceTimeBatch
from lightning_modules.image_translation import coarser
from lightning_modules.logging.shown.pictures import TranslatedPictures
from lightning_modules.two_players import TwoPlayersModule, unmoved

FACE_MARGIN = 0.1
"""around the landmarks, in heights of the face: what equation (10) crops; the paper states none"""


class SpaceTimeModule(TwoPlayersModule):
    """Optimises a `SpaceTimeTranslator` against `ScaledDiscriminators`.

    `L = alpha * perceptual + beta * L1 + gamma * L1 of the face + adversarial` (equation (11)).

    Args:
        frames, composition, photo, width, coarse_widths, blocks, face_blocks, colour_blocks: of the generator; the
            defaults are the paper's, whose generator knows one person.
        discriminator_width, discriminator_layers: of the discriminators: channels of the first layer, convolutions with
            stride 2 (pix2pixHD has 3; small pictures want fewer).
        discriminators: how many scales; 3 in the paper.
        perceptual_weight, l1_weight, face_weight: alpha, beta and gamma; 10, 100 and 100 in the paper.
        adversarial_weight: 1 in the paper.
        adversarial_kind: 'least_squares' (pix2pixHD's) or 'bce'.
        mouth_weight, eye_weight: of the pixels at the mouth and the eyes in both L1, against 1 far away (1 = the
            paper).
        matching_weight: of feature matching on the discriminators' layers (0 = the paper).
        mouth_judged: weight of `MouthLoss` (0 = the paper).
        moved_weight, landmark_weight, mask_weight, smooth_weight: of `FlowLoss` with composition 'moved', as shares of
            `l1_weight`.
        features: of the perceptual loss: 'vgg19' (the paper's) or 'gabor', which needs no weights.
        vgg19_weights: VGG-19's file where it is not in torchvision's place.
        side: pixels of the pictures that it is trained on, as `size` of the DataModule says; goes into the card.
        coarse_steps: first steps, run on pictures of half the side (0 = the paper).
        learning_rate, last_rate, warmup_steps, gradient_norm, accumulate: of `TwoPlayersModule`; the paper's rate is
            0.0002, falling along a line to half of it.
        options: of `StageModule`.
    """

    network: SpaceTimeTranslator

    def __init__(
        self,
        frames: int = 15,
        composition: str = "painted",
        photo: bool = False,
        width: int = 64,
        coarse_widths: Sequence[int] = (128, 256, 512),
        blocks: int = 4,
        face_blocks: int = 2,
        colour_blocks: int = 3,
        discriminator_width: int = 64,
        discriminator_layers: int = 3,
        discriminators: int = 3,
        perceptual_weight: float = 10.0,
        l1_weight: float = 100.0,
        face_weight: float = 100.0,
        adversarial_weight: float = 1.0,
        adversarial_kind: str = "least_squares",
        mouth_weight: float = 1.0,
        eye_weight: float = 1.0,
        matching_weight: float = 0.0,
        mouth_judged: float = 0.0,
        moved_weight: float = FlowLoss.moved,
        landmark_weight: float = FlowLoss.landmarks,
        mask_weight: float = FlowLoss.mask,
        smooth_weight: float = FlowLoss.smooth,
        features: str = "vgg19",
        vgg19_weights: str | None = None,
        side: int = 256,
        coarse_steps: int = 0,
        learning_rate: float = 2e-4,
        last_rate: float = 0.5,
        warmup_steps: int = 0,
        gradient_norm: float = 0.0,
        accumulate: int = 1,
        **options: Any,
    ):
        super().__init__(
            learning_rate=learning_rate,
            last_rate=last_rate,
            warmup_steps=warmup_steps,
            gradient_norm=gradient_norm,
            accumulate=accumulate,
            **options,
        )
        self.save_hyperparameters()
        self.shown: TranslatedPictures | None = None
        self.adopt(
            SpaceTimeTranslator(
                frames, composition, photo, width, list(coarse_widths), blocks, face_blocks, colour_blocks
            )
        )
        self.discriminators = ScaledDiscriminators(
            3 * frames, discriminator_width, discriminator_layers, discriminators
        )
        self.adversarial = AdversarialLoss(adversarial_kind)
        self.perceptual = PerceptualLoss(features, vgg19_weights)
        self.mouth = MouthLoss(width=discriminator_width, kind=adversarial_kind) if mouth_judged else None
        # what it says of the colour is the face's loss
        self.flow = FlowLoss(moved_weight, landmark_weight, 0.0, mask_weight, smooth_weight)

    def judges(self) -> Iterable[nn.Parameter]:
        yield from self.discriminators.parameters()
        if self.mouth is not None:
            yield from self.mouth.parameters()

    def on_fit_start(self) -> None:
        print(f"perceptual loss on '{self.hparams['features']}' features")

    def training_step(self, batch: SpaceTimeBatch, batch_index: int) -> None:
        if self.steps_made < self.hparams["coarse_steps"]:
            batch = smaller(batch)
        targets, weight = batch.targets, self.hparams
        height, width = targets.shape[2:]
        weights = emphasis(batch.target_landmarks, height, width, weight["mouth_weight"], weight["eye_weight"])
        raw = self.network.raw(self._input(batch)).float()
        made = self.network.compose(raw, batch.photos)
        losses = {
            "perceptual": weight["perceptual_weight"] * self._perceptual(made, targets),
            "l1": weight["l1_weight"] * ((made - targets).abs() * weights).mean(),
            "face": weight["face_weight"] * self._face(raw[:, :3], batch, weights),
        }
        if self.network.composition == "moved":
            moved = ImageTranslator.moved(raw, batch.photos)
            terms = self.flow(raw, moved, targets, weights, batch.target_landmarks, batch.photo_landmarks)
            terms.pop("painted")
            losses |= {name: weight["l1_weight"] * value for name, value in terms.items()}
        seen = unmoved(self.discriminators, batch.volumes, made)
        real = self.discriminators(batch.volumes, targets)
        judged = self.discriminators(batch.volumes, made.detach())
        losses["generator"] = weight["adversarial_weight"] * mean([self.adversarial.generator(s[-1]) for s in seen])
        if weight["matching_weight"]:
            matched = [feature_matching(s[:-1], r[:-1]) for s, r in zip(seen, real, strict=True)]
            losses["matching"] = weight["matching_weight"] * mean(matched)
        seen_through = mean([self.adversarial.discriminator(r[-1], j[-1]) for r, j in zip(real, judged, strict=True)])
        signs = self.adversarial.signs(real[0][-1].detach(), judged[0][-1].detach())
        if self.mouth is not None:
            painted = raw[:, :3]
            mouth = self.mouth(self.perceptual, batch.target_landmarks, batch.sketches, made, targets, painted)
            losses |= {name: weight["mouth_judged"] * value for name, value in mouth.generator.items()}
            seen_through = seen_through + mouth.discriminator
            signs |= mouth.signs
        self.descend(torch.stack(list(losses.values())).sum() + seen_through, batch_index)
        shown = {name: losses[name] for name in ("l1", "face", "generator")} | {"discriminator": seen_through}
        self.log_dict({f"train/{name}": value for name, value in shown.items()}, prog_bar=True)
        others = {name: value for name, value in losses.items() if name not in shown} | signs
        self.log_dict({f"train/{name}": value for name, value in others.items()})

    def _face(self, faces: Tensor, batch: SpaceTimeBatch, weights: Tensor) -> Tensor:
        """Equation (10), right: the L1 of what the face's sub-network paints, over the face alone."""
        inside = face_region(batch.target_landmarks, *faces.shape[2:]) * weights
        return ((faces - batch.targets).abs() * inside).sum() / (3 * inside.sum()).clamp_min(1)

    def validation_step(self, batch: SpaceTimeBatch, batch_index: int) -> None:
        made = self._evaluate(batch)
        if batch_index == 0:
            row = (batch.photos, batch.sketches, made, batch.targets)
            self.shown = TranslatedPictures(*(pictures[:4].float().cpu().numpy() for pictures in row))

    def test_step(self, batch: SpaceTimeBatch, batch_index: int) -> None:
        self._evaluate(batch)

    def on_validation_epoch_end(self) -> None:
        self._log_evaluation("validation")

    def on_test_epoch_end(self) -> None:
        self._log_evaluation("test")

    def export_extra(self) -> dict[str, Any]:
        """What the weights' card should tell besides the network."""
        return {"perceptual_features": self.hparams["features"], "side": self.hparams["side"]}

    def _input(self, batch: SpaceTimeBatch) -> Tensor:
        return self.network.join(batch.volumes, batch.photos, batch.motion_fields)

    def _perceptual(self, made: Tensor, targets: Tensor) -> Tensor:
        with torch.autocast(made.device.type, enabled=False):  # small differences drown in bfloat16
            return self.perceptual(made, targets)

    def _evaluate(self, batch: SpaceTimeBatch) -> Tensor:
        """Notes L1 and perceptual loss, and those of the photo left as it is; the pictures `(B, 3, H, W)`."""
        made = self.network(self._input(batch)).float()
        for pictures, kind in ((made, ""), (batch.photos, "_copy")):
            self.means.add(f"l1{kind}", F.l1_loss(pictures, batch.targets), len(made))
            self.means.add(f"perceptual{kind}", self._perceptual(pictures, batch.targets), len(made))
        return made

    def _log_evaluation(self, split: str) -> None:
        """Means over frames, each also divided by that of the photo left as it is (`*_of_copy`; 1 = useless)."""
        means = self.means.take(self.device)
        for name in ("l1", "perceptual"):
            copied = means.pop(f"{name}_copy", 0.0)
            if copied > 0:
                means[f"{name}_of_copy"] = means[name] / copied
        self.log_values(split, means, shown=tuple(means))


def mean(values: list[Tensor]) -> Tensor:
    """Of scalars: with several discriminators each counts alike."""
    return torch.stack(values).mean()


def face_region(landmarks: Tensor, height: int, width: int) -> Tensor:
    """`(batch, 1, height, width)`: 1 in the rectangle around the landmarks `(batch, 68, 2)`, pixels; 0 outside."""
    low, high = landmarks.amin(1), landmarks.amax(1)
    margin = FACE_MARGIN * (high[:, 1:] - low[:, 1:])
    rows = torch.arange(height, device=landmarks.device, dtype=torch.float32)
    columns = torch.arange(width, device=landmarks.device, dtype=torch.float32)
    across = (columns >= low[:, :1] - margin) & (columns <= high[:, :1] + margin)
    down = (rows >= low[:, 1:] - margin) & (rows <= high[:, 1:] + margin)
    return (down[:, None, :, None] & across[:, None, None, :]).float()


def smaller(batch: SpaceTimeBatch) -> SpaceTimeBatch:
    """The same frames at half the side."""
    halved = coarser(batch)
    fields = {field.name: getattr(halved, field.name) for field in dataclasses.fields(halved)}
    return SpaceTimeBatch(**fields, volumes=F.avg_pool2d(batch.volumes, 2))

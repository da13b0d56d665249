"""Training of Write-a-Speaker's generators from text: equations (1) to (6) of the paper."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from anyonenet.face.blendshapes import EMOTIONS, HEAD, MOUTH, UPPER
from anyonenet.losses.adversarial import AdversarialLoss
from anyonenet.losses.ssim_seq import CONTRAST, LEVEL, ssim_seq
from anyonenet.networks.masked import frame_mask
from anyonenet.networks.motion_discriminator import MotionDiscriminator
from anyonenet.networks.mouth_generator import MouthGenerator
from anyonenet.networks.word_generator import WordGenerator
from anyonenet.ranks import mean_over_ranks
from anyonenet.text.symbols import SYMBOLS
from anyonenet.types import FacialMotionBatch
from lightning_modules.logging.shown.tracks import MovingParameters
from lightning_modules.two_players import TwoPlayersModule, unmoved

HEAD_SCALE = 0.05
"""about the spread of head rotations (radians) and moves (outer-eye distances)"""


class FacialMotionModule(TwoPlayersModule):
    """Base: a generator of tracks against a `MotionDiscriminator`, `L = L_adv + weight * distance`.

    Args:
        discriminator_width: of its layers; the paper does not say.
        distance_weight: lambda_mou = 50, lambda_upp = 100.
        adversarial_weight: 1; 0 is "w/o GAN" of the paper's Table 1.
        generator_rate: 0.0005; fixed for half of the training, then falling to 0 along a line.
        discriminator_rate: 0.00001.
        gradient_norm, accumulate: of `TwoPlayersModule`.
        options: of `StageModule`.
    """

    betas = (0.5, 0.99)
    hold = 0.5
    """share of the training for which the rates stay"""

    def __init__(
        self,
        discriminator_width: int,
        distance_weight: float,
        adversarial_weight: float,
        generator_rate: float,
        discriminator_rate: float,
        scale: float,
        inputs: int,
        **options: Any,
    ):
        super().__init__(**options)
        self.rates = (generator_rate, discriminator_rate)
        self.distance_weight, self.adversarial_weight = distance_weight, adversarial_weight
        self.discriminator = MotionDiscriminator(inputs, discriminator_width, scale=scale)
        self.adversarial = AdversarialLoss("least_squares")
        self.words: list[str] = []
        self.shown: MovingParameters | None = None

    @abstractmethod
    def made_of(self, batch: FacialMotionBatch) -> Tensor:
        """The generated tracks `(B, T, P)`."""

    @abstractmethod
    def real_of(self, batch: FacialMotionBatch) -> Tensor:
        """The recorded ones."""

    @abstractmethod
    def distance(self, made: Tensor, real: Tensor, mask: Tensor, over_ranks: bool) -> Tensor:
        """What the generator is to make small, scalar; `mask` `(B, T)` bool."""

    names: Sequence[str]
    """of the parameters"""

    def judges(self) -> Iterable[nn.Parameter]:
        return self.discriminator.parameters()

    def setup(self, stage: str) -> None:
        """Take over the data's vocabulary, which exported weights need."""
        self.words = list(getattr(getattr(self.trainer, "datamodule", None), "words", self.words)) or self.words

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["words"] = self.words

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        self.words = list(checkpoint.get("words", []))

    def export_extra(self) -> dict[str, Any]:
        """What the weights' card tells besides the network: vocabulary and emotions in the order of their rows."""
        return {"words": self.words, "emotions": list(EMOTIONS), "symbols": list(SYMBOLS)}

    def training_step(self, batch: FacialMotionBatch, batch_index: int) -> None:
        made, real = self.made_of(batch).float(), self.real_of(batch)
        mask = frame_mask(batch.lengths, real.shape[1])
        distance = self.distance(made, real, mask, self.over_ranks)
        verdict = unmoved(self.discriminator, made, batch.lengths)
        real_verdict = self.discriminator(real, batch.lengths)
        made_verdict = self.discriminator(made.detach(), batch.lengths)
        share = self._share(verdict)
        generator = self.adversarial_weight * share * self.adversarial.generator(verdict)
        seen_through = share * self.adversarial.discriminator(real_verdict, made_verdict)
        self.descend(self.distance_weight * distance + generator + seen_through, batch_index)
        values = {"distance": distance, "generator": generator, "discriminator": seen_through}
        self.log_dict({f"train/{name}": value for name, value in values.items()}, prog_bar=True)
        signs = self.adversarial.signs(real_verdict.detach(), made_verdict.detach())
        self.log_dict({f"train/{name}": value for name, value in signs.items()})

    def _share(self, logits: Tensor) -> Tensor:
        """By which a mean over this process's judgements counts among those of all."""
        count = torch.tensor(float(logits.numel()), device=logits.device)
        return count / (mean_over_ranks(count) if self.over_ranks else count)

    def validation_step(self, batch: FacialMotionBatch, batch_index: int) -> None:
        made = self._evaluate(batch)
        if batch_index == 0:
            frames = int(batch.lengths[0])
            predicted, true = (track[0, :frames].float().cpu().numpy() for track in (made, self.real_of(batch)))
            self.shown = MovingParameters(predicted, true, tuple(self.names))

    def test_step(self, batch: FacialMotionBatch, batch_index: int) -> None:
        self._evaluate(batch)

    def on_validation_epoch_end(self) -> None:
        self._log_evaluation("validation")

    def on_test_epoch_end(self) -> None:
        self._log_evaluation("test")

    def _evaluate(self, batch: FacialMotionBatch) -> Tensor:
        """Notes the distance, item by item, and that of each item's own mean face; gives the generated tracks."""
        made, real = self.made_of(batch).float(), self.real_of(batch)
        mask = frame_mask(batch.lengths, real.shape[1])
        for item, frames in enumerate(batch.lengths.tolist()):
            part, seen = real[item : item + 1, :frames], mask[item : item + 1, :frames]
            still = part.mean(dim=1, keepdim=True).expand_as(part)
            for track, kind in ((made[item : item + 1, :frames], ""), (still, "_still")):
                self.means.add(f"distance{kind}", self.distance(track, part, seen, over_ranks=False))
        return made

    def _log_evaluation(self, split: str) -> None:
        """Means over utterances; `distance_of_still` divides by that of a face held at the utterance's own mean."""
        means = self.means.take(self.device)
        still = means.pop("distance_still", 0.0)
        if still > 0:
            means["distance_of_still"] = means["distance"] / still
        self.log_values(split, means, shown=tuple(means))

    def configure_optimizers(self) -> tuple[list[Any], list[Any]]:
        steps = self._steps()
        players = zip((self.network.parameters(), self.judges()), self.rates, strict=True)
        optimisers = [
            torch.optim.Adam(list(parameters), lr=rate, betas=self.betas, eps=1e-8, fused=self.fused)
            for parameters, rate in players
        ]

        def factor(step: int) -> float:
            return min(1.0, max(0.0, (1 - step / max(1, steps)) / (1 - self.hold)))

        return optimisers, [torch.optim.lr_scheduler.LambdaLR(optimiser, factor) for optimiser in optimisers]


class MouthModule(FacialMotionModule):
    """Optimises a `MouthGenerator` with L1 and LSGAN, equations (1) to (3).

    Args:
        embedding, width, dilations, kernel, emotional: of the network; `emotional` False is the paper.
        other arguments: of `FacialMotionModule`.
    """

    names = MOUTH
    network: MouthGenerator

    def __init__(
        self,
        embedding: int = 128,
        width: int = 256,
        dilations: Sequence[int] = (1, 2, 4, 1, 2, 4),
        kernel: int = 5,
        emotional: bool = False,
        discriminator_width: int = 128,
        distance_weight: float = 50.0,
        adversarial_weight: float = 1.0,
        generator_rate: float = 5e-4,
        discriminator_rate: float = 1e-5,
        **options: Any,
    ):
        super().__init__(
            discriminator_width, distance_weight, adversarial_weight, generator_rate, discriminator_rate, 1.0,
            len(MOUTH), **options,
        )  # fmt: skip
        self.save_hyperparameters()
        emotions = len(EMOTIONS) if emotional else 0
        self.adopt(MouthGenerator(len(SYMBOLS), embedding, width, list(dilations), kernel, emotions))

    def made_of(self, batch: FacialMotionBatch) -> Tensor:
        made: Tensor = self.network(batch.symbols, batch.emotions, batch.lengths)
        return made

    def real_of(self, batch: FacialMotionBatch) -> Tensor:
        return batch.parameters[..., len(UPPER) :]

    def distance(self, made: Tensor, real: Tensor, mask: Tensor, over_ranks: bool) -> Tensor:
        """Equation (1): the sum over parameters of what differs, averaged over frames."""
        count = mask.sum()
        frames = (made - real).abs().sum(-1) * mask
        return frames.sum() / (mean_over_ranks(count) if over_ranks else count).clamp_min(1)


class WordModule(FacialMotionModule):
    """Optimises a `WordGenerator` with SSIM-Seq and LSGAN, equations (4) to (6).

    Args:
        words: rows of the word table; the data's vocabulary and two more have to fit.
        embedding, width, levels, blocks: of the network.
        emotional: whether it hears of the emotion.
        level, contrast: delta_1 and delta_2 of equation (4). SSIM is flat where tracks differ by much more than their
            roots: with small ones a high rate leaves a generator where no gradient leads back.
        other arguments: of `FacialMotionModule`.
    """

    network: WordGenerator
    scale = 1.0

    def __init__(
        self,
        words: int = 1860,
        embedding: int = 128,
        width: int = 256,
        levels: int = 3,
        blocks: int = 3,
        emotional: bool = True,
        level: float = LEVEL,
        contrast: float = CONTRAST,
        discriminator_width: int = 128,
        distance_weight: float = 100.0,
        adversarial_weight: float = 1.0,
        generator_rate: float = 5e-4,
        discriminator_rate: float = 1e-5,
        **options: Any,
    ):
        super().__init__(
            discriminator_width, distance_weight, adversarial_weight, generator_rate, discriminator_rate, self.scale,
            len(self.names), **options,
        )  # fmt: skip
        self.save_hyperparameters()
        emotions = len(EMOTIONS) if emotional else 0
        self.adopt(WordGenerator(words, len(self.names), embedding, width, levels, blocks, emotions, self.scale))

    def made_of(self, batch: FacialMotionBatch) -> Tensor:
        made: Tensor = self.network(batch.words, batch.emotions, batch.lengths)
        return made

    def distance(self, made: Tensor, real: Tensor, mask: Tensor, over_ranks: bool) -> Tensor:
        """Equation (4), of tracks in the unit of their spread."""
        constants = (self.hparams["level"], self.hparams["contrast"])
        return 1 - ssim_seq(made / self.scale, real / self.scale, mask, *constants)


class UpperFaceModule(WordModule):
    """G^upp: the 23 parameters of the upper face."""

    names = UPPER

    def real_of(self, batch: FacialMotionBatch) -> Tensor:
        return batch.parameters[..., : len(UPPER)]


class HeadModule(WordModule):
    """G^hed: the 6 of the head pose; with `emotional` False (the paper) it does not hear of the emotion."""

    names = HEAD
    scale = HEAD_SCALE

    def real_of(self, batch: FacialMotionBatch) -> Tensor:
        return batch.head

"""Training of ATVGnet's VG-net: frames from a photo and moving landmarks (Chen et al. 2019, sections 3.2 to 3.4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from anyonenet.losses.adversarial import AdversarialLoss
from anyonenet.losses.attention import dynamic_pixel_loss, regressed_landmark_loss
from anyonenet.losses.emphasis import emphasis
from anyonenet.networks.regression_discriminator import RegressionDiscriminator
from anyonenet.networks.vg_net import DrawnFrames, VGNet
from anyonenet.types import MovingPhotoBatch
from lightning_modules.logging.shown.attention import AttendedFrames
from lightning_modules.two_players import TwoPlayersModule, unmoved

_AT_THE_MOUTH = 1e4
"""weight of the mouth's middle against the rest, in the figures of the mouth alone"""


class ATVGnetFramesModule(TwoPlayersModule):
    """Optimises a `VGNet` against a `RegressionDiscriminator`; how, says `TwoPlayersModule`.

    Validation logs the L1 over the picture and around the mouth, each also divided by that of the photo left as it is
    (`*_of_copy`; the smaller the better, 1 = useless), and the mean attention there.

    Args:
        widths, landmark_hidden, blocks, kernel, dilation, recurrent: of the network; the defaults are the authors'.
        discriminator_width: channels of the discriminator's first layer; 0: there is none.
        discriminator_hidden, discriminator_lstm, discriminator_layers, discriminator_grid: its other sizes.
        pixel_weight: of the pixel loss (10 = the paper).
        dynamic: weigh pixels by the attention, held fixed, plus `floor`; False: all alike.
        floor: weight of pixels without attention (0.5 = the paper).
        mouth_weight: of the pixels at the mouth in that, against 1 far from it (1 = the paper).
        colour_weight: share of the same difference of the colour alone, all over the picture (0 = the paper): a short
            training else stops looking before it can draw.
        adversarial_weight: of the verdict on what is made (1 = the paper).
        landmark_weight: of the landmarks that the discriminator reads off frames, on both sides (1 = the paper).
        lip_weight: of the lips among them; the paper masks them heavier and does not say how much.
        learning_rate: of both optimisers, the authors'; falls along a cosine to a tenth, where the authors hold it.
        warmup_steps: steps over which it rises first.
        coarse_steps: first steps, run on pictures of half the side: four times as fast (0 = the paper).
        gradient_norm: gradients of either network longer than this are cut to it (0 = the paper: never).
        accumulate: batches whose gradients are added up, averaged, to one step.
        options: of `StageModule`.
    """

    network: VGNet

    def __init__(
        self,
        widths: Sequence[int] = (64, 64, 128, 256, 512),
        landmark_hidden: int = 64,
        blocks: int = 9,
        kernel: int = 7,
        dilation: int = 2,
        recurrent: bool = True,
        discriminator_width: int = 64,
        discriminator_hidden: int = 512,
        discriminator_lstm: int = 256,
        discriminator_layers: int = 3,
        discriminator_grid: int = 8,
        pixel_weight: float = 10.0,
        dynamic: bool = True,
        floor: float = 0.5,
        mouth_weight: float = 1.0,
        colour_weight: float = 0.0,
        adversarial_weight: float = 1.0,
        landmark_weight: float = 1.0,
        lip_weight: float = 100.0,
        learning_rate: float = 2e-4,
        warmup_steps: int = 0,
        coarse_steps: int = 0,
        gradient_norm: float = 0.0,
        accumulate: int = 1,
        **options: Any,
    ):
        super().__init__(learning_rate, 0.1, warmup_steps, gradient_norm, accumulate, "cosine", **options)
        self.save_hyperparameters()
        self.shown: AttendedFrames | None = None
        self.adopt(VGNet(list(widths), landmark_hidden, blocks, kernel, dilation, recurrent))
        self.discriminator: RegressionDiscriminator | None = None
        if discriminator_width:
            self.discriminator = RegressionDiscriminator(
                discriminator_width, discriminator_hidden, discriminator_lstm, discriminator_layers, discriminator_grid
            )
        self.adversarial = AdversarialLoss("bce")

    def compiled_parts(self) -> list[nn.Module]:
        network = self.network
        return [network.near, network.far, network.keep, network.decode, network.draw]

    def training_step(self, batch: MovingPhotoBatch, batch_index: int) -> None:
        if self.steps_made < self.hparams["coarse_steps"]:
            batch = coarser(batch)
        drawn = self._drawn(batch)
        losses = {name: self.hparams["pixel_weight"] * loss for name, loss in self._pixel_losses(drawn, batch).items()}
        signs: dict[str, Tensor] = {}
        if self.discriminator is not None:
            judged, signs = self._judged(drawn.frames, batch)
            losses |= judged
        self.descend(torch.stack(list(losses.values())).sum(), batch_index)
        self.log_dict({f"train/{name}": value for name, value in losses.items()}, prog_bar=True)
        others = {"attention": drawn.attention.detach().mean(), **signs}
        self.log_dict({f"train/{name}": value for name, value in others.items()})

    def _drawn(self, batch: MovingPhotoBatch) -> DrawnFrames:
        drawn: DrawnFrames = self.network(batch.photos, batch.photo_landmarks, batch.landmarks)
        return DrawnFrames(drawn.frames.float(), drawn.attention.float(), drawn.colours.float(), drawn.state)

    def _pixel_losses(self, drawn: DrawnFrames, batch: MovingPhotoBatch) -> dict[str, Tensor]:
        targets, weights = batch.frames, around(batch.landmarks, batch.frames.shape[-1], self.hparams["mouth_weight"])
        if self.hparams["dynamic"]:
            losses = {
                "pixel": dynamic_pixel_loss(drawn.frames, targets, drawn.attention, self.hparams["floor"], weights)
            }
        else:
            losses = {"pixel": ((drawn.frames - targets).abs() * weights).mean()}
        if self.hparams["colour_weight"]:
            losses["colour"] = self.hparams["colour_weight"] * ((drawn.colours - targets).abs() * weights).mean()
        return losses

    def _judged(self, made: Tensor, batch: MovingPhotoBatch) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """What the discriminator's verdicts and landmarks cost both sides, and how the two stand."""
        assert self.discriminator is not None
        weight, lips = self.hparams["landmark_weight"], self.hparams["lip_weight"]
        verdict, found = unmoved(self.discriminator, made, batch.photo_landmarks)
        losses = {
            "generator": self.hparams["adversarial_weight"] * self.adversarial.generator(verdict),
            "made_landmarks": weight * regressed_landmark_loss(found, batch.landmarks, lips),
        }
        real_verdict, real_found = self.discriminator(batch.frames, batch.photo_landmarks)
        made_verdict, made_found = self.discriminator(made.detach(), batch.photo_landmarks)
        losses["discriminator"] = self.adversarial.discriminator(real_verdict, made_verdict)
        losses["read_landmarks"] = weight * (
            regressed_landmark_loss(real_found, batch.landmarks, lips)
            + regressed_landmark_loss(made_found, batch.landmarks, lips)
        )
        return losses, self.adversarial.signs(real_verdict.detach(), made_verdict.detach())

    def validation_step(self, batch: MovingPhotoBatch, batch_index: int) -> None:
        drawn = self._evaluate(batch)
        if batch_index == 0:
            row = (drawn.attention, drawn.colours, drawn.frames, batch.frames)
            middle = drawn.frames.shape[1] // 2
            shown = (batch.photos[:4], *(part[:4, middle] for part in row))
            self.shown = AttendedFrames(*(part.float().cpu().numpy() for part in shown))

    def test_step(self, batch: MovingPhotoBatch, batch_index: int) -> None:
        self._evaluate(batch)

    def on_validation_epoch_end(self) -> None:
        self._log_evaluation("validation")

    def on_test_epoch_end(self) -> None:
        self._log_evaluation("test")

    def judges(self) -> Iterable[nn.Parameter]:
        return () if self.discriminator is None else self.discriminator.parameters()

    def _evaluate(self, batch: MovingPhotoBatch) -> DrawnFrames:
        drawn = self._drawn(batch)
        copy = batch.photos.unsqueeze(1).expand_as(batch.frames)
        mouth = around(batch.landmarks, batch.frames.shape[-1], _AT_THE_MOUTH)
        count = batch.frames.shape[0] * batch.frames.shape[1]
        for frames, kind in ((drawn.frames, ""), (copy, "_copy")):
            apart = (frames - batch.frames).abs()
            self.means.add(f"l1{kind}", apart.mean(), count)
            self.means.add(f"mouth_l1{kind}", (apart * mouth).mean(), count)
        self.means.add("attention", drawn.attention.mean(), count)
        self.means.add("mouth_attention", (drawn.attention * mouth).mean(), count)
        return drawn

    def _log_evaluation(self, split: str) -> None:
        means = self.means.take(self.device)
        for name in ("l1", "mouth_l1"):
            copied = means.pop(f"{name}_copy", 0.0)
            if copied > 0:
                means[f"{name}_of_copy"] = means[name] / copied
        self.log_values(split, means, shown=("l1_of_copy", "mouth_l1_of_copy"))


def coarser(batch: MovingPhotoBatch) -> MovingPhotoBatch:
    """The same clips at half the side."""
    frames = F.avg_pool2d(batch.frames.flatten(0, 1), 2).unflatten(0, batch.frames.shape[:2])
    return MovingPhotoBatch(F.avg_pool2d(batch.photos, 2), batch.photo_landmarks, frames, batch.landmarks)


def around(landmarks: Tensor, side: int, mouth: float) -> Tensor:
    """`(B, F, 68, 2)` from -1 to 1 -> weights `(B, F, 1, side, side)` with mean 1: `mouth` there, 1 far away."""
    pixels = (landmarks.flatten(0, 1) + 1) * (side / 2) - 0.5
    return emphasis(pixels, side, side, mouth).unflatten(0, landmarks.shape[:2])

"""Training of Speech2Vid: the face that says a window of speech, by an L1 loss (section 3.2, equation 1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from anyonenet.face.template import LIPS
from anyonenet.losses.emphasis import emphasis
from anyonenet.networks.speech2vid import Speech2Vid
from anyonenet.networks.vgg_m import WIDTHS
from anyonenet.types import SpokenFaceBatch
from lightning_modules.logging.shown.pictures import PictureColumns
from lightning_modules.optimising import descent
from lightning_modules.stage import StageModule

_SHOWN = 4


class Speech2VidModule(StageModule):
    """Optimises a `Speech2Vid` network.

    Validation logs `l1`, the mean absolute difference of numbers in [-1, 1], and `l1_mouth`, the same where the mouth
    is, each also divided by that of the still left as it is (`*_of_still`; 1 = useless); and `mouth_follows`, the
    correlation within cuts of how bright the mouth is, made and true: heads that turn spoil the first two, so the third
    tells best whether the sound is heard.

    Args:
        stills, side, audio_widths, identity_widths, hidden, embedding, decoder_widths, skips: of the network; the
            defaults are the paper's where it states them.
        vgg_m: file of a trained VGG-M, whose convolutions the identity encoder begins with (see
            `anyonenet.networks.vgg_m`); None: from nothing. The paper's was trained on VGG Face, which cannot be had
            with a package.
        optimiser: 'sgd' with momentum (the paper) or 'adam'.
        learning_rate: 1e-5 in the paper, of a loss that is summed over a picture.
        momentum: of SGD.
        falling: the rate falls along a cosine to a hundredth; else it is fixed (the paper).
        warmup_steps: steps over which it rises from 0.
        summed: the loss is the sum over a picture's numbers (equation 1), else their mean.
        mouth_weight: of the loss at the mouth's middle against far away; 1: none (the paper).
        lips_weight: of the squared error of the lips that a linear layer reads off what was heard, in half sides, the
            lips' middle at 0; 0: none (the paper). Pixels change more with how the head is held than with the sound,
            which a short training does not find in them. The layer is not exported.
        options: of `StageModule`.
    """

    network: Speech2Vid

    def __init__(
        self,
        stills: int = 1,
        side: int = 112,
        audio_widths: Sequence[int] = (64, 128, 256, 256, 256),
        identity_widths: Sequence[int] = WIDTHS,
        hidden: int = 512,
        embedding: int = 256,
        decoder_widths: Sequence[int] = (512, 256, 128, 96, 64),
        skips: Sequence[int] = (2, 5),
        vgg_m: str | None = None,
        optimiser: str = "sgd",
        learning_rate: float = 1e-5,
        momentum: float = 0.9,
        falling: bool = False,
        warmup_steps: int = 0,
        summed: bool = True,
        mouth_weight: float = 1.0,
        lips_weight: float = 0.0,
        **options: Any,
    ):
        super().__init__(**options)
        self.save_hyperparameters()
        self.shown: PictureColumns | None = None
        self.adopt(
            Speech2Vid(
                stills=stills,
                side=side,
                audio_widths=list(audio_widths),
                identity_widths=list(identity_widths),
                hidden=hidden,
                embedding=embedding,
                decoder_widths=list(decoder_widths),
                skips=list(skips),
            )
        )
        self.lips = nn.Linear(embedding, 2 * len(LIPS)) if lips_weight > 0 else None

    def setup(self, stage: str) -> None:
        """Takes VGG-M's convolutions where a training begins, and not where one goes on."""
        if stage == "fit" and self.hparams["vgg_m"] is not None and self.trainer.ckpt_path is None:
            self.network.pictures.load_pretrained(self.hparams["vgg_m"])

    def compiled_parts(self) -> list[nn.Module]:
        network = self.network
        return [network.audio, network.pictures, network.identity, network.decoder]

    def training_step(self, batch: SpokenFaceBatch, batch_index: int) -> Tensor:
        heard = self.network.audio(batch.mfccs)
        made = self.network.shown(heard, self.network.identify(batch.stills)).float()
        differences = (made - batch.targets).abs()
        if self.hparams["mouth_weight"] != 1:
            height, width = made.shape[2:]
            differences = differences * emphasis(batch.target_landmarks, height, width, self.hparams["mouth_weight"])
        loss = differences.sum((1, 2, 3)).mean() if self.hparams["summed"] else differences.mean()
        self.log("train/loss", loss, batch_size=len(made), prog_bar=True)
        if self.lips is not None:
            missed = self.lips(heard).float() - lips_of(batch.target_landmarks, made.shape[-1]).flatten(1)
            read = missed.square().mean()
            self.log("train/lips", read, batch_size=len(made), prog_bar=True)
            loss = loss + self.hparams["lips_weight"] * read
        return loss

    def validation_step(self, batch: SpokenFaceBatch, batch_index: int) -> None:
        made = self._evaluate(batch)
        if batch_index == 0:
            pictures = {"still": batch.stills[:, :3], "generated": made, "true": batch.targets}
            self.shown = PictureColumns(
                {name: spread(values).float().cpu().numpy() for name, values in pictures.items()}
            )

    def test_step(self, batch: SpokenFaceBatch, batch_index: int) -> None:
        self._evaluate(batch)

    def on_validation_epoch_end(self) -> None:
        self._log_evaluation("validation")

    def on_test_epoch_end(self) -> None:
        self._log_evaluation("test")

    def configure_optimizers(self) -> Any:
        return descent(self)

    def _evaluate(self, batch: SpokenFaceBatch) -> Tensor:
        """Notes what the pictures miss; gives them, `(B, 3, S, S)`."""
        made = self.network(batch.mfccs, batch.stills).float()
        mouths = mouth_masks(batch.target_landmarks, made.shape[-1])
        for pictures, kind in ((made, ""), (batch.stills[:, :3], "_still")):
            self.means.add(f"l1{kind}", F.l1_loss(pictures, batch.targets), len(made))
            missed = (pictures - batch.targets).abs().mean(1)
            self.means.add(f"l1_mouth{kind}", (missed * mouths).sum() / mouths.sum(), mouths.sum())
        of_cut = cut_of(batch.stills)
        # one place for a whole cut: where a mouth opens, its box grows over the bright chin
        places = mouths - within(mouths, of_cut)
        made_light, true_light = (
            within((pictures.mean(1) * places).sum((1, 2)) / places.sum((1, 2)).clamp_min(1), of_cut)
            for pictures in (made, batch.targets)
        )
        products = {"both": made_light * true_light, "made": made_light.square(), "true": true_light.square()}
        for name, values in products.items():
            self.means.add(f"light_{name}", values)
        return made

    def _log_evaluation(self, split: str) -> None:
        means = self.means.take(self.device)
        both, made, true = (means.pop(f"light_{name}", 0.0) for name in ("both", "made", "true"))
        means["mouth_follows"] = both / (made * true) ** 0.5 if made * true > 0 else 0.0
        for name in ("l1", "l1_mouth"):
            still = means.pop(f"{name}_still", 0.0)
            if still > 0:
                means[f"{name}_of_still"] = means[name] / still
        self.log_values(split, means, shown=tuple(means))


def lips_of(landmarks: Tensor, side: int) -> Tensor:
    """`(B, 68, 2)` pixels -> `(B, 20, 2)` the lips in half sides of the picture, their middle at 0."""
    lips = landmarks[:, list(LIPS)] * (2 / side)
    return lips - lips.mean(1, keepdim=True)


def cut_of(stills: Tensor) -> Tensor:
    """`(B, C, S, S)` -> `(B,)` int64 from 0: neighbours with the same stills are of one cut."""
    changes = (stills[1:] != stills[:-1]).flatten(1).any(1)
    return torch.cat([changes.new_zeros(1), changes]).cumsum(0)


def within(values: Tensor, groups: Tensor) -> Tensor:
    """`(B, ...)` -> `(B, ...)`: the values of each group `(B,)`, about their mean."""
    counts = groups.bincount()
    sums = values.new_zeros(len(counts), *values.shape[1:]).index_add(0, groups, values)
    return values - (sums / counts.view(-1, *[1] * (values.dim() - 1)))[groups]


def mouth_masks(landmarks: Tensor, side: int) -> Tensor:
    """`(B, 68, 2)` pixels -> `(B, side, side)`: 1 in the box around the lips, a fifth of their width wider; else 0."""
    lips = landmarks[:, list(LIPS)]
    low, high = lips.amin(1), lips.amax(1)
    margin = 0.2 * (high[:, :1] - low[:, :1])
    low, high = low - margin, high + margin
    places = torch.arange(side, device=landmarks.device, dtype=landmarks.dtype)
    across = (places >= low[:, 0:1]) & (places <= high[:, 0:1])
    down = (places >= low[:, 1:2]) & (places <= high[:, 1:2])
    return (down[:, :, None] & across[:, None, :]).to(landmarks.dtype)


def spread(pictures: Tensor) -> Tensor:
    """A few of a batch, evenly taken from all of it."""
    return pictures[torch.linspace(0, len(pictures) - 1, min(_SHOWN, len(pictures))).round().long().to(pictures.device)]

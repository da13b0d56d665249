"""Training of the neural vocoder: spectra, mels and discriminators (Siuzdak 2023; Kong et al. 2020)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from anyonenet.audio.mel import MelSettings, log_mel
from anyonenet.losses.adversarial import AdversarialLoss, feature_matching
from anyonenet.losses.spectra import SpectralLoss, mel_l1
from anyonenet.networks.sound_discriminators import SoundDiscriminators
from anyonenet.networks.vocoder import Vocoder
from anyonenet.types import SoundBatch
from lightning_modules.logging.shown.sounds import CopiedSounds
from lightning_modules.two_players import TwoPlayersModule, unmoved


class VocoderModule(TwoPlayersModule):
    """Optimises a `Vocoder` against `SoundDiscriminators`; how, says `TwoPlayersModule`.

    The discriminators join in late by option: until then a step costs a fraction.

    Args:
        width, inner, blocks, kernel: of the network; the defaults are Vocos's.
        periods, windows, discriminator_width: of the discriminators.
        spectral_weight: of `SpectralLoss` (0 in Vocos, which has the mel's alone).
        mel_weight: of the mels' L1 (HiFi-GAN and Vocos: 45).
        adversarial_weight, matching_weight: of what the discriminators say.
        adversarial_start: step from which they do.
        adversarial_kind: of `AdversarialLoss`.
        mel_noise: standard deviation of noise on the mels, which stands for what a TTS gets wrong.
        mel_blur: the mels' detail is damped by up to so much (0 to 1) of the difference to its mean over three frames
            and three bands: a TTS's mels are smoother than speech.
        learning_rate: of both; falls along a cosine to a twentieth.
        warmup_steps: steps over which it rises first.
        gradient_norm: gradients of either side longer than this are cut (0: never).
        options: of `StageModule`.
    """

    network: Vocoder
    betas = (0.8, 0.99)

    def __init__(
        self,
        width: int = 512,
        inner: int = 1536,
        blocks: int = 8,
        kernel: int = 7,
        periods: Sequence[int] = (2, 3, 5, 7, 11),
        windows: Sequence[int] = (512, 1024, 2048),
        discriminator_width: int = 32,
        spectral_weight: float = 0.0,
        mel_weight: float = 45.0,
        adversarial_weight: float = 1.0,
        matching_weight: float = 1.0,
        adversarial_start: int = 0,
        adversarial_kind: str = "least_squares",
        mel_noise: float = 0.0,
        mel_blur: float = 0.0,
        learning_rate: float = 2e-4,
        warmup_steps: int = 0,
        gradient_norm: float = 10.0,
        **options: Any,
    ):
        super().__init__(learning_rate, 0.05, warmup_steps, gradient_norm, falling="cosine", **options)
        self.save_hyperparameters()
        self.settings = MelSettings()
        self.shown: CopiedSounds | None = None
        network = Vocoder(
            self.settings.bands, width, inner, blocks, kernel, self.settings.window_samples, self.settings.hop_samples
        )
        self.adopt(network)
        self.discriminators = SoundDiscriminators(list(periods), list(windows), discriminator_width)
        self.adversarial = AdversarialLoss(adversarial_kind)
        self.spectral = SpectralLoss()

    def training_step(self, batch: SoundBatch, batch_index: int) -> None:
        true = batch.samples
        made = self.network(self._varied(log_mel(true, self.settings)))
        with torch.autocast(made.device.type, enabled=False):
            losses = {"mel": self.hparams["mel_weight"] * mel_l1(made, true, self.settings)}
            if self.hparams["spectral_weight"]:
                losses["spectral"] = self.hparams["spectral_weight"] * self.spectral(made, true)
        if self.steps_made >= self.hparams["adversarial_start"]:
            others, seen_through, signs = self._judged(made, true)
            losses |= others
        else:
            # DDP wants a gradient, if of nothing, of every parameter
            seen_through = torch.stack([value.sum() for value in self.discriminators.parameters()]).sum() * 0.0
            signs = {}
        self.descend(torch.stack(list(losses.values())).sum() + seen_through, batch_index)
        self.log_dict({f"train/{name}": value for name, value in losses.items()}, prog_bar=True)
        self.log_dict({f"train/{name}": value for name, value in ({"discriminator": seen_through} | signs).items()})

    def _judged(self, made: Tensor, true: Tensor) -> tuple[dict[str, Tensor], Tensor, dict[str, Tensor]]:
        """The generator's terms, the discriminators' loss, and their signs."""
        seen = unmoved(self.discriminators, made)
        real = self.discriminators(true)
        again = self.discriminators(made.detach())
        pairs = list(zip(seen, real, again, strict=True))
        generator = torch.stack([self.adversarial.generator(one[-1]) for one, _, _ in pairs]).mean()
        matching = torch.stack([feature_matching(one[:-1], other[:-1]) for one, other, _ in pairs]).mean()
        discriminator = torch.stack([self.adversarial.discriminator(b[-1], c[-1]) for _, b, c in pairs]).mean()
        verdicts = [torch.cat([maps[-1].detach().flatten() for maps in each]) for each in (real, again)]
        losses = {
            "generator": self.hparams["adversarial_weight"] * generator,
            "matching": self.hparams["matching_weight"] * matching,
        }
        return losses, discriminator, self.adversarial.signs(*verdicts)

    def _varied(self, mels: Tensor) -> Tensor:
        """Mels `(B, T, bands)` as a TTS might say them."""
        if self.hparams["mel_blur"]:
            padded = nn.functional.pad(mels[:, None], (1, 1, 1, 1), mode="replicate")
            smooth = nn.functional.avg_pool2d(padded, 3, stride=1)[:, 0]
            share = self.hparams["mel_blur"] * torch.rand(len(mels), 1, 1, device=mels.device)
            mels = mels + share * (smooth - mels)
        if self.hparams["mel_noise"]:
            mels = mels + self.hparams["mel_noise"] * torch.randn_like(mels)
        return mels.clamp_min(self.settings.silence)

    def validation_step(self, batch: SoundBatch, batch_index: int) -> None:
        made = self._evaluate(batch)
        if batch_index == 0:
            copied, true = (list(sounds[:2].float().cpu().numpy()) for sounds in (made, batch.samples))
            self.shown = CopiedSounds(copied, true, self.settings.sample_rate)

    def test_step(self, batch: SoundBatch, batch_index: int) -> None:
        self._evaluate(batch)

    def _evaluate(self, batch: SoundBatch) -> Tensor:
        made = self.network(log_mel(batch.samples, self.settings))
        self.means.add("mel_l1", mel_l1(made, batch.samples, self.settings), len(made))
        self.means.add("spectral", self.spectral(made, batch.samples), len(made))
        return made

    def on_validation_epoch_end(self) -> None:
        self.log_values("validation", self.means.take(self.device), shown=("mel_l1", "spectral"))

    def on_test_epoch_end(self) -> None:
        self.log_values("test", self.means.take(self.device), shown=("mel_l1", "spectral"))

    def judges(self) -> list[nn.Parameter]:
        return list(self.discriminators.parameters())

"""The adversarial loss as one object, for both players."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

KINDS = ("bce", "least_squares")


@dataclass(frozen=True)
class AdversarialLoss:
    """What a discriminator's logits cost either side.

    'bce' is the conditional GAN's (Isola et al. 2017, which AnyoneNet III-E follows) with the non-saturating
    generator; 'least_squares' is that of Mao et al. 2017 with targets 1 and 0.
    """

    kind: str = "bce"

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"adversarial loss is '{self.kind}'; choose one of {', '.join(KINDS)}")

    def discriminator(self, real: Tensor, made: Tensor) -> Tensor:
        """Mean of both halves: real patches should be called real, made ones made. Logits of any shape -> scalar."""
        return (self._cost(real, 1.0) + self._cost(made, 0.0)) / 2

    def generator(self, made: Tensor) -> Tensor:
        """Made patches should be called real. Logits of any shape -> scalar."""
        return self._cost(made, 1.0)

    def signs(self, real: Tensor, made: Tensor) -> dict[str, Tensor]:
        """How the two players stand; near 1 and 1 (nothing fools it) or 0.5 and 0.5 for long, the game has ended.

        Args:
            real, made: logits of any shape.

        Returns:
            scalars: `verdict_real` and `verdict_made`, the mean judgement (1: real; of 'bce' a probability),
            `right_real` and `right_made`, the shares of patches judged rightly.
        """
        threshold = 0.0 if self.kind == "bce" else 0.5

        def judged(logits: Tensor) -> Tensor:
            return (logits.float().sigmoid() if self.kind == "bce" else logits.float()).mean()

        return {
            "verdict_real": judged(real),
            "verdict_made": judged(made),
            "right_real": (real > threshold).float().mean(),
            "right_made": (made <= threshold).float().mean(),
        }

    def _cost(self, logits: Tensor, target: float) -> Tensor:
        logits = logits.float()
        if self.kind == "bce":
            return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, target))
        return (logits - target).square().mean()


def feature_matching(made: Sequence[Tensor], real: Sequence[Tensor]) -> Tensor:
    """How differently a discriminator's hidden layers see made and real pictures (Wang et al. 2018, pix2pixHD, Eq. 4).

    Args:
        made, real: activations of the same layers for both; the real ones get no gradient.

    Returns:
        scalar, the mean over layers of the mean absolute difference.
    """
    return torch.stack([F.l1_loss(a.float(), b.detach().float()) for a, b in zip(made, real, strict=True)]).mean()

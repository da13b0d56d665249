"""The adversarial loss as one object, for both players."""

from __future__ import annotations

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

    def _cost(self, logits: Tensor, target: float) -> Tensor:
        logits = logits.float()
        if self.kind == "bce":
            return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, target))
        return (logits - target).square().mean()

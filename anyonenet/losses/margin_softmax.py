"""Large-margin softmax for speaker verification (Liu, He and Liu 2019; AnyoneNet section III-B).

The loss owns the classification layer, one unit vector a training speaker. With theta the angle between an embedding
and the vector of its own speaker, the plain target logit `s cos(theta)` is made harder to reach:

- `a`   (angular):          `s ((-1)^k cos(m theta) - 2k)`, k = floor(m theta / pi); m is a whole multiple of the angle
- `am`  (additive):         `s (cos(theta) - m)`; m is a cosine
- `aam` (additive angular): `s cos(theta + m)`, beyond pi `s (-cos(theta + m) - 2)`; m is in radians
"""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor, nn

Kind = Literal["a", "am", "aam"]


def annealing(step: int, gamma: float = 1e-4, minimum: float = 0.0, start: float = 1000.0) -> float:
    """Weight of the plain logit at a step: `max(minimum, start (1 + gamma step)^-5)`."""
    return max(minimum, start * (1.0 + gamma * step) ** -5)


def margin_cosine(cosine: Tensor, kind: Kind, margin: float) -> Tensor:
    """The target cosine made harder: any shape, cosines in [-1, 1] -> same shape, never above the cosine.

    Raises:
        ValueError: an unknown kind, or a margin that the kind cannot have.
    """
    if kind == "am":
        return cosine - margin
    # at exactly +-1 the arc cosine has no finite slope
    angle = torch.acos(cosine.clamp(-1.0 + 1e-6, 1.0 - 1e-6))
    if kind == "aam":
        shifted = angle + margin
        return torch.where(shifted <= math.pi, torch.cos(shifted), -torch.cos(shifted) - 2.0)
    if kind == "a":
        if margin < 1 or margin != int(margin):
            raise ValueError(f"margin is {margin}; for kind 'a' it multiplies the angle: give a whole number >= 1")
        turn = torch.floor(margin * angle.detach() / math.pi)
        return (1.0 - 2.0 * (turn % 2)) * torch.cos(margin * angle) - 2.0 * turn
    raise ValueError(f"kind is '{kind}'; expected 'a', 'am' or 'aam'")


class MarginSoftmax(nn.Module):
    """Cross-entropy over speakers with a margin on the target logit, annealed in."""

    def __init__(
        self,
        embedding_size: int,
        speakers: int,
        kind: Kind = "am",
        margin: float = 0.2,
        scale: float = 30.0,
        gamma: float = 1e-4,
        minimum: float = 0.0,
    ):
        """
        Args:
            embedding_size: length of the embeddings.
            speakers: number of training speakers.
            kind: 'a', 'am' or 'aam' (see the module).
            margin: for 'a' a whole multiple of the angle, for 'am' a cosine, for 'aam' radians.
            scale: s; multiplies all cosines.
            gamma: how fast the plain logit gives way to the one with the margin, per step.
            minimum: weight of the plain logit that always stays.

        Raises:
            ValueError: an unknown kind, a margin it cannot have, or fewer than two speakers.
        """
        super().__init__()
        if speakers < 2:
            raise ValueError(f"there are {speakers} training speakers; a classification needs at least 2")
        margin_cosine(torch.zeros(1), kind, margin)  # raises early
        self.kind: Kind = kind
        self.margin, self.scale, self.gamma, self.minimum = margin, scale, gamma, minimum
        self.weight = nn.Parameter(torch.empty(speakers, embedding_size))
        nn.init.xavier_normal_(self.weight)

    def forward(self, embeddings: Tensor, speakers: Tensor, step: int) -> Tensor:
        """Mean cross-entropy.

        Args:
            embeddings: `(B, embedding_size)` unit vectors.
            speakers: `(B,)` int64 speaker indices.
            step: optimisation steps so far, for the annealing.

        Returns:
            Scalar, float32.
        """
        return nn.functional.cross_entropy(self.logits(embeddings, speakers, step), speakers)

    def logits(self, embeddings: Tensor, speakers: Tensor, step: int) -> Tensor:
        """`(B, speakers)` logits with the annealed margin on each item's own speaker."""
        cosines = self.cosines(embeddings)
        target = cosines.gather(1, speakers[:, None])
        plain = annealing(step, self.gamma, self.minimum)
        harder = (plain * target + margin_cosine(target, self.kind, self.margin)) / (1.0 + plain)
        return self.scale * cosines.scatter(1, speakers[:, None], harder)

    def cosines(self, embeddings: Tensor) -> Tensor:
        """`(B, speakers)` cosines between embeddings and the speakers' vectors, in float32."""
        with torch.autocast(embeddings.device.type, enabled=False):
            return embeddings.float() @ nn.functional.normalize(self.weight.float(), dim=-1).T

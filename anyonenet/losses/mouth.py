"""A closer look at the mouth: its own cut-out, its own discriminator (past the paper).

In a picture of a head the inside of the mouth is a hundredth of the pixels, and a loss over all of them is content with
its mean colour. Here the mouth is cut out and enlarged, so that teeth and the dark between the lips are most of what is
judged.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call

from anyonenet.losses.adversarial import AdversarialLoss, feature_matching
from anyonenet.losses.perceptual import PerceptualLoss
from anyonenet.networks.patch_discriminator import PatchDiscriminator

SIDE = 64
"""pixels of a cut-out"""
REACH = 1.7
"""side of a cut-out, in widths of the mouth"""


def mouth_cuts(landmarks: Tensor, pictures: Tensor, side: int = SIDE) -> Tensor:
    """Squares around the mouths, enlarged or shrunk to one size.

    Args:
        landmarks: `(batch, 68, 2)` pixels of the picture.
        pictures: `(batch, channels, height, width)`.
        side: pixels of the squares.

    Returns:
        `(batch, channels, side, side)`; beyond the picture its edge is repeated.
    """
    mouth = landmarks[:, 48:68]
    centre = (mouth.amin(1) + mouth.amax(1)) / 2
    half = REACH / 2 * (landmarks[:, 54] - landmarks[:, 48]).norm(dim=-1).clamp_min(4.0)
    steps = (torch.arange(side, device=landmarks.device, dtype=torch.float32) + 0.5) * (2 / side) - 1
    x = centre[:, 0, None] + half[:, None] * steps
    y = centre[:, 1, None] + half[:, None] * steps
    height, width = pictures.shape[2:]
    across = ((2 * x + 1) / width - 1)[:, None, :].expand(-1, side, -1)
    down = ((2 * y + 1) / height - 1)[:, :, None].expand(-1, -1, side)
    grid = torch.stack([across, down], dim=-1)
    return F.grid_sample(pictures.float(), grid, align_corners=False, padding_mode="border")


@dataclass(frozen=True)
class MouthTerms:
    """What a batch of mouths costs either side."""

    generator: dict[str, Tensor]
    """weighted scalars: 'mouth_perceptual', 'mouth_painted', 'mouth_matching', 'mouth_generator'"""
    discriminator: Tensor
    signs: dict[str, Tensor]
    """as `AdversarialLoss.signs`, their names beginning with 'mouth_'"""


class MouthLoss(nn.Module):
    """Perceptual, adversarial and feature-matching loss on cut-outs of the mouth; its parameters are the judge's.

    Args:
        perceptual: of `PerceptualLoss` on the cut-outs.
        painted: of the L1 of the colour alone there (head 'flow'): the photo of a closed mouth has nothing that could
            be moved to its inside.
        adversarial, matching: of the mouth's discriminator.
        width: channels of its first layer.
        kind: of the adversarial loss.
    """

    def __init__(
        self,
        perceptual: float = 4.0,
        painted: float = 1.0,
        adversarial: float = 0.05,
        matching: float = 1.0,
        width: int = 16,
        kind: str = "bce",
    ):
        super().__init__()
        self.perceptual, self.painted, self.adversarial, self.matching = perceptual, painted, adversarial, matching
        self.judge = AdversarialLoss(kind)
        self.discriminator = PatchDiscriminator(width=width)

    def forward(
        self,
        features: PerceptualLoss,
        landmarks: Tensor,
        sketches: Tensor,
        made: Tensor,
        targets: Tensor,
        colours: Tensor | None = None,
    ) -> MouthTerms:
        """
        Args:
            features: of the whole picture's perceptual loss.
            landmarks: `(batch, 68, 2)` of the targets, pixels.
            sketches, made, targets: `(batch, 3, height, width)` in [-1, 1].
            colours: `(batch, 3, height, width)` what is painted where the mask is open; None without such a head.
        """
        sketches, targets, seen = (mouth_cuts(landmarks, pictures) for pictures in (sketches, targets, made))
        with torch.autocast(seen.device.type, enabled=False):
            terms = {"mouth_perceptual": self.perceptual * features(seen, targets)}
        if colours is not None:
            terms["mouth_painted"] = self.painted * F.l1_loss(mouth_cuts(landmarks, colours), targets)
        fixed = {name: parameter.detach() for name, parameter in self.discriminator.named_parameters()}
        *layers, verdict = functional_call(self.discriminator, fixed, (sketches, seen))
        *real_layers, real_verdict = self.discriminator(sketches, targets)
        made_verdict = self.discriminator(sketches, seen.detach())[-1]
        terms["mouth_matching"] = self.matching * feature_matching(layers, real_layers)
        terms["mouth_generator"] = self.adversarial * self.judge.generator(verdict)
        signs = self.judge.signs(real_verdict.detach(), made_verdict.detach())
        return MouthTerms(
            terms,
            self.judge.discriminator(real_verdict, made_verdict),
            {f"mouth_{name}": value for name, value in signs.items()},
        )

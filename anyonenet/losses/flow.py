"""What keeps a flow-and-mask head honest: the photo is moved where it can be, painted where it must be."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class FlowLoss:
    """Costs of a displacement and a mask (`ImageTranslator.raw`, head 'flow').

    Args:
        moved: of the moved photo's own L1, before anything is painted over it.
        landmarks: of the displacement's error at the landmarks, where the truth is known. Pictures alone teach a
            displacement slowly: they say something only where it is wrong by less than what they show is wide.
        painted: of the L1 of the colour alone, so that it is worth taking where the mask is still closed.
        mask: of the mean mask, by which painting is the exception.
        smooth: of the displacement's total variation.
    """

    moved: float = 0.5
    landmarks: float = 2.0
    painted: float = 0.3
    mask: float = 0.003
    smooth: float = 0.02

    def __call__(
        self,
        raw: Tensor,
        moved: Tensor,
        targets: Tensor,
        weights: Tensor,
        target_landmarks: Tensor,
        photo_landmarks: Tensor,
    ) -> dict[str, Tensor]:
        """The weighted terms by name.

        Args:
            raw: `(batch, 6, height, width)`.
            moved: `(batch, 3, height, width)` the photo by its displacement alone.
            targets: `(batch, 3, height, width)`.
            weights: `(batch, 1, height, width)` of the pixels, mean 1.
            target_landmarks, photo_landmarks: `(batch, 68, 2)` pixels.

        Returns:
            scalars: 'moved', 'landmarks' (half sides of the picture), 'painted', 'mask' and 'smooth' (pixels a pixel).
        """
        displacement = raw[:, 4:6].float()
        size = torch.tensor([raw.shape[-1], raw.shape[-2]], device=raw.device)
        places = (2 * target_landmarks + 1) / size - 1
        found = F.grid_sample(displacement, places[:, :, None], align_corners=False, padding_mode="border")
        wanted = 2 * (photo_landmarks - target_landmarks) / size
        inside = (places.abs() < 1).all(-1)
        missed = (found[..., 0].transpose(1, 2) - wanted).abs().mean(-1)
        across = (displacement[..., 1:] - displacement[..., :-1]).abs().mean()
        down = (displacement[..., 1:, :] - displacement[..., :-1, :]).abs().mean()
        # in pixels, so that the cost of a bend does not change with the resolution
        smooth = (across + down) * displacement.shape[-1] / 2
        return {
            "moved": self.moved * ((moved - targets).abs() * weights).mean(),
            "landmarks": self.landmarks * (missed * inside).sum() / inside.sum().clamp_min(1),
            "painted": self.painted * ((raw[:, :3].float() - targets).abs() * weights).mean(),
            "mask": self.mask * raw[:, 3].float().mean(),
            "smooth": self.smooth * smooth,
        }


def neighbour_difference(made: Tensor, targets: Tensor, weights: Tensor | None = None) -> Tensor:
    """How differently a pair of neighbouring frames changes from how it should: less of it flickers less.

    Args:
        made, targets: `(batch, 3, height, width)`; items 2k and 2k + 1 are neighbours in time.
        weights: `(batch, 1, height, width)` of the pixels, mean 1; None: all alike.

    Returns:
        scalar, L1 of the difference of changes.

    Raises:
        ValueError: an odd batch.
    """
    if len(made) % 2:
        raise ValueError(f"the batch holds {len(made)} frames; neighbours come in pairs, so batch_size must be even")
    change = (made[1::2] - made[::2]) - (targets[1::2] - targets[::2])
    if weights is None:
        return F.l1_loss(change, torch.zeros_like(change))
    return (change.abs() * weights[::2]).mean()

"""Losses of the speech synthesiser (Tacotron 2, Shen et al. 2018, section 2.2): mel twice, and the stop sign.

All are means over what is inside the utterances; padding never counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from anyonenet.ranks import mean_over_ranks
from anyonenet.types import TacotronOutput

DISTANCES = ("mse", "l1", "both")


@dataclass(frozen=True)
class TTSLosses:
    """The terms and their sum, scalars."""

    total: Tensor
    coarse: Tensor
    """mel before the post-net"""
    refined: Tensor
    """mel after the post-net"""
    stop: Tensor
    guide: Tensor
    """attention away from the text's even pace, and attention lost; 0 where it is not asked for"""


class TTSLoss(nn.Module):
    """Sum of the mel distances before and after the post-net and the stop sign's cross-entropy.

    Args:
        distance: 'mse' (Tacotron 2), 'l1' (Tacotron), or 'both' added.
        stop_weight: of the cross-entropy in the sum.
        stop_positive_weight: of the one last step against the many before it.
        guide_weight: of a guide for the attention: its mass, where it is more than `tolerance` away from an even pace
            through the text, times that distance, and the square of what its rows lack to one. 0 (the paper) leaves
            it out. Unlike the usual guided attention it acts on normalised rows and its pull does not fade with
            distance, so it finds components that have run off.
        tolerance: of the guide, a share of the text's length.
        silence: the standardised mel value that fills the last, incomplete step.
        low_bands: so many of the lowest mel bands, where the voice's harmonics lie apart and a tone is heard …
        low_weight: … count so many times as much; the mean weight stays one.
        over_ranks: in training divide by the mean number of frames (and steps) over all ranks, so that the mean of the
            ranks' losses is the loss of all their utterances. All ranks must call alike.
    """

    def __init__(
        self,
        distance: str = "mse",
        stop_weight: float = 1.0,
        stop_positive_weight: float = 5.0,
        guide_weight: float = 0.0,
        tolerance: float = 0.08,
        silence: float = 0.0,
        low_bands: int = 0,
        low_weight: float = 1.0,
        over_ranks: bool = False,
    ):
        super().__init__()
        if distance not in DISTANCES:
            raise ValueError(f"distance is '{distance}'; expected one of {', '.join(DISTANCES)}")
        self.distance = distance
        self.stop_weight = stop_weight
        self.stop_positive_weight = stop_positive_weight
        self.guide_weight = guide_weight
        self.tolerance = tolerance
        self.silence = silence
        self.low_bands = low_bands
        self.low_weight = low_weight
        self.over_ranks = over_ranks

    def forward(self, output: TacotronOutput, mels: Tensor, mel_lengths: Tensor, symbol_lengths: Tensor) -> TTSLosses:
        """
        Args:
            output: of the network, S steps of r frames.
            symbol_lengths: `(B,)` int64, symbols.
            mels: `(B, T, bands)`, the truth; T <= S * r.
            mel_lengths: `(B,)` int64, frames.
        """
        steps = output.stop_logits.shape[1]
        frames = output.mels.shape[1]
        reduction_factor = frames // steps
        last_step = (mel_lengths - 1) // reduction_factor  # (B,)
        step_numbers = torch.arange(steps, device=mels.device)
        # the frames that fill up the last step are synthesised too, so they are taught as silence
        mask = (torch.arange(frames, device=mels.device) < ((last_step + 1) * reduction_factor)[:, None])[..., None]
        padded = nn.functional.pad(mels, (0, 0, 0, frames - mels.shape[1]))
        inside = torch.arange(frames, device=mels.device) < mel_lengths[:, None]
        target = torch.where(inside[..., None], padded, self.silence)
        coarse = self._mel_distance(output.mels.float(), target, mask)
        refined = self._mel_distance(output.refined_mels.float(), target, mask)
        stop = self._stop_loss(output.stop_logits.float(), step_numbers, last_step)
        guide = mels.new_zeros(())
        if self.guide_weight > 0:
            guide = self._guide(output.alignments.float(), last_step, symbol_lengths)
        total = coarse + refined + self.stop_weight * stop + self.guide_weight * guide
        return TTSLosses(total, coarse, refined, stop, guide)

    def _mel_distance(self, said: Tensor, target: Tensor, mask: Tensor) -> Tensor:
        difference = (said - target) * mask
        weights = said.new_ones(said.shape[-1])
        weights[: self.low_bands] = self.low_weight
        weights = weights / (self._count(mask) * weights.sum())
        distance = said.new_zeros(())
        if self.distance in ("mse", "both"):
            distance = distance + (difference.square() * weights).sum()
        if self.distance in ("l1", "both"):
            distance = distance + (difference.abs() * weights).sum()
        return distance

    def _stop_loss(self, logits: Tensor, step_numbers: Tensor, last_step: Tensor) -> Tensor:
        target = (step_numbers >= last_step[:, None]).float()
        mask = (step_numbers <= last_step[:, None]).float()
        entropy = nn.functional.binary_cross_entropy_with_logits(
            logits, target, reduction="none", pos_weight=logits.new_tensor(self.stop_positive_weight)
        )
        return (entropy * mask).sum() / self._count(mask)

    def _guide(self, alignments: Tensor, last_step: Tensor, symbol_lengths: Tensor) -> Tensor:
        _, steps, symbols = alignments.shape
        step_numbers = torch.arange(steps, device=alignments.device)
        places = torch.arange(symbols, device=alignments.device) / (symbol_lengths - 1).clamp_min(1)[:, None]  # (B, N)
        line = step_numbers / last_step.clamp_min(1)[:, None]  # (B, S)
        beyond = ((places[:, None] - line[..., None]).abs() - self.tolerance).clamp_min(0)  # (B, S, N)
        mass = alignments.sum(-1)
        away = (alignments * beyond).sum(-1) / (mass + 1e-3)
        mask = step_numbers <= last_step[:, None]
        return ((away + (1 - mass).square() * 0.1) * mask).sum() / self._count(mask)

    def _count(self, mask: Tensor) -> Tensor:
        count = mask.sum()
        return mean_over_ranks(count) if self.over_ranks and self.training else count

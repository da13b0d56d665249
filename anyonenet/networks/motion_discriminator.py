"""Whether each stretch of a track moves as faces do (Write-a-Speaker's D^mou, D^upp and D^hed)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from anyonenet.networks.base import Network
from anyonenet.networks.masked import frame_mask
from anyonenet.networks.res1d import Res1D


class MotionDiscriminator(Network):
    """Stacked `Res1D`, the rate halved between them; one judgement for each `2 ** levels` frames, as PatchGAN's.

    It sees the parameters alone, not what is said: the paper's equations (2) and (5) name nothing else.

    Args:
        inputs: parameters a frame.
        width: of the layers; the paper does not say.
        levels: halvings; with 2, a judgement is on about a second.
        scale: what the parameters are divided by.
    """

    def __init__(self, inputs: int, width: int = 128, levels: int = 2, scale: float = 1.0):
        super().__init__()
        self.levels, self.scale = levels, scale
        self.enter = nn.Conv1d(inputs, width, 1)
        self.layers = nn.ModuleList(Res1D(width, kernel=3) for _ in range(levels + 1))
        self.downs = nn.ModuleList(nn.Conv1d(width, width, 4, stride=2, padding=1) for _ in range(levels))
        self.leave = nn.Conv1d(width, 1, 1)

    def forward(self, tracks: Tensor, lengths: Tensor) -> Tensor:
        """`(B, T, inputs)` and `(B,)` frames -> `(N,)` logits of all judgements that lie within an item."""
        mask = frame_mask(lengths, tracks.shape[1])[:, None].to(torch.float32)
        hidden = self.enter(tracks.mT / self.scale) * mask
        for place, layer in enumerate(self.layers):
            hidden = layer(hidden, mask)
            if place < self.levels:
                hidden = self.downs[place](hidden)
                mask = mask[..., 1::2][..., : hidden.shape[-1]]
                hidden = hidden * mask
        logits: Tensor = self.leave(hidden)[:, 0]
        return logits[mask[:, 0] > 0]

"""Phonemes to the motion of the mouth (Write-a-Speaker, "Mouth Animation Generator", figure 4)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from anyonenet.face.blendshapes import MOUTH
from anyonenet.networks.base import Network
from anyonenet.networks.masked import frame_mask
from anyonenet.networks.res1d import Res1D


class MouthGenerator(Network):
    """G^mou: a vector a phoneme, stacked `Res1D`, 28 parameters of the mouth at each frame.

    Args:
        symbols: size of the symbol table (the paper: 41 phonemes).
        embedding: size of the vectors (the paper: 128).
        width: of the residual layers; the paper does not say.
        dilations: one residual layer each.
        kernel: of the layers.
        emotions: how many there are, to hear of them too; 0 is the paper, whose mouths do not know the emotion.
        outputs: parameters a frame.
    """

    def __init__(
        self,
        symbols: int,
        embedding: int = 128,
        width: int = 256,
        dilations: Sequence[int] = (1, 2, 4, 1, 2, 4),
        kernel: int = 5,
        emotions: int = 0,
        outputs: int = len(MOUTH),
    ):
        super().__init__()
        self.symbols = nn.Embedding(symbols, embedding)
        self.emotions = nn.Embedding(emotions, embedding) if emotions else None
        self.enter = nn.Conv1d(embedding, width, 1)
        self.layers = nn.ModuleList(Res1D(width, kernel=kernel, dilation=dilation) for dilation in dilations)
        self.leave = nn.Conv1d(width, outputs, 1)

    def forward(self, symbols: Tensor, emotions: Tensor, lengths: Tensor) -> Tensor:
        """
        Args:
            symbols: `(B, T)` int64, what is said at each frame.
            emotions: `(B,)` int64; not looked at where the network has none.
            lengths: `(B,)` int64, frames.

        Returns:
            `(B, T, outputs)` parameters, about 0 to 1; zero beyond an item's length.
        """
        mask = frame_mask(lengths, symbols.shape[1])[:, None].to(torch.float32)
        hidden = self.symbols(symbols)
        if self.emotions is not None:
            hidden = hidden + self.emotions(emotions)[:, None]
        hidden = self.enter(hidden.mT) * mask
        for layer in self.layers:
            hidden = layer(hidden, mask)
        made: Tensor = self.leave(hidden) * mask
        return made.mT

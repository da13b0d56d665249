"""Words and an emotion to the motion of the upper face or the head (Write-a-Speaker, "Upper Face/Head Pose Generators",
figure 5)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from anyonenet.networks.base import Network
from anyonenet.networks.masked import frame_mask
from anyonenet.networks.res1d import Res1D


class WordGenerator(Network):
    """G^upp and G^hed: a vector a word (and one for the emotion), an encoder that halves the rate `levels` times, and a
    decoder that doubles it again; skips of the encoder are added, so that frames keep their place.

    Args:
        words: rows of the table: the vocabulary, one 'unknown', and one for silence (the paper: 1858 words and one
            'unknown').
        outputs: parameters a frame: 23 or 6.
        embedding: size of the vectors (the paper: 128).
        width: of the residual layers; the paper does not say.
        levels: of the encoder; the paper does not say. With 4, frames hear of all that lies within some seconds.
        blocks: residual layers at the lowest level, with growing dilation.
        emotions: how many there are; 0: none is heard of, as in the paper's G^hed.
        scale: what the outputs are multiplied by: about their spread, where they are no blendshapes.
    """

    def __init__(
        self,
        words: int = 1860,
        outputs: int = 23,
        embedding: int = 128,
        width: int = 256,
        levels: int = 3,
        blocks: int = 3,
        emotions: int = 4,
        scale: float = 1.0,
    ):
        super().__init__()
        self.levels, self.scale = levels, scale
        self.words = nn.Embedding(words, embedding)
        self.emotions = nn.Embedding(emotions, embedding) if emotions else None
        self.enter = nn.Conv1d(embedding, width, 1)
        self.encoder = nn.ModuleList(Res1D(width) for _ in range(levels))
        self.downs = nn.ModuleList(nn.Conv1d(width, width, 4, stride=2, padding=1) for _ in range(levels))
        self.middle = nn.ModuleList(Res1D(width, kernel=3, dilation=2**block) for block in range(blocks))
        self.decoder = nn.ModuleList(Res1D(width) for _ in range(levels))
        self.leave = nn.Conv1d(width, outputs, 1)
        # SSIM is flat far from its target: at rest, many parameters are right from the start
        nn.init.normal_(self.leave.weight, std=0.001)
        if self.leave.bias is not None:
            nn.init.zeros_(self.leave.bias)

    def forward(self, words: Tensor, emotions: Tensor, lengths: Tensor) -> Tensor:
        """
        Args:
            words: `(B, T)` int64, the word said at each frame (see `anyonenet.text.frames.word_ids`).
            emotions: `(B,)` int64; not looked at where the network has none.
            lengths: `(B,)` int64, frames.

        Returns:
            `(B, T, outputs)`; zero beyond an item's length.
        """
        frames = words.shape[1]
        mask = frame_mask(lengths, frames)[:, None].to(torch.float32)
        hidden = self.words(words)
        if self.emotions is not None:
            hidden = hidden + self.emotions(emotions)[:, None]
        # whole frames at the lowest level, and an empty one behind them, as items have in a batch
        rest = -frames % 2**self.levels + 2**self.levels
        masks = [F.pad(mask, (0, rest))]
        hidden = F.pad(self.enter(hidden.mT) * mask, (0, rest))
        kept = []
        for layer, down in zip(self.encoder, self.downs, strict=True):
            hidden = layer(hidden, masks[-1])
            kept.append(hidden)
            masks.append(masks[-1][..., ::2])
            hidden = down(hidden) * masks[-1]
        for layer in self.middle:
            hidden = layer(hidden, masks[-1])
        for layer, skip, here in zip(self.decoder, reversed(kept), reversed(masks[:-1]), strict=True):
            hidden = F.interpolate(hidden, scale_factor=2.0, mode="linear") * here
            hidden = layer(hidden + skip, here)
        made: Tensor = self.leave(hidden)[..., :frames] * mask * self.scale
        return made.mT

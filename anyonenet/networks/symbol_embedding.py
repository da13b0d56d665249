"""Vectors for the symbols that a text became."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from anyonenet.text.symbols import SYMBOLS, sound_and_mark


class SymbolEmbedding(nn.Module):
    """One vector a symbol; optionally with parts that symbols share.

    More than half of the symbol table are Mandarin finals in four or five tones each. With one vector a symbol the same
    tone has to be learned 36 times; with shared parts a symbol's vector is its own, plus its sound's ('zh_ang' of
    'zh_ang4'), plus its mark's (tone or stress), so that a tone is heard of in every syllable.

    Args:
        symbols: size of the symbol table; symbol 0 is padding, whose vector is zero.
        size: of the vectors.
        shared: with parts; `symbols` must then be the size of `anyonenet.text.symbols.SYMBOLS`.

    Raises:
        ValueError: shared parts of another table.
    """

    sounds: Tensor
    marks: Tensor

    def __init__(self, symbols: int, size: int, shared: bool = False):
        super().__init__()
        if shared and symbols != len(SYMBOLS):
            raise ValueError(f"{symbols} symbols; shared parts are known for the table of {len(SYMBOLS)} only")
        self.own = nn.Embedding(symbols, size, padding_idx=0)
        self.shared = shared
        if shared:
            parts = [sound_and_mark(symbol) for symbol in SYMBOLS]
            sounds = sorted({sound for sound, _ in parts})
            marks = sorted({mark for _, mark in parts})
            self.register_buffer("sounds", torch.tensor([sounds.index(sound) for sound, _ in parts]), persistent=False)
            self.register_buffer("marks", torch.tensor([marks.index(mark) for _, mark in parts]), persistent=False)
            self.sound = nn.Embedding(len(sounds), size)
            self.mark = nn.Embedding(len(marks), size)
            with torch.no_grad():  # the sum has unit variance; what a symbol has to itself starts small
                for table, deviation in ((self.own, 0.2), (self.sound, 0.7), (self.mark, 0.7)):
                    table.weight.mul_(deviation)

    def forward(self, symbols: Tensor) -> Tensor:
        """`(B, N)` int64 -> `(B, N, size)`."""
        vectors: Tensor = self.own(symbols)
        if not self.shared:
            return vectors
        together = vectors + self.sound(self.sounds[symbols]) + self.mark(self.marks[symbols])
        return together * (symbols != 0)[..., None]

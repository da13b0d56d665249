"""A small phoneme recogniser (CTC, Graves et al. 2006) that judges how intelligible synthesised speech is.

It is trained on the true recordings of the TTS's corpora and is no part of the system: it only listens.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from anyonenet.networks.base import Network
from anyonenet.text.symbols import END, INDEX, PAUSES

BLANK = 0
"""CTC's blank takes the place of padding"""
UNHEARD = frozenset(INDEX[symbol] for symbol in (END, *PAUSES))
"""symbols that are silence, neither taught nor counted"""


class PhonemeRecogniser(Network):
    """A convolution that halves the frame rate, dilated convolutions with residuals, and one score a symbol.

    Convolutions only, because minutes on one core must do for its training; they see half a second to either side,
    context enough for a phoneme.

    Args:
        symbols: size of the symbol table; 0 is the blank.
        bands: mel bands.
        channels: of all convolutions.
        dilations: of the residual convolutions (width 5), in frames of 25 ms.
    """

    def __init__(self, symbols: int, bands: int = 80, channels: int = 160, dilations: Sequence[int] = (1, 2, 4, 2, 1)):
        super().__init__()
        self.halve = nn.Conv1d(bands, channels, 5, stride=2, padding=2, bias=False)
        self.halve_norm = nn.BatchNorm1d(channels)
        self.layers = nn.ModuleList(
            nn.Conv1d(channels, channels, 5, padding=2 * dilation, dilation=dilation, bias=False)
            for dilation in dilations
        )
        self.norms = nn.ModuleList(nn.BatchNorm1d(channels) for _ in dilations)
        self.scores = nn.Linear(channels, symbols)

    def forward(self, mels: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """
        Args:
            mels: `(B, T, bands)` standardised log-mel.
            lengths: `(B,)` int64, frames.

        Returns:
            log-probabilities `(B, ceil(T / 2), symbols)` and `(B,)` their valid lengths.
        """
        halved = -(-lengths // 2)
        hidden = mels.transpose(1, 2) * _mask(lengths, mels.shape[1])
        hidden = self.halve_norm(self.halve(hidden)).relu()
        mask = _mask(halved, hidden.shape[2])
        hidden = hidden * mask
        for convolution, norm in zip(self.layers, self.norms):
            hidden = (hidden + norm(convolution(hidden)).relu()) * mask
        return self.scores(hidden.transpose(1, 2)).log_softmax(-1), halved

    @torch.no_grad()
    def recognise(self, mels: Tensor, lengths: Tensor) -> list[list[int]]:
        """`(batch, frames, 80)` mels and `(batch,)` lengths -> symbols, the likeliest a frame, merged, no blanks."""
        scores, valid = self(mels, lengths)
        best = scores.argmax(-1).cpu().numpy()
        heard = []
        for row, length in zip(best, valid.tolist()):
            row = row[:length]
            kept = row[np.flatnonzero(np.diff(row, prepend=-1))]
            heard.append([int(symbol) for symbol in kept if symbol != BLANK])
        return heard


def spoken(symbols: Sequence[int] | np.ndarray) -> list[int]:
    """Of `(symbols,)` those that can be heard: without pauses and the end."""
    return [int(symbol) for symbol in symbols if int(symbol) not in UNHEARD and int(symbol) != BLANK]


def _mask(lengths: Tensor, positions: int) -> Tensor:
    return (torch.arange(positions, device=lengths.device) < lengths[:, None])[:, None].float()

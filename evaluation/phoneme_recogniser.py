"""A small phoneme recogniser (CTC, Graves et al. 2006) that judges how intelligible synthesised speech is.

It is trained on the true recordings of the TTS's corpora and is no part of the system: it only listens.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from anyonenet.networks.base import Network
from anyonenet.text.symbols import END, INDEX, PAUSES

BLANK = 0
"""CTC's blank takes the place of padding"""
UNHEARD = frozenset(INDEX[symbol] for symbol in (END, *PAUSES))
"""symbols that are silence, neither taught nor counted"""


class PhonemeRecogniser(Network):
    """Two convolutions, the first halving the frame rate, bidirectional GRUs, and one score a symbol.

    Args:
        symbols: size of the symbol table; 0 is the blank.
        bands: mel bands.
        channels: of the convolutions.
        gru_size: cells in each direction.
        gru_layers: how many.
    """

    def __init__(self, symbols: int, bands: int = 80, channels: int = 128, gru_size: int = 128, gru_layers: int = 2):
        super().__init__()
        self.convolutions = nn.ModuleList(
            [
                nn.Conv1d(bands, channels, 5, stride=2, padding=2, bias=False),
                nn.Conv1d(channels, channels, 5, padding=2, bias=False),
            ]
        )
        self.norms = nn.ModuleList(nn.BatchNorm1d(channels) for _ in self.convolutions)
        self.gru = nn.GRU(channels, gru_size, gru_layers, batch_first=True, bidirectional=True)
        self.scores = nn.Linear(2 * gru_size, symbols)

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
        for convolution, norm in zip(self.convolutions, self.norms):
            hidden = norm(convolution(hidden)).relu()
            hidden = hidden * _mask(halved, hidden.shape[2])
        steps = hidden.shape[2]
        packed = pack_padded_sequence(hidden.transpose(1, 2), halved.cpu(), batch_first=True, enforce_sorted=False)
        hidden = pad_packed_sequence(self.gru(packed)[0], batch_first=True, total_length=steps)[0]
        return self.scores(hidden).log_softmax(-1), halved

    @torch.no_grad()
    def recognise(self, mels: Tensor, lengths: Tensor) -> list[list[int]]:
        """The most likely symbol a frame, repetitions merged, blanks left out; arguments as in `forward`."""
        scores, valid = self(mels, lengths)
        best = scores.argmax(-1).cpu().numpy()
        heard = []
        for row, length in zip(best, valid.tolist()):
            row = row[:length]
            kept = row[np.flatnonzero(np.diff(row, prepend=-1))]
            heard.append([int(symbol) for symbol in kept if symbol != BLANK])
        return heard


def spoken(symbols: Sequence[int] | np.ndarray) -> list[int]:
    """The symbols that can be heard: without pauses and the end."""
    return [int(symbol) for symbol in symbols if int(symbol) not in UNHEARD and int(symbol) != BLANK]


def _mask(lengths: Tensor, positions: int) -> Tensor:
    return (torch.arange(positions, device=lengths.device) < lengths[:, None])[:, None].float()

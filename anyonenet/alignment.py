"""When each symbol and word of a known text is said in a recording.

A phoneme recogniser (CTC, Graves et al. 2006) scores the symbols at each instant; the most probable path through the
text's own symbols says in which order and about when they come; a border between two of them falls where the spectrum
changes most. The TTS's attention, run along the recording's mel, was measured beside it: as exact on synthetic speech,
but lost where a recording begins with noise, which CTC's blank takes (docs/systems/write_a_speaker.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from anyonenet.audio.level import active_hops, levelled
from anyonenet.audio.mel import MelSettings, log_mel
from anyonenet.errors import InputError
from anyonenet.text.phonemes import phonemise
from anyonenet.text.symbols import PAUSES, encode
from anyonenet.text.words import word_of_symbol, words_in
from anyonenet.voice import Spoken
from anyonenet.weights import load_weights

STAGE = "phoneme_recogniser"
BLANK = 0
_STEP = 2
"""mel frames of one of the recogniser's"""
_BEFORE = 16
"""mel frames before the first symbol is recognised in which it may begin"""
_HELD = 40
"""mel frames after the last symbol is recognised in which it may end"""


@dataclass(frozen=True)
class WordTime:
    """A word as it is said; seconds from the start of the sound."""

    text: str
    start: float
    end: float

    @property
    def label(self) -> str:
        return self.text


class Aligner:
    """Finds symbols and words in recordings.

    Args:
        weights: folder that holds `phoneme_recogniser`.
        device: where it runs.

    Raises:
        WeightsError: weights are missing or corrupt.
    """

    def __init__(self, weights: Path, device: torch.device | str = "cpu"):
        self.device = torch.device(device)
        self._recogniser, card = load_weights(Path(weights) / STAGE, STAGE, self.device)
        self.settings: MelSettings = card.mel

    def align(self, waveform: NDArray[np.float32], text: str, language: str | None = None) -> Spoken:
        """A recording as if it had been spoken by the voice: with its symbols and when each is said.

        Args:
            waveform: (samples,) float32 in [-1, 1] at the mel settings' sample rate.
            text: what is said in it, all of it and nothing else.
            language: 'en' or 'zh'; detected when None.

        Returns:
            `symbol_of_frame` is -1 before the first and after the last symbol; pauses get the frames between words.

        Raises:
            InputError: nothing can be heard, or the text has more symbols than fit into the sound.
        """
        waveform = np.asarray(waveform, dtype=np.float32)
        if not len(waveform) or not active_hops(waveform, self.settings).any():
            raise InputError("the recording is silent; there is nothing to align")
        symbols = phonemise(text, language).symbols
        said = [place for place, symbol in enumerate(symbols) if symbol not in PAUSES]
        mel = log_mel(torch.from_numpy(levelled(waveform, self.settings)), self.settings)
        with torch.inference_mode():
            scores, _ = self._recogniser(mel[None].to(self.device), torch.tensor([len(mel)], device=self.device))
        ids = encode([symbols[place] for place in said], end=False)
        firsts, lasts = spans(scores[0].cpu().numpy(), ids)
        spectrum = mel.numpy()
        places = np.full(len(mel), -1, dtype=np.int64)
        for number, (begin, end) in enumerate(_borders(spectrum, firsts, lasts, active_hops(waveform, self.settings))):
            places[begin:end] = said[number]
        return Spoken(
            text=text,
            symbols=symbols,
            mel=log_mel(torch.from_numpy(waveform), self.settings).numpy(),
            waveform=waveform,
            symbol_of_frame=places,
            complete=True,
        )


def spans(scores: NDArray[np.floating], ids: list[int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The first and the last frame of each symbol on the most probable path of CTC.

    Args:
        scores: `(T, symbols)` log-probabilities; 0 is the blank.
        ids: `(N,)` the symbols in order.

    Returns:
        `(N,)` and `(N,)` frames.

    Raises:
        InputError: no path is that short.
    """
    states = np.full(2 * len(ids) + 1, BLANK)
    states[1::2] = ids
    skips = np.zeros(len(states), dtype=bool)
    skips[2:] = (states[2:] != BLANK) & (states[2:] != states[:-2])
    own = scores[:, states].astype(np.float64)
    best = np.full(len(states), -np.inf)
    best[:2] = own[0, :2]
    back = np.zeros(own.shape, dtype=np.int64)
    for frame in range(1, len(own)):
        ways = np.full((3, len(states)), -np.inf)
        ways[0], ways[1, 1:] = best, best[:-1]
        ways[2, 2:] = np.where(skips[2:], best[:-2], -np.inf)
        back[frame] = ways.argmax(0)
        best = ways.max(0) + own[frame]
    at = len(states) - 1 - int(best[-2:].argmax() == 0)
    if not np.isfinite(best[at]):
        raise InputError(f"{len(ids)} symbols do not fit into the recording; is the text another recording's?")
    path = np.zeros(len(own), dtype=np.int64)
    for frame in range(len(own) - 1, -1, -1):
        path[frame] = at
        at -= back[frame, at]
    places = [np.flatnonzero(path == 2 * number + 1) for number in range(len(ids))]
    return np.array([place[0] for place in places]), np.array([place[-1] for place in places])


def _borders(
    mel: NDArray[np.floating], firsts: NDArray[np.int64], lasts: NDArray[np.int64], active: NDArray[np.bool_]
) -> list[tuple[int, int]]:
    """(first, after last) mel frame of each symbol; neighbours touch, where no silence lies between them."""
    padded = np.pad(mel, ((2, 1), (0, 0)), mode="edge")
    change = np.abs(padded[2:-1] - padded[1:-2]).mean(axis=1)  # from the frame before to each
    count = len(mel)
    begins, ends = np.zeros(len(firsts), dtype=np.int64), np.zeros(len(firsts), dtype=np.int64)
    for number, first in enumerate(firsts):
        low = _STEP * lasts[number - 1] + 1 if number else max(0, _STEP * first - _BEFORE)
        high = min(max(_STEP * first, low), count - 1)
        quiet = np.flatnonzero(~active[low:high])
        if number and len(quiet) >= _PAUSE_FRAMES:  # a pause: the one ends where it begins
            begins[number], ends[number - 1] = low + quiet[-1] + 1, low + quiet[0]
        else:
            begins[number] = low + int(change[low : high + 1].argmax())
            if number:
                ends[number - 1] = begins[number]
    low = min(_STEP * int(lasts[-1]) + 1, count)
    after = np.flatnonzero(~active[low : low + _HELD])
    ends[-1] = low + (int(after[0]) if len(after) else min(_HELD, count - low) // 4)
    return [(int(begin), max(int(end), int(begin) + 1)) for begin, end in zip(begins, ends, strict=True)]


_PAUSE_FRAMES = 8
"""mel frames of silence, 0.1 s, from which on two symbols do not touch"""


def word_times(spoken: Spoken, language: str | None = None, rate: float = 80.0) -> list[WordTime]:
    """When each word of a sentence is said; words that no frame belongs to are left out.

    Args:
        spoken: of the voice or of `Aligner.align`.
        language: as the sentence was spoken in; detected when None.
        rate: mel frames a second.
    """
    words = words_in(spoken.text, language)
    owner = word_of_symbol(words, len(spoken.symbols) + 1)
    of_frame = np.where(spoken.symbol_of_frame >= 0, owner[spoken.symbol_of_frame], -1)
    found = []
    for place, word in enumerate(words):
        frames = np.flatnonzero(of_frame == place)
        if len(frames):
            found.append(WordTime(word.text, frames[0] / rate, (frames[-1] + 1) / rate))
    return found

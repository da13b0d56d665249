"""What is said at each frame of a track: the symbols and words that Write-a-Speaker reads (its ph_t and w_t)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from anyonenet.text.symbols import INDEX, PAUSES, encode

SILENCE = INDEX[","]
"""the symbol of every frame in which nothing is said, whatever pause it is"""

UNKNOWN_WORD = 0
"""the row of all words that a vocabulary lacks"""
SILENT_WORD = 1
"""the row of frames in which no word is said"""
RESERVED_WORDS = 2
"""rows of a word table before the vocabulary's first word"""


class Timed(Protocol):
    """A label ('' in silence) with its times in seconds."""

    @property
    def label(self) -> str: ...

    @property
    def start(self) -> float: ...

    @property
    def end(self) -> float: ...


def at_frames(intervals: Sequence[Timed], frames: int, rate: float) -> NDArray[np.int64]:
    """`(frames,)`: the place in `intervals` of the one in which each frame falls, -1 in silence or in none.

    Args:
        intervals: in order, not overlapping.
        frames: how many; frame k stands at k / rate seconds.
        rate: frames a second.
    """
    places = np.full(frames, -1, dtype=np.int64)
    for place, interval in enumerate(intervals):
        if interval.label:
            begin, end = (int(np.ceil(time * rate - 1e-6)) for time in (interval.start, interval.end))
            places[max(begin, 0) : max(end, 0)] = place
    return places


def symbol_ids(places: NDArray[np.integer], symbols: Sequence[str]) -> NDArray[np.int64]:
    """`(frames,)` places in `symbols` (-1: none) -> indices into the symbol table; pauses are `SILENCE`."""
    table = np.array([SILENCE if symbol in ("", *PAUSES) else encode([symbol], end=False)[0] for symbol in symbols])
    found = np.full(len(places), SILENCE, dtype=np.int64)
    said = np.asarray(places) >= 0
    found[said] = table[np.asarray(places)[said]]
    return found


def word_ids(places: NDArray[np.integer], words: Sequence[str], vocabulary: Mapping[str, int]) -> NDArray[np.int64]:
    """`(frames,)` places in `words` (-1: none) -> rows of a word table.

    Args:
        places: which word is said at each frame.
        words: in lower case.
        vocabulary: word -> row, see `vocabulary_of`.
    """
    table = np.array([vocabulary.get(word, UNKNOWN_WORD) for word in words] or [UNKNOWN_WORD], dtype=np.int64)
    found = np.full(len(places), SILENT_WORD, dtype=np.int64)
    said = np.asarray(places) >= 0
    found[said] = table[np.asarray(places)[said]]
    return found


def vocabulary_of(words: Sequence[str]) -> dict[str, int]:
    """Word -> row of the table, in the order of a list without repetitions."""
    return {word: RESERVED_WORDS + number for number, word in enumerate(words)}

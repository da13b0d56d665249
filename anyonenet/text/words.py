"""Which symbols of a text belong to which of its words.

Write-a-Speaker reads a text twice: as phonemes for the mouth, as words for the upper face and the head. A word is what
stands between spaces in English and a character in Mandarin, for want of a segmenter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anyonenet.text.english import phonemise_phrases
from anyonenet.text.mandarin import HANZI, from_pinyin, pinyin_of
from anyonenet.text.normalise import LATIN, normalise
from anyonenet.text.phonemes import detect_language, phonemise
from anyonenet.text.symbols import PAUSES, sound_and_mark


@dataclass(frozen=True)
class Word:
    """A word and its symbols: `symbols[begin:end]` of what `phonemise` gives for the text."""

    text: str
    """lower case"""
    begin: int
    end: int


def words_in(text: str, language: str | None = None) -> list[Word]:
    """The words of a text in order; together they have all symbols that are no pauses.

    Args:
        text: as `phonemise` takes it.
        language: 'en' or 'zh'; detected when None.

    Raises:
        InputError: as `phonemise`.
    """
    language = language or detect_language(text)
    symbols = phonemise(text, language).symbols
    runs = re.findall(rf"[{HANZI}]+|[{LATIN}'][{LATIN}'\s]*|[,.?!]", normalise(text, language))
    words: list[Word] = []
    at = 0
    for run in runs:
        if run in PAUSES:
            at += 1
            continue
        while at < len(symbols) and symbols[at] in PAUSES:
            at += 1
        end = next((place for place in range(at, len(symbols)) if symbols[place] in PAUSES), len(symbols))
        found = _of_hanzi(run, symbols[at:end]) if re.match(rf"[{HANZI}]", run) else _of_english(run, symbols[at:end])
        words += [Word(word.text, word.begin + at, word.end + at) for word in found]
        at = words[-1].end if words else at
    return words


def _of_hanzi(run: str, symbols: tuple[str, ...]) -> list[Word]:
    """Characters and their syllables; characters of a run that has other syllables than characters share them."""
    count = len(from_pinyin(pinyin_of(run)))
    ends = [place + 1 for place, symbol in enumerate(symbols[:count]) if symbol[-1].isdigit()] or [count]
    if len(ends) == len(run):
        edges = [0, *ends]
    else:
        edges = [0, *(ends[round(place * len(ends) / len(run)) - 1] for place in range(1, len(run))), ends[-1]]
    return [Word(text, begin, max(begin, end)) for text, begin, end in zip(run, edges, edges[1:], strict=False)]


def _of_english(run: str, symbols: tuple[str, ...]) -> list[Word]:
    """Words by how each sounds alone, laid along how all sound together with the fewest changes."""
    texts = run.lower().split()
    together = phonemise_phrases([run.strip()])[0]
    symbols = symbols[: len(together)]
    alone = phonemise_phrases(texts)
    owner = [place for place, word in enumerate(alone) for _ in word]
    heard = _laid_along([_plain(symbol) for word in alone for symbol in word], [_plain(s) for s in symbols])
    of_symbol = np.maximum.accumulate([owner[place] if owner else 0 for place in heard])
    edges = np.searchsorted(of_symbol, np.arange(len(texts) + 1))
    return [Word(text, int(edges[place]), int(edges[place + 1])) for place, text in enumerate(texts)]


def _plain(symbol: str) -> str:
    return sound_and_mark(symbol)[0]


def _laid_along(one: list[str], other: list[str]) -> list[int]:
    """For each of `other` its place in `one` along the path with the fewest insertions, deletions and exchanges."""
    rows, columns = len(one), len(other)
    cost = np.zeros((rows + 1, columns + 1), dtype=np.int64)
    cost[:, 0], cost[0] = np.arange(rows + 1), np.arange(columns + 1)
    for i in range(1, rows + 1):
        for j in range(1, columns + 1):
            exchanged = cost[i - 1, j - 1] + (one[i - 1] != other[j - 1])
            cost[i, j] = min(exchanged, cost[i - 1, j] + 1, cost[i, j - 1] + 1)
    i, j, places = rows, columns, [0] * columns
    while j > 0:
        if i > 0 and cost[i, j] == cost[i - 1, j - 1] + (one[i - 1] != other[j - 1]):
            i, j = i - 1, j - 1
            places[j] = i
        elif i > 0 and cost[i, j] == cost[i - 1, j] + 1:
            i -= 1
        else:
            j -= 1
            places[j] = max(i - 1, 0)
    return places


def word_of_symbol(words: list[Word], symbols: int) -> NDArray[np.int64]:
    """`(symbols,)`: the place in `words` of each symbol's word, -1 for pauses."""
    owner = np.full(symbols, -1, dtype=np.int64)
    for place, word in enumerate(words):
        owner[word.begin : word.end] = place
    return owner

"""Sentences for the embedded corpora: drawn from a grammar, with every symbol of the phoneme table among them."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from datamodules.mini import grammar_english, grammar_mandarin

LONGEST = {"en": 110, "zh": 32}
"""characters of one sentence: about seven seconds of speech"""
JOINED_SHARE = 0.2
"""share of the texts that are two sentences, one after the other"""
JOINED_LONGEST = {"en": 140, "zh": 40}
"""characters of two sentences: about nine seconds"""
RARE_SHARE = 0.08
"""share of the sentences that come from the list rich in seldom phonemes"""

_GRAMMARS: dict[str, tuple[Mapping[str, tuple[str, ...]], tuple[str, ...]]] = {
    "en": (grammar_english.GRAMMAR, grammar_english.RARE),
    "zh": (grammar_mandarin.GRAMMAR, grammar_mandarin.RARE),
}


def draw_sentences(language: str, count: int, rng: np.random.Generator) -> list[str]:
    """Texts of 3 to about 25 words: statements, questions, requests, numbers in words; some are two sentences.

    About `RARE_SHARE` of them come from a fixed list in turn, so that with `count` above 500 each symbol of the
    phoneme table is there several times; the others all differ.

    Args:
        language: 'en' or 'zh'.
        count: how many.
        rng: local generator; the same state gives the same sentences.
    """
    _, rare = _GRAMMARS[language]
    sentences: list[str] = []
    seen: set[str] = set()
    offset = int(rng.integers(len(rare)))
    while len(sentences) < count:
        if rng.random() < RARE_SHARE:
            sentences.append(rare[offset % len(rare)])
            offset += 1
            continue
        sentence = draw_sentence(language, rng)
        if sentence in seen:
            continue
        seen.add(sentence)
        if rng.random() < JOINED_SHARE:
            joined = sentence + (" " if language == "en" else "") + draw_sentence(language, rng)
            sentence = joined if len(joined) <= JOINED_LONGEST[language] else sentence
        sentences.append(sentence)
    return sentences


def draw_sentence(language: str, rng: np.random.Generator) -> str:
    """One sentence of the grammar, at most `LONGEST` characters."""
    grammar, _ = _GRAMMARS[language]
    while True:
        sentence = _expand("{sentence}", grammar, rng)
        if len(sentence) <= LONGEST[language]:
            return sentence[0].upper() + sentence[1:]


def rare_sentences(language: str) -> tuple[str, ...]:
    """The fixed list rich in seldom phonemes."""
    return _GRAMMARS[language][1]


def _expand(template: str, grammar: Mapping[str, tuple[str, ...]], rng: np.random.Generator) -> str:
    return re.sub(
        r"\{(\w+)\}",
        lambda match: _expand(grammar[match[1]][rng.integers(len(grammar[match[1]]))], grammar, rng),
        template,
    )

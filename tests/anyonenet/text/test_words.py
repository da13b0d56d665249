"""Words and their symbols, in both languages and where they are spoken as one."""

from __future__ import annotations

import numpy as np
import pytest

from anyonenet.text.phonemes import phonemise
from anyonenet.text.symbols import PAUSES
from anyonenet.text.words import word_of_symbol, words_in


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("The cat, and so on.", "en", ["the", "cat", "and", "so", "on"]),
        ("I don't know; 22 people do!", "en", ["i", "don't", "know", "twenty", "two", "people", "do"]),
        ("我们的儿子，用 iPhone 好。", "zh", ["我", "们", "的", "儿", "子", "用", "iphone", "好"]),
    ],
)
def test_all_sounds_belong_to_the_words_in_order(text, language, expected):
    words, symbols = words_in(text, language), phonemise(text, language).symbols
    assert [word.text for word in words] == expected
    owner = word_of_symbol(words, len(symbols))
    for place, symbol in enumerate(symbols):
        assert (owner[place] < 0) == (symbol in PAUSES), (place, symbol)
    said = owner[owner >= 0]
    assert (np.diff(said) >= 0).all() and set(said.tolist()) == set(range(len(words)))


def test_borders_are_where_the_words_meet():
    words = words_in("Set white with p two soon", "en")
    symbols = phonemise("Set white with p two soon", "en").symbols
    assert [symbols[word.begin] for word in words] == ["s", "w", "w", "p", "t", "s"]


def test_a_character_has_its_syllable():
    words = words_in("他在三月回来。", "zh")
    symbols = phonemise("他在三月回来。", "zh").symbols
    assert [" ".join(symbols[word.begin : word.end]) for word in words] == [
        "zh_t zh_a1", "zh_z zh_ai4", "zh_s zh_an1", "zh_üe4", "zh_h zh_uei2", "zh_l zh_ai2",
    ]  # fmt: skip

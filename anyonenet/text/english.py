"""English text to phonemes: espeak-ng's General American through phonemizer, offline.

espeak writes some sounds as one phone that this project spells as two (r-coloured vowels, syllabic l): each symbol
is then heard often enough to be learned. What espeak says and the table lacks becomes the nearest listed phone.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from anyonenet.errors import InputError
from anyonenet.text.symbols import ENGLISH_CONSONANTS, ENGLISH_VOWELS, ENGLISH_WEAK_VOWELS, INDEX

_STRESS_MARKS = "ˈˌ"
_NEAREST = {
    "r": "ɹ", "g": "ɡ", "x": "k", "ɬ": "l", "ɫ": "l", "ç": "h", "ɲ": "n j", "ʁ": "ɹ", "ʀ": "ɹ", "β": "b", "ɣ": "ɡ",
    "c": "k", "q": "k", "ɕ": "ʃ", "ʑ": "ʒ", "ʂ": "ʃ", "ʐ": "ʒ", "ɦ": "h", "χ": "h", "ʋ": "v", "ɱ": "m", "ʎ": "l j",
    "ts": "t s", "dz": "d z", "pf": "p f", "m̩": "ə m", "l̩": "ə l", "ɐ̃": "æ n", "ɑ̃": "ɑː n", "ɔ̃": "ɔː n", "ɛ̃": "æ n",
    "œ̃": "ɜː n", "ɡʲ": "ɡ j", "a": "æ", "aː": "ɑː", "ɑ": "ɑː", "ɒ": "ɔ", "o": "oʊ", "oː": "ɔː", "e": "ɛ", "eː": "eɪ",
    "ɛː": "ɛ", "ɜ": "ɜː", "u": "uː", "ʉ": "uː", "ɯ": "uː", "ɨ": "ɪ", "y": "uː", "yː": "uː", "ʏ": "ʊ", "ø": "ɜː",
    "øː": "ɜː", "œ": "ɜː", "æː": "æ", "əʊ": "oʊ", "ʊː": "uː", "ɪː": "iː", "ʌː": "ʌ", "əː": "ɜː", "ɾʲ": "ɾ", "ʲ": "j",
}  # fmt: skip
_STRESSED_FORM = {"i": "iː", "ᵻ": "ɪ", "ɚ": "ɜː", "ə": "ʌ", "ɐ": "ʌ"}
"""what a weak vowel becomes where espeak stresses it"""
_LISTED = {phone: phone for phone in (*ENGLISH_CONSONANTS, *ENGLISH_WEAK_VOWELS, *ENGLISH_VOWELS)}
_PHONES = _LISTED | {phone: near for phone, near in _NEAREST.items() if phone not in _LISTED}
_LONGEST = max(len(phone) for phone in _PHONES)
_VOWELS = frozenset(ENGLISH_WEAK_VOWELS) | frozenset(ENGLISH_VOWELS)


def phonemise_phrases(phrases: Sequence[str]) -> list[tuple[str, ...]]:
    """Phonemes of phrases without punctuation inside.

    Args:
        phrases: normalised English (words, apostrophes), one phrase between two pauses each.

    Returns:
        one tuple of English symbols a phrase.

    Raises:
        InputError: espeak used a phone that has no nearest listed one.
    """
    if not phrases:
        return []
    backend, separator = _backend()
    lines = backend.phonemize(list(phrases), separator=separator, strip=True)
    return [symbols_of_espeak(line.replace(" ", "|").split("|")) for line in lines]


def symbols_of_espeak(phones: Sequence[str]) -> tuple[str, ...]:
    """Symbols of espeak's IPA phones (a stress mark stands before its vowel).

    Raises:
        InputError: a phone has no nearest listed one.
    """
    symbols: list[str] = []
    for phone in phones:
        symbols.extend(_split_phone(phone))
    return tuple(symbols)


@lru_cache(maxsize=1024)
def _split_phone(phone: str) -> tuple[str, ...]:
    stress = next((mark for mark in phone if mark in _STRESS_MARKS), "")
    rest = "".join(character for character in phone if character not in _STRESS_MARKS)
    symbols: list[str] = []
    at = 0
    while at < len(rest):
        length = next((n for n in range(min(_LONGEST, len(rest) - at), 0, -1) if rest[at : at + n] in _PHONES), 0)
        if length == 0:
            if rest[at] in "ː̩̃ʰ͡ʲ-":  # a length or colour that the table does not tell apart
                at += 1
                continue
            raise InputError(f"espeak's phone '{phone}' is not in the phoneme table; spell the word in plain English")
        for symbol in _PHONES[rest[at : at + length]].split():
            if stress and symbol in _VOWELS:
                symbol, stress = stress + _STRESSED_FORM.get(symbol, symbol), ""
            symbols.append(symbol)
        at += length
    assert all(symbol in INDEX for symbol in symbols)
    return tuple(symbols)


@lru_cache(maxsize=1)
def _backend() -> tuple[Any, Any]:
    """phonemizer's espeak backend, made on first use: it copies and opens the library, once a process."""
    import espeakng_loader
    from phonemizer.backend import EspeakBackend
    from phonemizer.backend.espeak.wrapper import EspeakWrapper
    from phonemizer.separator import Separator

    EspeakWrapper.set_library(espeakng_loader.get_library_path())
    EspeakWrapper.set_data_path(espeakng_loader.get_data_path())
    quiet = logging.getLogger("anyonenet.text.english")
    quiet.setLevel(logging.ERROR)  # phonemizer warns of words spoken as one, which is what espeak should do
    backend = EspeakBackend(
        "en-us", with_stress=True, language_switch="remove-flags", words_mismatch="ignore", logger=quiet
    )
    return backend, Separator(phone="|", word=" ")

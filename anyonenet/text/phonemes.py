"""Text to the symbols that the TTS reads, in English, Mandarin, or both in one sentence."""

from __future__ import annotations

import re
from dataclasses import dataclass

from anyonenet.errors import InputError
from anyonenet.text.english import phonemise_phrases
from anyonenet.text.mandarin import HANZI, from_pinyin, pinyin_of
from anyonenet.text.normalise import LANGUAGES, LATIN, normalise
from anyonenet.text.symbols import PAUSES, is_pause

LONGEST_SENTENCE = 110
"""symbols of one piece that `split_sentences` makes, about: the TTS has learned no longer ones"""


@dataclass(frozen=True)
class Phonemes:
    """What a text sounds like."""

    symbols: tuple[str, ...]
    """of `symbols.SYMBOLS`, without the end symbol; closed by a pause"""
    language: str
    """'en' or 'zh': the one in which digits were read"""


def phonemise(text: str, language: str | None = None) -> Phonemes:
    """The symbols of a text. Words in the other language are spoken in that language's phonemes.

    Args:
        text: anything a person may type, of any length.
        language: 'en' or 'zh'; detected when None.

    Raises:
        InputError: empty text, no speakable character, unsupported language or script.
    """
    language = _checked(text, language)
    spoken = normalise(text, language)
    runs = re.findall(rf"[{HANZI}][{HANZI},.?!\s]*|[{LATIN}'][{LATIN}'\s]*|[,.?!]", spoken)
    if not any(re.match(rf"[{HANZI}{LATIN}]", run) for run in runs):
        raise InputError(f"the text has no speakable character: '{text.strip()[:40]}'; give words or numbers")
    english = [run.strip() for run in runs if re.match(rf"[{LATIN}']", run)]
    phonemes_of = dict(zip(english, phonemise_phrases(english)))
    symbols: list[str] = []
    for run in runs:
        if re.match(rf"[{HANZI}]", run):
            symbols.extend(from_pinyin(pinyin_of(run)))
        elif is_pause(run):
            symbols.append(run)
        else:
            symbols.extend(phonemes_of[run.strip()])
    if not is_pause(symbols[-1]):
        symbols.append(".")
    if len(symbols) < 2:
        raise InputError(f"the text has no speakable character: '{text.strip()[:40]}'; give words or numbers")
    return Phonemes(tuple(symbols), language)


def detect_language(text: str) -> str:
    """'zh' where the hanzi outweigh the Latin words (a hanzi counts as much as a word), else 'en'.

    Raises:
        InputError: the text is empty.
    """
    if not text.strip():
        raise InputError("the text is empty; give at least one word")
    hanzi = len(re.findall(rf"[{HANZI}]", text))
    words = len(re.findall(rf"[{LATIN}]+", text))
    return "zh" if hanzi > words else "en"


def split_sentences(text: str, language: str | None = None, longest: int = LONGEST_SENTENCE) -> list[str]:
    """Cut a text into pieces to be spoken one after the other.

    Cuts stand after `. ? !`; a sentence that would be longer than `longest` symbols is cut at its commas, and where
    it has none, between words.

    Args:
        text: anything a person may type.
        language: 'en' or 'zh'; detected when None.
        longest: symbols of a piece, at most about (words are never cut).

    Returns:
        normalised pieces, each with something to say.

    Raises:
        InputError: as `phonemise`.
    """
    language = _checked(text, language)
    spoken = normalise(text, language)
    pieces: list[str] = []
    for sentence in re.findall(r"[^.?!]+[.?!]?", spoken):
        pieces.extend(_cut(sentence.strip(), longest))
    pieces = [piece for piece in pieces if re.search(rf"[{HANZI}{LATIN}]", piece)]
    if not pieces:
        raise InputError(f"the text has no speakable character: '{text.strip()[:40]}'; give words or numbers")
    return pieces


def _checked(text: str, language: str | None) -> str:
    if not text.strip():
        raise InputError("the text is empty; give at least one word")
    if language is not None and language not in LANGUAGES:
        raise InputError(f"language '{language}' is not supported; use {' or '.join(LANGUAGES)}")
    return language or detect_language(text)


def _cut(sentence: str, longest: int) -> list[str]:
    """`sentence` in as few pieces as fit, cut at commas, else between words (or hanzi)."""
    if _weight(sentence) <= longest:
        return [sentence]
    for pattern in (r"(?<=,)\s*", rf"(?<=\s)|(?<=[{HANZI}])"):
        parts = [part for part in re.split(pattern, sentence) if part.strip()]
        if len(parts) > 1:
            break
    pieces: list[str] = []
    for part in parts:
        smaller = _cut(part.strip(), longest) if len(parts) > 1 else [part]
        for piece in smaller:
            joint = "" if not pieces or re.search(rf"[{HANZI}],?$", pieces[-1]) else " "
            if pieces and _weight(pieces[-1] + joint + piece) <= longest:
                pieces[-1] += joint + piece
            else:
                pieces.append(piece)
    closed = [piece if piece[-1] in PAUSES else piece + "," for piece in pieces]
    return closed if sentence[-1] in PAUSES else [*closed[:-1], pieces[-1]]


def _weight(text: str) -> float:
    """About the number of symbols: hanzi have two, English words five in six letters."""
    hanzi = len(re.findall(rf"[{HANZI}]", text))
    return 2 * hanzi + 0.85 * len(re.findall(rf"[{LATIN}]", text)) + len(re.findall(r"[,.?!]", text))

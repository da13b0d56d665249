"""Written text to spoken words: what both languages share, and the way into each.

After normalisation a text holds letters, hanzi, apostrophes, single spaces and the pauses `, . ? !` only.
"""

from __future__ import annotations

import re
import unicodedata

from anyonenet.errors import InputError
from anyonenet.text.mandarin import HANZI
from anyonenet.text.normalise_chinese import chinese_words
from anyonenet.text.normalise_english import english_words

LANGUAGES = ("en", "zh")
LATIN = "A-Za-zÀ-ÖØ-öø-ɏ"
"""character-class body: the letters that English text may hold"""

_QUOTES = str.maketrans({"‘": "'", "’": "'", "ʼ": "'", "`": "'", "´": "'", "＇": "'"})
_POWERS = {"en": {"²": " squared ", "³": " cubed "}, "zh": {"²": "的平方", "³": "的立方"}}
_PUNCTUATION = (
    (r"[)\]}）】」』》〉>\s]+$", ""),
    (r"\.{2,}|…+|⋯+", ", "),
    (r"[。．｡]", ". "),
    (r"？", "? "),
    (r"！", "! "),
    (r"[，、；：;:﹐﹑]", ", "),
    (r"\s*[—–―─]+\s*|\s--+\s|\s-\s", ", "),
    (r"[()\[\]{}（）【】「」『』《》〈〉<>|]", ", "),
)


def normalise(text: str, language: str) -> str:
    """Spell out numbers, dates, times, money, units and abbreviations; drop emoji; reduce punctuation to pauses.

    Args:
        text: anything a person may type.
        language: 'en' or 'zh': the one in which digits and signs are read. Words of the other one stay.

    Returns:
        the spoken words; '' where nothing is left to say.

    Raises:
        InputError: the language is not supported, or the text holds letters of another script.
    """
    if language not in LANGUAGES:
        raise InputError(f"language '{language}' is not supported; use {' or '.join(LANGUAGES)}")
    text = "".join(map(_kept, text)).translate(_QUOTES)
    for sign, words in _POWERS[language].items():
        text = text.replace(sign, words)
    text = unicodedata.normalize("NFKC", text)
    text = text.replace("\u2044", "/")
    text = re.sub(r"(?<=\d)[\u2212\u2010-\u2013](?=\d)", "-", text).replace("\u2212", "-")
    text = english_words(text) if language == "en" else chinese_words(text)
    _refuse_other_scripts(text)
    for pattern, pause in _PUNCTUATION:
        text = re.sub(pattern, pause, text)
    text = re.sub(rf"[^{LATIN}{HANZI}',.?!\s]", " ", text)
    text = re.sub(rf"(?<![{LATIN}])'+|'+(?![{LATIN}])", " ", text)  # quotes; apostrophes stay
    return _single_pauses(text)


def _kept(character: str) -> str:
    """The character, or a space for controls, emoji and other pictures (their joiners vanish)."""
    category = unicodedata.category(character)
    if character in "\u200b\u200c\u200d\ufe0e\ufe0f\u2060\ufeff\u00ad":
        return ""
    if category in ("So", "Sk", "Cs", "Co", "Cn", "Me") and character not in "°℃℉№™®©`´":
        return " "
    return " " if category[0] == "C" or category[0] == "Z" else "" if character in "™®©" else character


def _refuse_other_scripts(text: str) -> None:
    for character in text:
        if character.isalpha() and not re.match(rf"[{LATIN}{HANZI}]", character):
            name = unicodedata.name(character, "an unknown letter").split()[0].lower()
            raise InputError(f"cannot read '{character}' ({name}): the text must be English or Chinese")


def _single_pauses(text: str) -> str:
    """One pause where several meet (the strongest), none at the start, spaces tidy."""

    def strongest(match: re.Match[str]) -> str:
        marks = match.group()
        return next(mark for mark in "?!.," if mark in marks) + " "

    text = re.sub(r"\s+", " ", text)
    text = re.sub(r"\s*[,.?!](?:\s*[,.?!])*\s*", strongest, text)
    text = re.sub(r"^[\s,.?!]+", "", text).strip()
    return re.sub(rf"(?<=[{HANZI},.?!]) (?=[{HANZI}])|(?<=[{HANZI}]) (?=[{HANZI}])", "", text)

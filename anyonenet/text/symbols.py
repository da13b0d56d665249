"""The one table of symbols that text becomes: pauses, English phonemes, Mandarin initials and finals with tone.

The two languages share the pauses and nothing else. Index 0 is padding and never stands in a sequence; `END` closes
every sequence given to a network, so that attention can tell the last phoneme from what lies beyond it.
"""

from __future__ import annotations

from collections.abc import Iterable

from anyonenet.errors import InputError

PADDING = "<pad>"
END = "<end>"
PAUSES = (",", ".", "?", "!")
"""symbols for silence between phrases; the mark tells the melody before it"""


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


ENGLISH_CONSONANTS = _names("p b t d k ɡ f v θ ð s z ʃ ʒ tʃ dʒ h m n ŋ l ɹ w j ɾ ʔ n̩")
ENGLISH_WEAK_VOWELS = _names("ə ɐ ɚ i ᵻ")
"""never stressed"""
ENGLISH_VOWELS = _names("iː ɪ ɛ æ ɑː ɔ ɔː ʊ uː ʌ ɜː eɪ aɪ ɔɪ aʊ oʊ")
STRESSES = ("", "ˈ", "ˌ")
ENGLISH = (
    ENGLISH_CONSONANTS + ENGLISH_WEAK_VOWELS + tuple(stress + vowel for vowel in ENGLISH_VOWELS for stress in STRESSES)
)

MANDARIN_PREFIX = "zh_"
MANDARIN_INITIALS = _names("b p m f d t n l g k h j q x zh ch sh r z c s")
_FINALS_OF_FOUR_TONES = _names(
    "a ai an ang ao e ei en eng i ii iii ia ian iang iao ie in ing iong iou o ong ou "
    "u ua uai uan uang uei uen uo ü üan üe ün"
)
"""finals in the order of Hanyu Pinyin; `ii` is the vowel of zi, ci, si, `iii` that of zhi, chi, shi, ri"""
_NEUTRAL_FINALS = "a ang e ei en er i ia ii iii o ou uo"
"""those of words that are always unstressed; another final in the neutral tone is read as the nearest tone"""
MANDARIN_FINALS = tuple(
    [f"{final}{tone}" for final in _FINALS_OF_FOUR_TONES for tone in (1, 2, 3, 4)]
    + ["er2", "er3", "er4", "ueng1", "ueng4"]
    + [f"{final}5" for final in _names(_NEUTRAL_FINALS)]
)
MANDARIN = tuple(MANDARIN_PREFIX + name for name in MANDARIN_INITIALS + MANDARIN_FINALS)

SYMBOLS: tuple[str, ...] = (PADDING, END, *PAUSES, *ENGLISH, *MANDARIN)
INDEX: dict[str, int] = {symbol: index for index, symbol in enumerate(SYMBOLS)}


def encode(symbols: Iterable[str], end: bool = True) -> list[int]:
    """Indices into `SYMBOLS`, closed by the end symbol unless `end` is False.

    Raises:
        InputError: a symbol is not in the table.
    """
    indices = []
    for symbol in symbols:
        index = INDEX.get(symbol)
        if index is None:
            raise InputError(f"'{symbol}' is not a symbol of the phoneme table; give what `phonemise` returned")
        indices.append(index)
    return [*indices, INDEX[END]] if end else indices


def decode(indices: Iterable[int]) -> tuple[str, ...]:
    """The symbols of `indices`, without padding and end.

    Raises:
        InputError: an index lies outside the table.
    """
    symbols = []
    for index in indices:
        if not 0 <= index < len(SYMBOLS):
            raise InputError(f"symbol index {index} is outside the phoneme table (0 to {len(SYMBOLS) - 1})")
        if index > 1:
            symbols.append(SYMBOLS[index])
    return tuple(symbols)


def is_mandarin(symbol: str) -> bool:
    return symbol.startswith(MANDARIN_PREFIX)


def is_pause(symbol: str) -> bool:
    return symbol in PAUSES


def sound_and_mark(symbol: str) -> tuple[str, str]:
    """A symbol without its tone or stress, and that tone ('1' to '5') or stress: 'zh_ang4' -> ('zh_ang', '4').

    Consonants, weak vowels and pauses bear no mark: ''. Neither does an unstressed vowel.
    """
    if is_mandarin(symbol) and symbol[-1].isdigit():
        return symbol[:-1], symbol[-1]
    if symbol[0] in STRESSES:
        return symbol[1:], symbol[0]
    return symbol, ""

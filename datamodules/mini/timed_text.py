"""Symbols and words of synthetic speech with their exact times, from the synthesiser's own phonemes."""

from __future__ import annotations

from dataclasses import dataclass

from anyonenet.errors import InputError
from anyonenet.text.english import symbols_of_espeak
from anyonenet.text.phonemes import phonemise
from anyonenet.text.symbols import MANDARIN_PREFIX, PAUSES, sound_and_mark
from anyonenet.text.words import words_in
from datamodules.mini.voices import PhonemeTime, Speech

_STRESS = {2: "ˈ", 1: "ˌ", 0: ""}
_INITIALS = {
    "b": "p", "p": "ph", "m": "m", "f": "f", "d": "t", "t": "th", "n": "n", "l": "l", "g": "k", "k": "kh", "h": "χ",
    "j": "tɕ", "q": "tɕh", "x": "ɕ", "zh": "ts.", "ch": "ts.h", "sh": "s.", "r": "z.", "z": "ts", "c": "tsh", "s": "s",
}  # fmt: skip
"""Mandarin initials as espeak writes them"""
_LONGEST_FINAL = 4
_UNLIKE = 0.1
"""share of the symbols that may sound otherwise than the text says"""


@dataclass(frozen=True)
class Interval:
    """A stretch of time and what is said in it ('' in silence); seconds."""

    label: str
    start: float
    end: float


def timed(speech: Speech, language: str) -> tuple[list[Interval], list[Interval]]:
    """(symbols, words) of a speech, each from 0 to its end without gaps.

    Raises:
        InputError: the synthesiser said it otherwise than the text front end reads it.
    """
    expected = [symbol for symbol in phonemise(speech.text, language).symbols if symbol not in PAUSES]
    found = _english(speech.phonemes) if language == "en" else _mandarin(speech.phonemes, expected)
    sounds = [interval for interval in found if interval.label]
    if len(sounds) != len(expected):
        raise InputError(f"{len(sounds)} sounds for {len(expected)} symbols in '{speech.text[:60]}'")
    pairs = zip(sounds, expected, strict=True)
    unlike = sum(sound_and_mark(a.label)[0] != sound_and_mark(b)[0] for a, b in pairs)
    if unlike > _UNLIKE * len(expected):
        raise InputError(f"{unlike} of {len(expected)} symbols are said otherwise in '{speech.text[:60]}'")
    named = iter(expected)
    symbols = [Interval(next(named), i.start, i.end) if i.label else i for i in found]
    return symbols, _words(symbols, speech.text, language)


def _words(symbols: list[Interval], text: str, language: str) -> list[Interval]:
    """Words from the first to the last of their symbols; silence between them."""
    read = phonemise(text, language).symbols
    sounds = [interval for interval in symbols if interval.label]
    place_of = [place for place, symbol in enumerate(read) if symbol not in PAUSES]
    at = {place: number for number, place in enumerate(place_of)}
    words: list[Interval] = []
    for word in words_in(text, language):
        own = [sounds[at[place]] for place in range(word.begin, word.end)]
        if own:
            words.append(Interval(word.text, own[0].start, own[-1].end))
    filled: list[Interval] = []
    now = 0.0
    for one in [*words, Interval("", symbols[-1].end, symbols[-1].end)]:
        if one.start > now + 1e-6:
            filled.append(Interval("", now, one.start))
        if one.end > one.start:
            filled.append(one)
        now = one.end
    return filled


def _english(phonemes: tuple[PhonemeTime, ...]) -> list[Interval]:
    found = []
    for sound in phonemes:
        symbols = symbols_of_espeak([_STRESS[sound.stress] + sound.phoneme]) if sound.phoneme else ("",)
        share = (sound.end - sound.start) / max(len(symbols), 1)
        found += [
            Interval(symbol, sound.start + number * share, sound.start + (number + 1) * share)
            for number, symbol in enumerate(symbols)
        ]
    return found


def _mandarin(phonemes: tuple[PhonemeTime, ...], expected: list[str]) -> list[Interval]:
    """Initials take one of espeak's phonemes, finals one to four, at the least cost; silences stay between."""
    sounds = [sound for sound in phonemes if sound.phoneme]
    names = [symbol.removeprefix(MANDARIN_PREFIX) for symbol in expected]
    least: list[dict[int, tuple[float, int]]] = [{0: (0.0, 0)}]  # used sounds -> (cost, used before)
    for name in names:
        here: dict[int, tuple[float, int]] = {}
        for used, (cost, _) in least[-1].items():
            for count in range(1, 2 if name in _INITIALS else _LONGEST_FINAL + 1):
                if used + count > len(sounds):
                    break
                total = cost + _strangeness(name, [sound.phoneme for sound in sounds[used : used + count]])
                if total < here.get(used + count, (float("inf"), 0))[0]:
                    here[used + count] = (total, used)
        least.append(here)
    if len(sounds) not in least[-1] or least[-1][len(sounds)][0] > _UNLIKE * len(names):
        raise InputError(f"the sounds {' '.join(s.phoneme for s in sounds)[:60]} are not {' '.join(names)[:60]}")
    edges = [len(sounds)]
    for here in reversed(least[1:]):
        edges.append(here[edges[-1]][1])
    edges.reverse()
    found: list[Interval] = []
    for symbol, begin, end in zip(expected, edges, edges[1:], strict=False):
        start = sounds[begin].start
        before = found[-1].end if found else 0.0
        if start > before + 1e-6:
            found.append(Interval("", before, start))
        found.append(Interval(symbol, start, sounds[end - 1].end))
    if phonemes[-1].end > found[-1].end + 1e-6:
        found.append(Interval("", found[-1].end, phonemes[-1].end))
    return found


def _strangeness(name: str, sounds: list[str]) -> float:
    """How little espeak's phonemes resemble an initial or a final, 0 to 1."""
    if name in _INITIALS:
        return float(_INITIALS[name] != sounds[0])
    inner = [sound in _INITIALS.values() and not (sound == "n" and place > 0) for place, sound in enumerate(sounds)]
    nasal = name.rstrip("12345").endswith(("n", "ng"))
    ends_nasal = sounds[-1] in ("n", "ŋ", "onɡ") or sounds[-1].endswith(("ŋ", "ɡ"))
    return float(any(inner)) + 0.3 * float(nasal != ends_nasal)

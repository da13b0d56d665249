"""Mandarin text to phonemes: pinyin with tone sandhi (pypinyin), split into initial and final with tone.

Syllables are split strictly: y and w are spellings, not initials (`yi` is the final `i`, `you` is `iou`), and the
hidden ü of ju, qu, xu, yu is written ü. `from_pinyin` does the same to a corpus's own pinyin (AISHELL-3: ü is v).

pypinyin reads dictionaries of 47,000 phrases when it is imported: only where there is Mandarin to read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from anyonenet.errors import InputError
from anyonenet.text.symbols import INDEX, MANDARIN_PREFIX, PAUSES

HANZI = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff〇"
"""character-class body: the ideographs that are read"""

_SYLLABLE = re.compile(r"([a-zêü]+)([1-5])")
_SPELLINGS = {
    "m": "en",
    "n": "en",
    "ng": "en",
    "hm": "hen",
    "hng": "heng",
    "ê": "ei",
    "yo": "you",
    "lo": "luo",
    "r": "er",
}
"""interjections that no initial and final make up, as the nearest syllable"""
_FULL_ER = frozenset("女婴幼孤少胎健男小宠娇患家弃托")
"""characters after which 儿 keeps a syllable and tone of its own"""
_FULL_ER_BEFORE = frozenset("童子女科媳孙歌戏")
"""characters before which it does too"""
_FIGURES = "零〇一二三四五六七八九十"
_TONES_BY_NEARNESS = {1: (4, 2, 5, 3), 2: (3, 4, 1, 5), 3: (2, 4, 5, 1), 4: (1, 5, 2, 3), 5: (4, 1, 3, 2)}


def pinyin_of(text: str) -> list[str]:
    """Syllables of a hanzi text as they are spoken.

    Tone sandhi is applied: 一, 不 and words by pypinyin, and a third tone before another third tone becomes a
    second wherever no pause parts them.

    Args:
        text: hanzi and the pauses `, . ? !` only (see `normalise`).

    Returns:
        syllables with a tone digit (`ni2`, `hao3`; neutral 5; ü written v; r-coloured 儿 is `er5`) and pauses.

    Raises:
        InputError: a character has no known reading.
    """
    from pypinyin import Style, lazy_pinyin

    tokens: list[str] = []
    for run in re.findall(rf"[{HANZI}]+|[,.?!]", text):
        if run in PAUSES:
            tokens.append(run)
            continue
        syllables = lazy_pinyin(
            run.replace("〇", "零"),
            style=Style.TONE3,
            neutral_tone_with_five=True,
            tone_sandhi=True,
            v_to_u=False,
            errors=_refuse,
        )
        if len(syllables) == len(run):  # one reading a character, so 儿 can be found again
            syllables = _in_context(run, syllables)
        tokens.extend(syllables)
    return third_tone_sandhi(tokens)


def _in_context(run: str, syllables: list[str]) -> list[str]:
    """What pypinyin knows in listed words only: 儿 that colours its syllable, and the tones of 一 and 不."""
    result = list(syllables)
    for at, character in enumerate(run):
        before, after = run[at - 1 : at], run[at + 1 : at + 2]
        following = syllables[at + 1] if after else ""
        if character == "儿" and before and before not in _FULL_ER and after not in _FULL_ER_BEFORE:
            result[at] = "er5"
        elif character == "不" and syllables[at] == "bu4" and following.endswith("4"):
            result[at] = "bu2"
        elif character == "一" and syllables[at] == "yi1" and after and not _counts(before, after):
            result[at] = "yi2" if following.endswith("4") else "yi4"
    return result


def _counts(before: str, after: str) -> bool:
    """Whether 一 between these characters is a figure or a rank, which keeps its tone."""
    return (before != "" and before in _FIGURES + "第期周初点唯统") or after in _FIGURES + "月号日楼级班等"


def third_tone_sandhi(tokens: Sequence[str]) -> list[str]:
    """Every third tone directly before another third tone as a second tone; pauses part."""
    following = [*tokens[1:], ""]
    return [
        token[:-1] + "2" if token.endswith("3") and after.endswith("3") else token
        for token, after in zip(tokens, following)
    ]


def from_pinyin(syllables: Iterable[str]) -> tuple[str, ...]:
    """Symbols of pinyin syllables with tone digits; pauses among them stay.

    Args:
        syllables: `hao3`; ü as `v`, `ü` or (after j, q, x, y) `u`; neutral tone 5, 0 or no digit; `huar1` is
            `hua1` and the final of 儿.

    Raises:
        InputError: something is not a syllable of Mandarin.
    """
    symbols: list[str] = []
    for syllable in syllables:
        if syllable in PAUSES:
            symbols.append(syllable)
        else:
            symbols.extend(_split_syllable(syllable))
    return tuple(symbols)


def canonical_syllables(syllable: str) -> tuple[str, ...]:
    """The plain syllables a written one stands for: lower case, digit 1-5, ü as v, 儿 apart (`huar1`: `hua1 er5`).

    Raises:
        InputError: it has no letters or an unknown tone.
    """
    written = syllable.strip().lower().replace("u:", "v").replace("ü", "v")
    written = written[:-1] + "5" if written.endswith("0") else written
    written = written if written[-1:].isdigit() else written + "5"
    match = _SYLLABLE.fullmatch(written)
    if match is None:
        raise InputError(f"'{syllable}' is not pinyin with a tone digit (like hao3 or nv3)")
    letters, tone = match.groups()
    letters = _SPELLINGS.get(letters, letters)
    if letters.endswith("r") and letters != "er":
        return letters[:-1] + tone, "er5"
    return (letters + tone,)


@lru_cache(maxsize=4096)
def _split_syllable(syllable: str) -> tuple[str, ...]:
    from pypinyin.contrib.tone_convert import to_finals, to_initials

    symbols: list[str] = []
    for plain in canonical_syllables(syllable):
        letters, tone = plain[:-1], int(plain[-1])
        initial = to_initials(letters, strict=True)
        final = to_finals(letters, strict=True, v_to_u=True)
        if final == "i" and initial in ("z", "c", "s"):
            final = "ii"
        elif final == "i" and initial in ("zh", "ch", "sh", "r"):
            final = "iii"
        name = next(
            (
                f"{MANDARIN_PREFIX}{final}{near}"
                for near in (tone, *_TONES_BY_NEARNESS[tone])
                if f"{MANDARIN_PREFIX}{final}{near}" in INDEX
            ),
            None,
        )
        if name is None or (initial and MANDARIN_PREFIX + initial not in INDEX):
            raise InputError(f"'{syllable}' is not a syllable of Mandarin; give pinyin with a tone digit (like hao3)")
        symbols.extend([MANDARIN_PREFIX + initial, name] if initial else [name])
    return tuple(symbols)


def _refuse(characters: str) -> str:
    raise InputError(f"no reading is known for '{characters}'; write it with common characters")

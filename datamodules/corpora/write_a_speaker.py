"""Reads recordings of facial motion with time-aligned text, as Write-a-Speaker's actresses made them.

A folder a language, `en` or `zh`, each with `utterances.csv` (id, emotion, text), `align/ID.TextGrid` (tiers `words`
and `phones`), `motion/ID.csv` (a line a frame at 25 Hz, a column a blendshape and a part of the head pose) and, for
those who want to hear it, `wav/ID.wav`. Phones are the project's symbols, or ARPAbet as the Montreal aligner writes it.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from anyonenet.errors import CorpusError, InputError
from anyonenet.face.blendshapes import BLENDSHAPES, EMOTIONS, HEAD, emotion_of
from anyonenet.text.symbols import INDEX
from datamodules.corpora.files import folder_of, read_text
from datamodules.corpora.textgrid import Interval, read_text_grid

FOLDER = "WriteASpeaker"
"""name of the corpus inside the folder of the corpora"""
LANGUAGES = ("en", "zh")
_ARPABET = {
    "AA": "ɑː", "AE": "æ", "AH": "ʌ", "AO": "ɔː", "AW": "aʊ", "AY": "aɪ", "B": "b", "CH": "tʃ", "D": "d", "DH": "ð",
    "EH": "ɛ", "ER": "ɜː", "EY": "eɪ", "F": "f", "G": "ɡ", "HH": "h", "IH": "ɪ", "IY": "iː", "JH": "dʒ", "K": "k",
    "L": "l", "M": "m", "N": "n", "NG": "ŋ", "OW": "oʊ", "OY": "ɔɪ", "P": "p", "R": "ɹ", "S": "s", "SH": "ʃ", "T": "t",
    "TH": "θ", "UH": "ʊ", "UW": "uː", "V": "v", "W": "w", "Y": "j", "Z": "z", "ZH": "ʒ",
}  # fmt: skip
_WEAK = {"AH": "ə", "ER": "ɚ"}
_STRESSES = {"0": "", "1": "ˈ", "2": "ˌ"}


@dataclass(frozen=True, slots=True)
class MotionRecording:
    """One utterance of an actress."""

    id: str
    language: str
    emotion: str
    """of `EMOTIONS`"""
    text: str
    alignment: Path
    motion: Path
    audio: Path


def read(root: Path | str) -> list[MotionRecording]:
    """All utterances, English first, in the order of their tables.

    Args:
        root: the folder that holds `en` or `zh`, or the folder of the corpora that has it as `WriteASpeaker`.

    Raises:
        CorpusError: neither language is there, or their tables are broken; all problems, a line each.
    """
    if (Path(root) / "mini.json").is_file() and not (Path(root) / FOLDER).is_dir():
        raise CorpusError(
            f"the embedded corpora in {root} have no folder {FOLDER}; `anyonenet mini --out {root}` adds it"
        )
    folder = folder_of(Path(root), [FOLDER])
    tables = [folder / language / "utterances.csv" for language in LANGUAGES]
    if not any(table.is_file() for table in tables):
        raise CorpusError(
            f"no recordings of facial motion in {folder}: en/utterances.csv and zh/utterances.csv missing"
        )
    problems: list[str] = []
    found = [recording for table in tables if table.is_file() for recording in _of_table(table, problems)]
    if problems:
        raise CorpusError(*problems[:10])
    if not found:
        raise CorpusError(f"the tables in {folder} name no utterance")
    return found


def _of_table(table: Path, problems: list[str]) -> list[MotionRecording]:
    folder, found = table.parent, []
    try:
        rows = list(csv.DictReader(io.StringIO(read_text(table), newline="")))
    except (InputError, csv.Error) as error:
        problems.append(f"{table} cannot be read: {error}")
        return []
    for number, row in enumerate(rows, start=2):
        name, emotion = (row.get("id") or "").strip(), (row.get("emotion") or "").strip()
        try:
            known = emotion_of(emotion)
        except InputError:
            problems.append(f"{table} line {number} has the emotion '{emotion}'; known are {', '.join(EMOTIONS)}")
            continue
        if not name:
            problems.append(f"{table} line {number} names no utterance; its columns are id, emotion and text")
            continue
        found.append(
            MotionRecording(
                id=name,
                language=folder.name,
                emotion=known,
                text=(row.get("text") or "").strip(),
                alignment=folder / "align" / f"{name}.TextGrid",
                motion=folder / "motion" / f"{name}.csv",
                audio=folder / "wav" / f"{name}.wav",
            )
        )
    return found


def read_motion(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """`(F, 51)` blendshapes in the order of `BLENDSHAPES` and `(F, 6)` head pose, float32.

    Columns go by name, whatever their case and order; columns of the head may all be missing (it then stands still).

    Raises:
        CorpusError: the table cannot be read, lacks a blendshape, or holds what is not a number.
    """
    try:
        lines = read_text(path).splitlines()
    except InputError as error:
        raise CorpusError(str(error)) from None
    names = [name.strip().lower() for name in (lines[0] if lines else "").split(",")]
    missing = [name for name in BLENDSHAPES if name.lower() not in names]
    if missing:
        raise CorpusError(f"{path} lacks the columns {', '.join(missing[:5])}{' ...' if missing[5:] else ''}")
    try:
        values = np.array([line.split(",") for line in lines[1:] if line.strip()], dtype=np.float32)
    except ValueError as error:
        raise CorpusError(f"{path} is not a table of numbers ({error})") from None
    if values.ndim != 2 or values.shape[1] != len(names) or not np.isfinite(values).all():
        raise CorpusError(f"{path} has lines that are shorter or longer than its first, or values that are no numbers")
    head = np.zeros((len(values), len(HEAD)), dtype=np.float32)
    if all(name.lower() in names for name in HEAD):
        head = values[:, [names.index(name.lower()) for name in HEAD]]
    return values[:, [names.index(name.lower()) for name in BLENDSHAPES]], head


def read_alignment(path: Path) -> tuple[list[Interval], list[Interval]]:
    """(symbols, words) with their times; symbols are the project's, words in lower case.

    Raises:
        CorpusError: the file cannot be read, lacks a tier, or has phones that are not known.
    """
    tiers = read_text_grid(path)
    by_name = {name.lower(): intervals for name, intervals in tiers.items()}
    for name in ("phones", "words"):
        if not by_name.get(name):
            raise CorpusError(f"{path} has no intervals in a tier '{name}'; its tiers are {', '.join(tiers)}")
    symbols = []
    for interval in by_name["phones"]:
        symbol = _symbol(interval.label)
        if symbol is None:
            raise CorpusError(f"{path}: the phone '{interval.label}' is neither ARPAbet nor one of the symbols")
        symbols.append(Interval(symbol, interval.start, interval.end))
    return symbols, [Interval(word.label.lower(), word.start, word.end) for word in by_name["words"]]


def _symbol(label: str) -> str | None:
    """The project's symbol of a phone; '' stays."""
    if label == "" or label in INDEX:
        return label
    phone, stress = (label[:-1], label[-1]) if label[-1:] in _STRESSES else (label, "")
    if phone not in _ARPABET:
        return None
    if stress in ("", "0"):
        return _WEAK.get(phone, _ARPABET[phone])
    return _STRESSES[stress] + _ARPABET[phone]

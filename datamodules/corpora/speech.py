"""Any speech: a folder of recordings with their texts beside them, or a table of recordings, texts and speakers.

A folder: the first folder below the root names the speaker (recordings right in the root are all the root's). The text
of `NAME.flac` is `NAME.txt`, `NAME.lab` or `NAME.normalized.txt` beside it, or its line `NAME text` in a
`*.trans.txt` of the same folder, as LibriSpeech has them. LibriSpeech and LibriTTS as they unpack, with or without the
folders above (`LibriSpeech/dev-clean/84/121123/84-121123-0000.flac`), are known by their names: the speaker is 84, and
`SPEAKERS.TXT` in the root or above it tells the sex.

A table: `.csv`, `.tsv` (first line: column names) or `.jsonl` (an object a line), given itself or lying in the folder
as `manifest` or `metadata`. Columns `audio`, `text`, `speaker`, `language` ('en', 'zh'), `sex`, `id`; only the first
must be there. Paths are relative to the table's folder.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from anyonenet.errors import CorpusError, InputError
from datamodules.corpora.files import (
    SOUNDS,
    find_files,
    language_of,
    legible,
    names_of,
    read_spoken_text,
    read_text,
    sex_of,
)
from datamodules.corpora.manifest import Utterance
from datamodules.corpora.speech_table import TABLES, read_table

_TEXTS = (".txt", ".lab", ".normalized.txt")
_NO_TEXT = "no text (.txt, .lab) beside the recording"
_CHAPTER = re.compile(r"(\d+)[-_](\d+)[-_]\d")
"""speaker and chapter in a file name of LibriSpeech or LibriTTS"""


def read(root: Path | str, corpus: str = "speech") -> list[Utterance]:
    """All utterances, in the order of the table or by name.

    Recordings without text have `text` None; what a table names may not be there: the work lists it. Where all texts
    are in capitals, as LibriSpeech's, they are written small: `IT` and `US` would be spelled out letter by letter.

    Args:
        root: the folder or the table.
        corpus: the name that the utterances get.

    Raises:
        CorpusError: nothing there, no recording in the folder, or a table that cannot be used; all its problems.
    """
    root = Path(root)
    if root.is_file():
        return _in_small_letters(read_table(root, corpus))
    if not root.is_dir():
        raise CorpusError(f"no folder or table {root}; give a folder of recordings, or a .csv, .tsv or .jsonl file")
    tables = (root / f"{name}{suffix}" for name in ("manifest", "metadata") for suffix in TABLES)
    table = next((path for path in tables if path.is_file()), None)
    return _in_small_letters(_read_folder(root, corpus) if table is None else read_table(table, corpus))


def _read_folder(root: Path, corpus: str) -> list[Utterance]:
    sounds = find_files(root, SOUNDS)
    if not sounds:
        raise CorpusError(f"no recording ({', '.join(sorted(SOUNDS))}) in {root}; put one folder a speaker there")
    transcripts, sexes = _Transcripts(), _sexes(root)
    utterances = []
    for name, path in zip(names_of(sounds, root), sounds, strict=True):
        speaker = _speaker(name, path, root)
        text, defect = transcripts.of(path)
        sex = sexes.get(speaker)
        utterances.append(Utterance(name, corpus, speaker, path, language_of(text), text, sex=sex, defect=defect))
    return utterances


def _in_small_letters(utterances: list[Utterance]) -> list[Utterance]:
    """The utterances, their texts with a capital at the beginning only where all of them are in capitals."""
    lettered = [item.text for item in utterances if item.text and item.text.upper() != item.text.lower()]
    if not lettered or not all(text.isupper() for text in lettered):
        return utterances
    return [replace(item, text=item.text.capitalize()) if item.text else item for item in utterances]


def _speaker(name: str, path: Path, root: Path) -> str:
    chapter = _CHAPTER.match(path.name)
    if chapter is not None and path.parts[-3:-1] == chapter.groups():
        return chapter[1]
    return name.partition("/")[0] if "/" in name else legible(root.resolve().name)


def _sexes(root: Path) -> dict[str, str]:
    """Speaker -> 'f' or 'm' from lines like `14 | F | train-clean-360 | 25.03 | Kristin LeMoine`, if such a list lies
    in the root or above it."""
    lists = (folder / "SPEAKERS.TXT" for folder in (root.resolve(), root.resolve().parent))
    path = next((path for path in lists if path.is_file()), None)
    rows = [] if path is None else [line.split("|") for line in read_text(path, "en").splitlines() if line[:1] != ";"]
    told = ((row[0].strip(), sex_of(row[1])) for row in rows if len(row) > 1)
    return {speaker: sex for speaker, sex in told if sex}


class _Transcripts:
    """Texts of recordings; a folder's `*.trans.txt` is read once."""

    def __init__(self) -> None:
        self._folders: dict[Path, dict[str, str]] = {}

    def of(self, sound: Path) -> tuple[str | None, str | None]:
        """Text, or why there is none."""
        beside = (sound.with_name(sound.stem + suffix) for suffix in _TEXTS)
        path = next((path for path in beside if path.is_file()), None)
        try:
            if path is not None:
                return read_spoken_text(path), None
            text = self._folder(sound.parent).get(sound.stem)
        except InputError as error:
            return None, str(error)
        return (text, None) if text else (None, _NO_TEXT)

    def _folder(self, folder: Path) -> dict[str, str]:
        if folder not in self._folders:
            self._folders = {folder: {}}  # recordings come folder by folder
            for path in sorted(folder.glob("*.trans.txt")):
                for line in read_text(path).splitlines():
                    name, _, text = line.strip().partition(" ")
                    self._folders[folder][name] = text.strip()
        return self._folders[folder]

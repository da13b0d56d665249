"""Tables of speech: one recording a line, with what is said and who says it (see `datamodules.corpora.speech`)."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

from anyonenet.errors import CorpusError, InputError
from datamodules.corpora.files import language_of, legible, read_text, sex_of
from datamodules.corpora.manifest import Utterance

TABLES = (".csv", ".tsv", ".jsonl", ".json")
"""suffixes of tables; `.json` holds an object a line too, as some toolkits write it"""
_COLUMNS = {
    "audio": ("audio", "path", "file", "wav", "audio_path", "audio_file", "audio_filepath", "file_name"),
    "text": ("text", "sentence", "transcript", "transcription"),
    "speaker": ("speaker", "speaker_id", "spk", "client_id"),
    "language": ("language", "lang", "locale"),
    "sex": ("sex", "gender"),
    "id": ("id", "utterance_id", "utt_id"),
}
"""column -> the names that it has in the tables of known toolkits"""
_TOLD = 10
"""problems of one table that are told one by one"""

Row = tuple[int, dict[str, str]]
"""line, and what it says"""


def read_table(path: Path, corpus: str) -> list[Utterance]:
    """The utterances of a table, in its order.

    Raises:
        CorpusError: the table cannot be read; all its problems, a line each.
    """
    problems: list[str] = []
    try:
        text = read_text(path)
    except InputError as error:
        raise CorpusError(str(error)) from None
    if path.suffix.lower() not in TABLES:
        raise CorpusError(f"{path} is not a table of speech; give a .csv, .tsv or .jsonl file, or a folder")
    rows = _objects(path, text, problems) if "json" in path.suffix.lower() else _lines(path, text, problems)
    utterances: dict[str, Utterance] = {}
    lines: dict[str, int] = {}
    for number, row in rows:
        if not row.get("audio"):
            problems.append(f"{path} line {number} names no audio file")
            continue
        utterance = _utterance(path, corpus, row)
        if utterance.id in utterances:
            problems.append(f"{path} line {number} has the id '{utterance.id}' of line {lines[utterance.id]}")
            continue
        if utterance.language not in (None, "en", "zh"):
            problems.append(f"{path} line {number} is of language '{utterance.language}'; known are 'en' and 'zh'")
        utterances[utterance.id], lines[utterance.id] = utterance, number
    if not utterances and not problems:
        problems.append(f"{path} has no line; write one a recording, with the columns audio, text and speaker")
    if len(problems) > _TOLD:
        problems[_TOLD:] = [f"{path} has {len(problems) - _TOLD} more problems like these"]
    if problems:
        raise CorpusError(*problems)
    return list(utterances.values())


def _utterance(path: Path, corpus: str, row: dict[str, str]) -> Utterance:
    audio = Path(row["audio"])
    text = " ".join(row.get("text", "").split()) or None
    language = row.get("language", "").lower().replace("_", "-").partition("-")[0]
    return Utterance(
        id=row.get("id") or legible(audio.with_suffix("").as_posix()),
        corpus=corpus,
        speaker=row.get("speaker") or "unknown",
        audio=path.parent / audio,
        language={"cmn": "zh", "eng": "en"}.get(language, language) or language_of(text),
        text=text,
        sex=sex_of(row.get("sex")),
        defect=None if text else f"no text in {path.name}",
    )


def _lines(path: Path, text: str, problems: list[str]) -> list[Row]:
    """Rows of a table with column names in its first line."""
    first = text.partition("\n")[0]
    delimiter = "\t" if path.suffix.lower() == ".tsv" else max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        header = [_column(name) for name in next(reader, [])]
        if "audio" not in header:
            problems.append(f"{path} has the columns '{first.strip()}'; expected audio, and text and speaker")
            return []
        rows = []
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                problems.append(f"{path} line {reader.line_num} has {len(cells)} columns; the first line {len(header)}")
            else:
                rows.append((reader.line_num, {name: cell.strip() for name, cell in zip(header, cells, strict=True)}))
        return rows
    except csv.Error as error:
        problems.append(f"{path} line {reader.line_num} is no line of a table ({error})")
        return []


def _objects(path: Path, text: str, problems: list[str]) -> list[Row]:
    """Rows of a file with one JSON object a line."""
    rows = []
    for number, line in enumerate(text.splitlines(), start=1):
        line = line.strip().rstrip(",")
        if line in ("", "[", "]"):  # the brackets of a list that is written an object a line
            continue
        try:
            told: Any = json.loads(line)
        except ValueError as error:
            problems.append(f"{path} line {number} is not JSON ({error})")
            continue
        if not isinstance(told, dict):
            problems.append(f"{path} line {number} is not a JSON object with audio, text and speaker")
            continue
        filled = ((name, value) for name, value in told.items() if value is not None)
        rows.append((number, {_column(name): str(value).strip() for name, value in filled}))
    return rows


def _column(name: str) -> str:
    """Our name of a column."""
    written = name.strip().lower()
    return next((ours for ours, names in _COLUMNS.items() if written in names), written)

"""Any speech: a folder of recordings with their texts beside them, or a table of recordings, texts and speakers.

A folder: the first folder below the root names the speaker (recordings right in the root are all the root's). The text
of `NAME.flac` is `NAME.txt`, `NAME.lab` or `NAME.normalized.txt` beside it, or its line `NAME text` in a
`*.trans.txt` of the same folder, as LibriSpeech has them.

A table: `.csv`, `.tsv` (first line: column names) or `.jsonl` (an object a line), given itself or lying in the folder
as `manifest` or `metadata`. Columns `audio`, `text`, `speaker`, `language` ('en', 'zh'), `sex`, `id`; only the first
must be there. Paths are relative to the table's folder.
"""

from __future__ import annotations

from pathlib import Path

from anyonenet.errors import CorpusError, InputError
from datamodules.corpora.files import SOUNDS, find_files, language_of, legible, names_of, read_spoken_text, read_text
from datamodules.corpora.manifest import Utterance
from datamodules.corpora.speech_table import TABLES, read_table

_TEXTS = (".txt", ".lab", ".normalized.txt")
_NO_TEXT = "no text (.txt, .lab) beside the recording"


def read(root: Path | str, corpus: str = "speech") -> list[Utterance]:
    """All utterances, in the order of the table or by name.

    Recordings without text have `text` None; what a table names may not be there: the work lists it.

    Args:
        root: the folder or the table.
        corpus: the name that the utterances get.

    Raises:
        CorpusError: nothing there, no recording in the folder, or a table that cannot be used; all its problems.
    """
    root = Path(root)
    if root.is_file():
        return read_table(root, corpus)
    if not root.is_dir():
        raise CorpusError(f"no folder or table {root}; give a folder of recordings, or a .csv, .tsv or .jsonl file")
    tables = (root / f"{name}{suffix}" for name in ("manifest", "metadata") for suffix in TABLES)
    table = next((path for path in tables if path.is_file()), None)
    if table is not None:
        return read_table(table, corpus)
    sounds = find_files(root, SOUNDS)
    if not sounds:
        raise CorpusError(f"no recording ({', '.join(sorted(SOUNDS))}) in {root}; put one folder a speaker there")
    transcripts = _Transcripts()
    utterances = []
    for name, path in zip(names_of(sounds, root), sounds, strict=True):
        speaker = name.partition("/")[0] if "/" in name else legible(root.resolve().name)
        text, defect = transcripts.of(path)
        utterances.append(Utterance(name, corpus, speaker, path, language_of(text), text, defect=defect))
    return utterances


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

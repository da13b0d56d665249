"""Reads VCTK 0.92: English of about 110 speakers, 48 kHz FLAC, one text file an utterance."""

from __future__ import annotations

from pathlib import Path

from anyonenet.errors import CorpusError
from datamodules.corpora.manifest import Utterance

_SOUNDS = "wav48_silence_trimmed"


def read(root: Path | str) -> list[Utterance]:
    """All utterances with sound and text, sorted by id; sound without text (as of speaker p315) has `text` None.

    Args:
        root: the folder that holds `wav48_silence_trimmed`, `txt` and `speaker-info.txt`.

    Raises:
        CorpusError: the folder or its sound folder is missing, or no utterance is in it.
    """
    root = Path(root)
    sounds = root / _SOUNDS
    if not sounds.is_dir():
        raise CorpusError(f"no VCTK 0.92 in {root}: {_SOUNDS}/ is missing; give the folder that holds it")
    sexes = _sexes(root / "speaker-info.txt")
    utterances = []
    for audio in sorted(sounds.glob("*/*_mic1.flac")):
        speaker, name = audio.parent.name, audio.name.removesuffix("_mic1.flac")
        text = root / "txt" / speaker / f"{name}.txt"
        utterances.append(
            Utterance(
                id=name,
                corpus="vctk",
                speaker=speaker,
                audio=audio,
                language="en",
                text=text.read_text(encoding="utf-8").strip() or None if text.is_file() else None,
                sex=sexes.get(speaker),
            )
        )
    if not utterances:
        raise CorpusError(f"no utterance in {sounds}: expected pXXX/pXXX_NNN_mic1.flac")
    return utterances


def _sexes(path: Path) -> dict[str, str]:
    """Speaker -> 'f' or 'm' from `ID AGE GENDER ACCENTS REGION COMMENTS`; {} without the file."""
    if not path.is_file():
        return {}
    sexes = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        columns = line.split()
        if len(columns) >= 3 and columns[2].upper() in ("F", "M"):
            name = columns[0] if columns[0][0].isalpha() else "p" + columns[0]  # 0.80 leaves the p out
            sexes[name] = columns[2].lower()
    return sexes

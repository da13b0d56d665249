"""Reads VCTK: English of about 110 speakers, 48 kHz, one text file an utterance.

0.92 has FLAC of two microphones (`wav48_silence_trimmed/p225/p225_001_mic1.flac`): the first is read, or the second
where the first is missing. 0.80 has WAV (`wav48/p225/p225_001.wav`) and leaves the p out in `speaker-info.txt`.
"""

from __future__ import annotations

from pathlib import Path

from anyonenet.errors import CorpusError, InputError
from datamodules.corpora.files import find_files, folder_of, read_spoken_text, read_text, sex_of
from datamodules.corpora.manifest import Utterance

FOLDERS = ("VCTK-Corpus-0.92", "VCTK-Corpus")
"""names of the corpus inside a folder of corpora, or of the folder it is packed in"""
_NEW, _OLD = "wav48_silence_trimmed", "wav48"


def read(root: Path | str) -> list[Utterance]:
    """All utterances that have sound, sorted by id; those without text (as of speaker p315) have `text` None.

    Args:
        root: the folder that holds `wav48_silence_trimmed` (0.92) or `wav48` (0.80), `txt` and `speaker-info.txt`, or
            the folder that holds that one.

    Raises:
        CorpusError: the folder of sounds or of texts is missing, or no utterance is in it.
    """
    folder = folder_of(Path(root), FOLDERS)
    sounds = next((folder / name for name in (_NEW, _OLD) if (folder / name).is_dir()), None)
    problems = []
    if sounds is None:
        problems.append(f"no VCTK in {folder}: {_NEW}/ (0.92) or {_OLD}/ (0.80) is missing; give the folder with it")
    if not (folder / "txt").is_dir():
        problems.append(f"no texts of VCTK in {folder}: txt/ is missing; unpack it there")
    if sounds is None or problems:
        raise CorpusError(*problems)
    files = _microphones(sounds) if sounds.name == _NEW else _plain(sounds)
    if not files:
        example = "pXXX/pXXX_NNN_mic1.flac" if sounds.name == _NEW else "pXXX/pXXX_NNN.wav"
        raise CorpusError(f"no utterance in {sounds}: expected {example}")
    sexes = _sexes(folder / "speaker-info.txt")
    return [_utterance(name, files[name], folder / "txt", sexes) for name in sorted(files)]


def _utterance(name: str, audio: Path, texts: Path, sexes: dict[str, str]) -> Utterance:
    speaker = audio.parent.name
    text, defect = None, None
    path = texts / speaker / f"{name}.txt"
    try:
        if path.is_file():
            text = read_spoken_text(path, "en")
        else:
            defect = f"no text of this recording in {texts.name}/{speaker}"
    except InputError as error:
        defect = str(error)
    return Utterance(name, "vctk", speaker, audio, "en", text, sex=sexes.get(speaker), defect=defect)


def _microphones(sounds: Path) -> dict[str, Path]:
    """Utterance -> file of the first microphone that has it."""
    files: dict[str, Path] = {}
    for path in find_files(sounds, {".flac"}):  # sorted: mic1 comes before mic2
        name, _, microphone = path.stem.rpartition("_")
        if microphone in ("mic1", "mic2"):
            files.setdefault(name, path)
    return files


def _plain(sounds: Path) -> dict[str, Path]:
    return {path.stem: path for path in find_files(sounds, {".wav", ".flac"})}


def _sexes(path: Path) -> dict[str, str]:
    """Speaker -> 'f' or 'm' from `ID AGE GENDER ACCENTS REGION COMMENTS`; {} without the file.

    Accents, regions and comments may be several words or none; what counts stands before them.
    """
    if not path.is_file():
        return {}
    sexes = {}
    for line in read_text(path, "en").splitlines():
        columns = line.split()
        if len(columns) >= 3 and (sex := sex_of(columns[2])):
            name = columns[0] if columns[0][0].isalpha() else "p" + columns[0]  # 0.80 leaves the p out
            sexes[name] = sex
    return sexes

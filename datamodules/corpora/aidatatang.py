"""Reads aidatatang_200zh: Mandarin of 600 speakers recorded on telephones, 16 kHz, one archive a speaker."""

from __future__ import annotations

import shutil
import tarfile
import tempfile
from pathlib import Path

from anyonenet.errors import CorpusError
from datamodules.corpora.manifest import Utterance

_TRANSCRIPT = Path("transcript") / "aidatatang_200_zh_transcript.txt"


def read(root: Path | str) -> list[Utterance]:
    """All utterances, sorted by id; sound without transcript has `text` None.

    An archive `corpus/<part>/G0013.tar.gz` that is not unpacked yet is unpacked beside itself, completely or not at
    all, so the next call is fast.

    Args:
        root: the folder that holds `corpus` and `transcript`.

    Raises:
        CorpusError: the folder is not aidatatang_200zh, an archive is corrupt, or its folder cannot be written.
    """
    root = Path(root)
    corpus = root / "corpus"
    if not corpus.is_dir():
        raise CorpusError(f"no aidatatang_200zh in {root}: corpus/ is missing; give the folder that holds it")
    for archive in sorted(corpus.glob("*/*.tar.gz")):
        _unpack(archive)
    texts = _transcripts(root / _TRANSCRIPT)
    sexes: dict[str, str | None] = {}
    utterances = []
    for audio in sorted(corpus.glob("*/*/*.wav"), key=lambda path: path.name):
        speaker = audio.parent.name
        if speaker not in sexes:
            sexes[speaker] = _sex(audio.with_suffix(".metadata"))
        text = texts.get(audio.stem)
        utterances.append(Utterance(audio.stem, "aidatatang", speaker, audio, "zh", text, sex=sexes[speaker]))
    if not utterances:
        raise CorpusError(f"no utterance in {corpus}: expected train/G0013.tar.gz or train/G0013/*.wav")
    return utterances


def _unpack(archive: Path) -> None:
    folder = archive.parent / archive.name.removesuffix(".tar.gz")
    if folder.is_dir():
        return
    try:
        beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=archive.parent))
    except OSError as error:
        raise CorpusError(
            f"cannot unpack {archive}: {error.strerror}; make its folder writable or unpack it there"
        ) from None
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(beside, filter="data")
        unpacked = beside / folder.name
        if not unpacked.is_dir():
            raise CorpusError(f"{archive} does not hold a folder {folder.name}; fetch it again")
        unpacked.replace(folder)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise CorpusError(f"{archive} cannot be unpacked ({error}); fetch it again") from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _transcripts(path: Path) -> dict[str, str]:
    """Utterance -> hanzi without the spaces between words."""
    if not path.is_file():
        raise CorpusError(f"{path} is missing; fetch the corpus again")
    texts = {}
    for line in path.read_text(encoding="utf-8-sig").splitlines():
        name, _, words = line.partition(" ")
        if words.strip():
            texts[name.strip()] = words.replace(" ", "").strip()
    return texts


def _sex(path: Path) -> str | None:
    """'f' or 'm' from a metadata file's line `SEX<tab>Female`; None where it does not say."""
    if not path.is_file():
        return None
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        columns = line.split()
        if len(columns) == 2 and columns[0].upper() == "SEX" and columns[1][:1].lower() in ("f", "m"):
            return columns[1][0].lower()
    return None

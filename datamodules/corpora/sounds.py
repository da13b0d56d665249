"""Reads the sound of utterances wherever it lies: in a file, in several to be joined, inside a tar archive."""

from __future__ import annotations

import hashlib
import tarfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from anyonenet.audio.files import read_audio
from anyonenet.checksum import sha256_of
from anyonenet.errors import AnyoneNetError, CorpusError
from datamodules.corpora.manifest import ArchiveMember, Audio, Utterance

ARCHIVE_ERRORS = (tarfile.TarError, EOFError, OSError, zlib.error)
"""what reading a damaged archive brings"""


def audio_name(audio: Audio) -> str:
    """What `skipped.csv` calls a sound: its path, of joined files the first."""
    return str(audio[0] if isinstance(audio, tuple) else audio)


def read_sound(audio: Audio, sample_rate: int) -> NDArray[np.float32]:
    """One sound; for many of one archive `read_sounds` is faster, for it reads the archive once.

    Returns:
        `(samples,)` float32, nominally in [-1, 1].

    Raises:
        InputError: missing, unreadable, or without sound.
        CorpusError: the archive is damaged or lacks the member.
    """
    if isinstance(audio, ArchiveMember):
        content = _contents(audio.archive, [audio.name])[audio.name]
        return read_audio(str(audio), sample_rate, content)
    if isinstance(audio, tuple):
        return np.concatenate([read_audio(path, sample_rate) for path in audio])
    return read_audio(audio, sample_rate)


def read_sounds(
    utterances: Sequence[Utterance], sample_rate: int
) -> Iterator[tuple[Utterance, NDArray[np.float32] | AnyoneNetError]]:
    """The sounds of some utterances, in their order; what cannot be read comes as the error that says why.

    Neighbours in one archive are read from it in one pass: a gzipped archive has no other way.
    """
    for archive, group in groupby(utterances, lambda item: _archive(item.audio)):
        for utterance, sound, _ in _sounds(archive, list(group), sample_rate, lambda files: None):
            yield utterance, sound


def read_hashed_sounds(
    utterances: Sequence[Utterance], sample_rate: int
) -> Iterator[tuple[Utterance, NDArray[np.float32] | AnyoneNetError, str | None]]:
    """As `read_sounds`, with the SHA-256 of the file as it lies there (of joined files: of one behind the other)."""
    for archive, group in groupby(utterances, lambda item: _archive(item.audio)):
        yield from _sounds(archive, list(group), sample_rate, _sha256)


def _sounds(
    archive: Path | None,
    utterances: list[Utterance],
    rate: int,
    digest: Callable[[bytes | tuple[Path, ...]], str | None],
) -> Iterator[tuple[Utterance, NDArray[np.float32] | AnyoneNetError, str | None]]:
    """Sounds of one archive, or (None) of files; of what can be read, `digest` is asked for the file's hash."""
    contents: dict[str, bytes] = {}
    if archive is not None:
        try:
            names = [utterance.audio.name for utterance in utterances if isinstance(utterance.audio, ArchiveMember)]
            contents = _contents(archive, names)
        except AnyoneNetError as error:
            yield from ((utterance, error, None) for utterance in utterances)
            return
    for utterance in utterances:
        audio = utterance.audio
        content = contents[audio.name] if isinstance(audio, ArchiveMember) else None
        sound = _read_or_error(audio, rate, content)
        found = None
        if not isinstance(sound, AnyoneNetError):
            files = audio if isinstance(audio, tuple) else (audio,) if isinstance(audio, Path) else ()
            found = digest(files if content is None else content)
        yield utterance, sound, found


def _sha256(files: bytes | tuple[Path, ...]) -> str:
    return hashlib.sha256(files).hexdigest() if isinstance(files, bytes) else sha256_of(*files)


def _archive(audio: Audio) -> Path | None:
    return audio.archive if isinstance(audio, ArchiveMember) else None


def _read_or_error(audio: Audio, rate: int, content: bytes | None) -> NDArray[np.float32] | AnyoneNetError:
    try:
        return read_sound(audio, rate) if content is None else read_audio(str(audio), rate, content)
    except AnyoneNetError as error:
        return error


def _contents(archive: Path, names: Sequence[str]) -> dict[str, bytes]:
    """Name -> bytes of some members; a speaker's archive (40 MB of sound) fits into memory."""
    wanted = set(names)
    contents: dict[str, bytes] = {}
    try:
        with tarfile.open(archive, "r|*") as tar:
            for member in tar:
                if member.name in wanted and (file := tar.extractfile(member)) is not None:
                    contents[member.name] = file.read()
                    if len(contents) == len(wanted):
                        break
    except ARCHIVE_ERRORS as error:
        raise CorpusError(f"{archive} cannot be read ({error}); fetch it again") from None
    missing = sorted(wanted - set(contents))
    if missing:
        raise CorpusError(f"{archive} lacks {missing[0]}; fetch it again")
    return contents

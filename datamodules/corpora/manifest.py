"""What a corpus reader gives: one record an utterance, picture or clip, whatever the corpus."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ArchiveMember:
    """A sound file inside a tar archive that is never unpacked; read it with `datamodules.corpora.sounds`."""

    archive: Path
    name: str
    """of the member, as the archive spells it"""

    def __str__(self) -> str:
        return f"{self.archive}/{self.name}"


Audio = Path | ArchiveMember | tuple[Path, ...]
"""a file, a member of an archive, or several files that are joined in this order"""


@dataclass(frozen=True, slots=True)
class Utterance:
    """One recording of one speaker."""

    id: str
    """unique within the corpus"""
    corpus: str
    """'vctk', 'aishell3', 'aidatatang', 'voxceleb2', 'cnceleb', 'obama', or the name of a user's own"""
    speaker: str
    audio: Audio
    """any file soundfile or PyAV reads (a video too); `datamodules.corpora.sounds` reads all of them"""
    language: str | None = None
    """'en' or 'zh'"""
    text: str | None = None
    """None where the corpus has none that can be used; `defect` then says why"""
    pinyin: tuple[str, ...] | None = None
    """the corpus's own syllables with tone digits, where it has them (ü written v)"""
    sex: str | None = None
    """'f' or 'm'"""
    defect: str | None = None
    """why there is no text, where the corpus ought to have it: for `skipped.csv`"""


@dataclass(frozen=True, slots=True)
class Picture:
    """One still of one person."""

    id: str
    corpus: str
    person: str
    image: Path
    sex: str | None = None


@dataclass(frozen=True, slots=True)
class Clip:
    """One video of one person, with sound in the file or beside it."""

    id: str
    corpus: str
    person: str
    video: Path
    audio: Path
    """the video itself where the sound is in it"""
    landmarks: Path | None = None
    """`.landmarks.npz` beside the video, where landmarks come with it (see `datamodules.corpora.obama`)"""
    sex: str | None = None
    split: str | None = None
    """where the corpus fixes it: 'train', 'validation' or 'test'"""
    notes: Path | None = None
    """VoxCeleb2's txt of the clip, for `datamodules.corpora.voxceleb2.read_notes` (offset, confidences, boxes)"""
    text: str | None = None
    """what is said, where a text file lies beside the video"""
    copies: tuple[Path, ...] = ()
    """videos with the same content, which are not read: for `skipped.csv`"""


def hash_fraction(key: str) -> float:
    """A number in [0, 1) from the key alone: splits made with it never move."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") / 2**64


def split_of(key: str, validation: float = 0.05, test: float = 0.05) -> str:
    """'train', 'validation' or 'test' by the hash of `key` (an utterance's or a speaker's id).

    The AnyoneNet paper's 90/5/5 % (section IV-A3) is the default.
    """
    fraction = hash_fraction(key)
    if fraction < test:
        return "test"
    return "validation" if fraction < test + validation else "train"

"""What a corpus reader gives: one record an utterance, picture or clip, whatever the corpus."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Utterance:
    """One recording of one speaker."""

    id: str
    """unique within the corpus"""
    corpus: str
    """'vctk', 'aishell3', 'aidatatang', 'voxceleb2', 'cnceleb', 'obama'"""
    speaker: str
    audio: Path
    """any file soundfile or PyAV reads (a video too)"""
    language: str | None = None
    """'en' or 'zh'"""
    text: str | None = None
    pinyin: tuple[str, ...] | None = None
    """the corpus's own syllables with tone digits, where it has them (ü written v)"""
    sex: str | None = None
    """'f' or 'm'"""


@dataclass(frozen=True)
class Picture:
    """One still of one person."""

    id: str
    corpus: str
    person: str
    image: Path
    sex: str | None = None


@dataclass(frozen=True)
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

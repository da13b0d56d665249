"""Recordings as they turn up in real folders: broken, mislabelled, empty, odd; the same every time.

Good files are among them: they must come through. `tests.dirty_pictures` has videos and pictures.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile

RATE = 16000
_NO_UTF8 = os.fsdecode("语音".encode("gb18030"))
"""a name as archives from Chinese systems leave it, where the disk takes it"""
NAMES = (
    *(
        "plain",
        "with space",
        "中文 名字",
        "naïve’s",
        "a.b.c",
        "UPPER",
        "semi;colon,comma",
        "'quote\"",
        "%20&#",
        "emoji😀",
    ),
    *((_NO_UTF8,) if sys.platform == "linux" else ()),
)

Random = np.random.Generator
Writer = Callable[[Path, Random], Path | None]
"""(path without suffix, generator) -> the file written; None where it is no media file"""


def make_speech(folder: Path, seed: int = 0) -> list[Path]:
    """140 recordings of four speakers, with good, bad and no texts beside them, and five folders that look like one.

    Returns:
        The recordings with which nothing is wrong, some of which have no text.
    """
    rng = np.random.default_rng(seed)
    paths = [named(folder / f"speaker {k % 4}", k) for k in range(145)]
    good = write_kinds(SOUND_KINDS, paths, rng)
    for number, path in enumerate(paths):
        TEXT_KINDS[number // len(SOUND_KINDS) % len(TEXT_KINDS)](path, rng)
    return good


def speech_like(rng: Random, seconds: float = 1.2) -> np.ndarray:
    """`(samples,)` float64: a buzz in syllables, loud enough to be taken for speech."""
    times = np.arange(round(seconds * RATE)) / RATE
    pitch = rng.uniform(90, 220)
    buzz = sum(np.sin(2 * np.pi * pitch * harmonic * times) / harmonic for harmonic in range(1, 12))
    return np.asarray(0.15 * buzz * (0.2 + np.abs(np.sin(2 * np.pi * 2.3 * times))))


def write_kinds(kinds: tuple[Writer, ...], paths: list[Path], rng: Random) -> list[Path]:
    """A file of each kind in turn; those of the first kind, which are good."""
    written = [kinds[number % len(kinds)](path, rng) for number, path in enumerate(paths)]
    return [path for path in written[:: len(kinds)] if path is not None]


def named(folder: Path, number: int) -> Path:
    """A path without suffix, of a kind of name that is the number's turn."""
    return folder / f"{NAMES[number % len(NAMES)]} {number:03d}"


def put(path: Path, suffix: str, content: bytes) -> Path:
    """Write a file; its path with the suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    written = path.with_name(path.name + suffix)
    written.write_bytes(content)
    return written


def sound_bytes(samples: np.ndarray, kind: str = "WAV", rate: int = RATE, subtype: str | None = None) -> bytes:
    """A sound file in memory; `samples` `(T,)` or `(T, channels)`."""
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format=kind, subtype=subtype)
    return file.getvalue()


def _good_sound(path: Path, rng: Random) -> Path:
    return put(path, ".wav", sound_bytes(speech_like(rng)))


def _cut_off(kind: str) -> Writer:
    def write(path: Path, rng: Random) -> Path:
        whole = sound_bytes(speech_like(rng), kind)
        return put(path, f".{kind.lower()}", whole[: int(rng.integers(1, len(whole)))])

    return write


def _sound(suffix: str, make: Callable[[Random], bytes]) -> Writer:
    return lambda path, rng: put(path, suffix, make(rng))


def _with(value: float) -> Callable[[Random], bytes]:
    """Sound with some samples of one value, in a format that can hold it."""

    def make(rng: Random) -> bytes:
        samples = speech_like(rng)
        samples[rng.integers(0, len(samples), 20)] = value
        return sound_bytes(samples, subtype="FLOAT")

    return make


def _a_folder(path: Path, rng: Random) -> None:
    path.with_name(f"{path.name}.wav").mkdir(parents=True)


def _a_link_to_nowhere(path: Path, rng: Random) -> Path:
    link = path.with_name(f"{path.name}.flac")
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(path.with_name("gone.flac"))
    return link


SOUND_KINDS: tuple[Writer, ...] = (
    _good_sound,
    _sound(".wav", lambda rng: b""),
    _cut_off("WAV"),
    _cut_off("FLAC"),
    _cut_off("OGG"),
    _sound(".wav", lambda rng: sound_bytes(speech_like(rng), "FLAC")),
    _sound(".flac", lambda rng: sound_bytes(speech_like(rng), "OGG")),
    _sound(".mp3", lambda rng: sound_bytes(speech_like(rng), "WAV")),
    _sound(".wav", lambda rng: b"This is a text, not a sound."),
    _sound(".aiff", lambda rng: sound_bytes(speech_like(rng), "AIFF")),
    _sound(".wav", lambda rng: sound_bytes(np.zeros(0))),
    _sound(".flac", lambda rng: sound_bytes(np.zeros(0), "FLAC")),
    _sound(".wav", _with(np.nan)),
    _sound(".wav", _with(np.inf)),
    _sound(".wav", lambda rng: sound_bytes(np.full(RATE, np.nan), subtype="FLOAT")),
    _sound(".wav", lambda rng: sound_bytes(np.zeros(RATE))),
    _sound(".wav", lambda rng: sound_bytes(np.full(RATE, 0.3))),
    _sound(".wav", lambda rng: sound_bytes(np.sign(speech_like(rng)))),
    _sound(".wav", lambda rng: sound_bytes(speech_like(rng)[:1])),
    _sound(".wav", lambda rng: sound_bytes(speech_like(rng, 0.03))),
    _sound(".wav", lambda rng: sound_bytes(np.stack([speech_like(rng)] * 6, 1))),
    _sound(".wav", lambda rng: sound_bytes(speech_like(rng), rate=8000)),
    _sound(".flac", lambda rng: sound_bytes(speech_like(rng), "FLAC", rate=192000)),
    _sound(".wav", lambda rng: rng.bytes(4000)),
    _sound(".wav", lambda rng: sound_bytes(speech_like(rng))[:44]),
    _sound(".wav", lambda rng: sound_bytes(1e6 * speech_like(rng), subtype="FLOAT")),
    _a_folder,
    _a_link_to_nowhere,
)


def _text(content: bytes | None) -> Callable[[Path, Random], None]:
    def write(path: Path, rng: Random) -> None:
        if content is not None:
            path.with_name(f"{path.name}.txt").write_bytes(content)

    return write


TEXT_KINDS = (
    _text(b"Please call Stella."),
    _text("It’s a naïve café.".encode("cp1252")),
    _text("今天天气很好。".encode("gb18030")),
    _text("Good morning.".encode("utf-16")),
    _text(b""),
    _text(None),
    _text(b"\x00\x01\x02\xff\xfe"),
    _text("大家好".encode()[:-1]),
    _text("?! … 😀".encode()),
    _text("\ufeffHello\r\nthere.\r\n".encode()),
)
"""what lies beside a recording, in turn; every recording of one kind of sound gets several of them"""

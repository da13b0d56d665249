"""Files that are there twice: the same bytes, or the same recording in another encoding."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np

from anyonenet.audio.files import read_audio
from anyonenet.checksum import sha256_of
from anyonenet.errors import InputError

_RATE = 8000
_STEP = 400
"""samples of one value of the loudness curve: 50 ms"""
_APART_SECONDS = 0.15
"""encoders change a recording's length by a packet or a frame, not by more"""
_ALIKE = 0.98
"""correlation of loudness curves from which two are one recording; two talks of one speaker stay below 0.5"""


def same_bytes(paths: Sequence[Path]) -> dict[Path, Path]:
    """File -> one before it that has the same content. Only files of one size are read; empty ones never are."""
    sizes: dict[int, list[Path]] = {}
    for path in paths:
        if path.is_file():  # not a link to nowhere
            sizes.setdefault(path.stat().st_size, []).append(path)
    duplicates = {}
    for size, group in sizes.items():
        first: dict[str, Path] = {}
        for path in group if len(group) > 1 and size else ():
            digest = sha256_of(path)
            if first.setdefault(digest, path) is not path:
                duplicates[path] = first[digest]
    return duplicates


def same_sound(paths: Sequence[Path]) -> dict[Path, Path]:
    """File -> one before it with the same recording, encoded otherwise.

    Only files of nearly one length are decoded. What cannot be read is nobody's duplicate; the work will list it.
    """
    places = {path: place for place, path in enumerate(paths)}
    lengths = sorted((seconds, path) for path in paths if (seconds := _seconds(path)) > 0)
    duplicates: dict[Path, Path] = {}
    curves: dict[Path, np.ndarray] = {}
    for number, (seconds, path) in enumerate(lengths):
        for other_seconds, other in lengths[number + 1 :]:
            if other_seconds - seconds > _APART_SECONDS:
                break
            for one in (path, other):
                if one not in curves:
                    curves[one] = _loudness(one)
            if _alike(curves[path], curves[other]):
                first, second = sorted((path, other), key=lambda one: places[one])
                duplicates.setdefault(second, first)
        curves.pop(path, None)
    return {path: _origin(path, duplicates) for path in duplicates}


def _origin(path: Path, duplicates: dict[Path, Path]) -> Path:
    while path in duplicates:
        path = duplicates[path]
    return path


def _seconds(path: Path) -> float:
    """What the file says of its length; 0 where it says nothing."""
    try:
        with av.open(str(path)) as container:
            return (container.duration or 0) / 1e6
    except (av.FFmpegError, OSError):
        return 0.0


def _loudness(path: Path) -> np.ndarray:
    """`(T,)` float64: level in dB of each 50 ms, nothing where there is no sound."""
    try:
        samples = read_audio(path, _RATE)
    except InputError:
        return np.zeros(0)
    steps = samples[: len(samples) // _STEP * _STEP].reshape(-1, _STEP).astype(np.float64)
    return 10 * np.log10(np.square(steps).mean(axis=1) + 1e-6)


def _alike(first: np.ndarray, second: np.ndarray) -> bool:
    """Whether two curves are one but for encoding: shifted by a step at most, whatever the volume."""
    length = min(len(first), len(second)) - 1
    if length < 20:
        return False
    for shift in (-1, 0, 1):
        one, other = first[max(0, shift) :][: length - 1], second[max(0, -shift) :][: length - 1]
        if one.std() > 0 and other.std() > 0 and np.corrcoef(one, other)[0, 1] > _ALIKE:
            return True
    return False

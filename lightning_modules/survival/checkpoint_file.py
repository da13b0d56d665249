"""Checkpoint files that are whole or not there: written beside, made durable, renamed, and sealed by a SHA-256.

The file is what `torch.save` writes, a zip archive, so every program that reads checkpoints reads it. The seal is the
archive's comment: `anyonenet {"written": ..., ...} <SHA-256 of all bytes before it>`.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import torch

from anyonenet.errors import TrainingError, WeightsError

MAGIC = b"anyonenet "
PART = ".part"
"""ending of a file that is being written"""
_DIGEST = 64
_END = b"PK\x05\x06"
"""a zip archive's last record: 22 bytes, of which the last two count those of the comment behind it"""
_LONGEST = 22 + 0xFFFF


@dataclass(frozen=True)
class Seal:
    """What a checkpoint says of itself."""

    written: float
    """seconds since 1970, by the clock of the process that wrote it"""
    module: str
    """class of the LightningModule"""
    step: int
    """batches with a step of an optimiser, as in the logs"""


def write(checkpoint: Mapping[str, Any], path: Path, seal: Mapping[str, Any] | None = None) -> None:
    """Write a checkpoint; whatever happens, `path` is the old file or the whole new one.

    Raises:
        OSError: it cannot be written; nothing but the old file is left.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}{PART}")
    try:
        with part.open("wb") as file:
            sealed = _SealedFile(file)
            torch.save(dict(checkpoint), sealed)  # type: ignore[arg-type]
            sealed.close({"written": time.time(), **(seal or {})})
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def read(path: Path, map_location: Any = None, weights_only: bool = True) -> dict[str, Any]:
    """Read a checkpoint; a seal that does not fit is an error, a file without one is another program's.

    Raises:
        WeightsError: truncated, changed, or no checkpoint.
    """
    damage = damage_of(path)
    if damage and damage != UNSEALED:
        raise WeightsError(f"the checkpoint {path} {damage}; --resume takes the newest good one of the run instead")
    try:
        checkpoint: dict[str, Any] = torch.load(path, map_location=map_location, weights_only=weights_only)
    # broad, for a damaged or foreign file takes torch to any error there is (UnpicklingError, RuntimeError, EOFError,
    # OSError without a name ...)
    except Exception as error:
        if isinstance(error, OSError) and error.filename:
            raise
        what = " ".join(str(error).split())[:160]
        raise WeightsError(f"{path} is not a checkpoint that can be read ({type(error).__name__}: {what})") from None
    return checkpoint


UNSEALED = "has no seal: it was written by another program"
TRUNCATED = "is truncated"


def damage_of(path: Path) -> str | None:
    """What is wrong with a checkpoint, behind 'the checkpoint ...'; None: nothing. Reads all of it."""
    with path.open("rb") as file:
        begin, announced = _comment(file)
        if begin is None:
            return TRUNCATED if announced is None or announced else UNSEALED
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        digest, left = hashlib.sha256(), size - _DIGEST
        while left and (block := file.read(min(1 << 22, left))):
            digest.update(block)
            left -= len(block)
        told = file.read()
    if digest.hexdigest().encode() != told:
        return "is not as it was written: its SHA-256 differs"
    return None


def seal_of(path: Path) -> Seal | None:
    """The seal of a checkpoint, None where it has none; the digest is not looked at."""
    with path.open("rb") as file:
        begin, _ = _comment(file)
        if begin is None:
            return None
        file.seek(begin + len(MAGIC))
        told = file.read()[:-_DIGEST]
    try:
        values = json.loads(told)
        return Seal(float(values["written"]), str(values.get("module", "")), int(values.get("step", 0)))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def cannot_write(path: Path, error: OSError, last_good: Path | None) -> TrainingError:
    """What to tell when a checkpoint could not be written: why, how much is free, and what there is to go on from."""
    free = ""
    with contextlib.suppress(OSError):
        free = f" ({shutil.disk_usage(path.parent).free / 1e6:.1f} MB free)"
    good = f"the last good one is {last_good}, --resume goes on from it" if last_good else "there is none before it"
    return TrainingError(f"the checkpoint {path} cannot be written: {error.strerror or error}{free}; {good}")


def _comment(file: BinaryIO) -> tuple[int | None, int | None]:
    """Where the seal begins, None where none is whole; how long the archive says it is, None where that is cut off."""
    size = file.seek(0, os.SEEK_END)
    begin = max(0, size - _LONGEST)
    file.seek(begin)
    end = file.read()
    place = end.rfind(_END)
    if place < 0 or len(end) < place + 22:
        return None, None
    comment = end[place + 22 :]
    length = int.from_bytes(end[place + 20 : place + 22], "little")
    whole = len(comment) == length and comment.startswith(MAGIC) and len(comment) > len(MAGIC) + _DIGEST
    return begin + place + 22 if whole else None, length


class _SealedFile:
    """Hashes what `torch.save` writes and holds the last two bytes back, which count those of the seal.

    An error is kept until `close`: raised inside of `torch.save`, it would end in one of PyTorch's own, or in an abort.
    """

    def __init__(self, file: BinaryIO):
        self._file = file
        self._digest = hashlib.sha256()
        self._tail = b""
        self._error: OSError | None = None

    def write(self, data: Any) -> int:
        view = memoryview(data).cast("B")
        if len(view) >= 2:
            self._put(self._tail)
            self._put(view[:-2])
            self._tail = bytes(view[-2:])
        else:
            joined = self._tail + bytes(view)
            self._put(joined[:-2])
            self._tail = joined[-2:]
        return len(view)

    def flush(self) -> None:
        """`torch.save` asks for it; `close` does it."""

    def close(self, values: Mapping[str, Any]) -> None:
        """Put the seal behind.

        Raises:
            OSError: something could not be written.
        """
        seal = MAGIC + json.dumps(dict(values), sort_keys=True).encode()
        self._put((len(seal) + _DIGEST).to_bytes(2, "little"))
        self._put(seal)
        self._put(self._digest.hexdigest().encode())
        if self._error is None:
            self._file.flush()
        else:
            raise self._error

    def _put(self, data: bytes | memoryview) -> None:
        if self._error is not None or not len(data):
            return
        self._digest.update(data)
        try:
            self._file.write(data)
        except OSError as error:
            self._error = error


def _sync_folder(folder: Path) -> None:
    """Make a rename durable; file systems that cannot are left alone."""
    with contextlib.suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)

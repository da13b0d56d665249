"""Locks of the system: whoever dies gives them back at once."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

try:
    import fcntl
except ImportError:  # no locks of POSIX: one runner at a time, who must see to it himself
    fcntl = None  # type: ignore[assignment]

WAIT_SECONDS = 0.02


def try_lock(path: Path) -> IO[bytes] | None:
    """The open file that holds the lock until it is closed; None while somebody else holds it."""
    file = path.open("ab")
    if fcntl is not None:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return None
        except OSError:  # a file system without locks
            pass
    return file


def is_locked(path: Path) -> bool:
    """Whether somebody holds the lock."""
    if not path.exists():
        return False
    file = try_lock(path)
    if file is None:
        return True
    file.close()
    return False


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Wait for the lock and hold it."""
    while (file := try_lock(path)) is None:
        time.sleep(WAIT_SECONDS)
    try:
        yield
    finally:
        file.close()


def write_whole(path: Path, text: str) -> None:
    """Write a file beside and rename it: it is there complete, or as it was."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with beside.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)

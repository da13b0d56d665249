"""SHA-256 of files and of plain values."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any


def sha256_of(*paths: Path) -> str:
    """The SHA-256, in hexadecimal, of the content of a file, or of several one behind the other.

    Raises:
        OSError: one cannot be read.
    """
    found = hashlib.sha256()
    for path in paths:
        with Path(path).open("rb") as file:
            while block := file.read(1 << 20):
                found.update(block)
    return found.hexdigest()


def sha256_of_values(values: Any) -> str:
    """The SHA-256, in hexadecimal, of what JSON can hold; the order of keys does not matter."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

"""The files of a study's page, as a web server hands them out: known beforehand, whole or in part."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".wav": "audio/wav",
    ".jpg": "image/jpeg",
    ".mp4": "video/mp4",
}
_BLOCK = 1 << 16


@dataclass(frozen=True)
class Part:
    """Some consecutive bytes of a file."""

    path: Path
    begin: int
    end: int
    """one behind the last"""
    size: int
    """of the whole file"""

    def __len__(self) -> int:
        return self.end - self.begin

    def blocks(self) -> Iterator[bytes]:
        """The bytes, a few at a time."""
        with self.path.open("rb") as file:
            file.seek(self.begin)
            left = len(self)
            while left and (block := file.read(min(_BLOCK, left))):
                left -= len(block)
                yield block


def files_of(folder: Path) -> dict[str, Path]:
    """URL path -> file, for the kinds of files that a page consists of; nothing else can ever be asked for."""
    files = {
        "/" + path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.suffix in TYPES and path.is_file() and not path.name.startswith(".")
    }
    if "/index.html" in files:
        files["/"] = files["/index.html"]
    return files


def part_of(path: Path, wanted: str | None) -> Part | None:
    """What a `Range` header asks for; players of some telephones show no video without it.

    Returns:
        The part; the whole file where nothing, several ranges or nonsense is asked for (RFC 9110, 14.2); None where the
        range lies behind the end.
    """
    size = path.stat().st_size
    whole = Part(path, 0, size, size)
    match = re.fullmatch(r"bytes=(\d{0,15})-(\d{0,15})", wanted.strip()) if wanted else None
    if match is None or not (match[1] or match[2]):
        return whole
    if not match[1]:  # the last so many bytes
        return Part(path, max(0, size - int(match[2])), size, size) if int(match[2]) else None
    begin, end = int(match[1]), int(match[2]) + 1 if match[2] else size
    if match[2] and end <= begin:
        return whole
    return Part(path, begin, min(end, size), size) if begin < size else None

"""What all readers do with files: finding them in any order the disk has, and reading text in any encoding."""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Collection, Iterable
from pathlib import Path

from anyonenet.errors import CorpusError, InputError

SOUNDS = frozenset({".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".m4a", ".aac", ".aif", ".aiff", ".au", ".wma"})
"""suffixes of sound files"""
VIDEOS = frozenset(
    {".mp4", ".m4v", ".mkv", ".mov", ".webm", ".avi", ".mpg", ".mpeg", ".mpe", ".ts", ".mts", ".m2ts"}
    | {".wmv", ".flv", ".3gp", ".ogv"}
)
"""suffixes of video files"""
PICTURES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"})
"""suffixes of pictures"""

_BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_HANZI = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
_SEXES = {"f": "f", "female": "f", "woman": "f", "女": "f", "m": "m", "male": "m", "man": "m", "男": "m"}


def find_files(folder: Path, suffixes: Collection[str]) -> list[Path]:
    """All files below a folder with one of the suffixes (lower case; files may write them in capitals), sorted.

    Hidden files and folders are left out (macOS and network drives sow them). Links to folders are followed, but no
    folder twice.

    Raises:
        CorpusError: a folder cannot be listed; all such folders are named.
    """
    problems: list[str] = []

    def refused(error: OSError) -> None:
        problems.append(f"cannot list {error.filename} ({error.strerror}); check its permissions")

    found: list[Path] = []
    seen: set[str] = set()
    for base, folders, names in os.walk(folder, followlinks=True, onerror=refused):
        real = os.path.realpath(base)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if name[0] != ".")
        here = Path(base)
        found += (here / name for name in names if name[0] != "." and os.path.splitext(name)[1].lower() in suffixes)
    if problems:
        raise CorpusError(*problems)
    return sorted(found)


def names_of(paths: Iterable[Path], folder: Path) -> list[str]:
    """A name for each file, unique: its path below `folder` without suffix, or with it where two differ in it only.

    Bytes of a file name that are no UTF-8 (archives from older systems) are spelled out.
    """
    plain = [legible(path.relative_to(folder).with_suffix("").as_posix()) for path in paths]
    counts: dict[str, int] = {}
    for name in plain:
        counts[name] = counts.get(name, 0) + 1
    return [name if counts[name] == 1 else name + path.suffix for name, path in zip(plain, paths, strict=True)]


def legible(name: str) -> str:
    """The name with what is no UTF-8 spelled as `\\udcXX`, so that it can be written anywhere."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def read_text(path: Path, language: str | None = None) -> str:
    """A text file in UTF-8, UTF-16 with its mark, GB 18030 or Windows-1252, without a byte order mark.

    Args:
        path: the file.
        language: 'zh' prefers GB 18030 where it is not UTF-8, 'en' Windows-1252; None goes by the bytes: in Chinese
            they are pairs, an accented letter stands alone.

    Raises:
        InputError: missing, unreadable, cut off within a character, or no text in any of these.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path} ({error.strerror}); check that it is there and readable") from None
    for mark, encoding in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return _decoded(path, content, (encoding,))
    pairs = all(len(run) % 2 == 0 for run in re.findall(rb"[\x80-\xff]+", content))
    chinese = language == "zh" or (language is None and pairs)
    return _decoded(path, content, ("utf-8", "gb18030") if chinese else ("utf-8", "cp1252"))


def _decoded(path: Path, content: bytes, encodings: Iterable[str]) -> str:
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError as error:
            cut_off = error.reason == "unexpected end of data" and not content[: error.start].isascii()
            if encoding == "utf-8" and cut_off:
                raise InputError(f"{path} ends within a character; it is cut off: fetch it again") from None
            continue
        controls = sum(character < " " and character not in "\t\n\r\f\v\x1a" for character in text)
        accents = sum(character > "\x7f" for character in text)
        if controls == 0 and not (encoding == "cp1252" and 2 * accents > len(text)):  # more accents than letters: none
            return text
    raise InputError(f"{path} is no text in UTF-8, UTF-16, GB 18030 or Windows-1252; save it as UTF-8")


def read_spoken_text(path: Path, language: str | None = None) -> str:
    """What a text file says, its lines joined.

    Raises:
        InputError: as `read_text`, or nothing is in it.
    """
    text = " ".join(read_text(path, language).split())
    if not text:
        raise InputError(f"{path} is empty; write what is said into it")
    return text


def language_of(text: str | None) -> str | None:
    """'zh' where the text has a Chinese character, else 'en'; None without text."""
    return None if text is None else "zh" if _HANZI.search(text) else "en"


def sex_of(word: str | None) -> str | None:
    """'f' or 'm' from what corpora and people write ('Female', 'M', '女'); None for anything else."""
    return _SEXES.get((word or "").strip().lower())


def folder_of(root: Path, names: Iterable[str]) -> Path:
    """The corpus's folder: the first of `names` inside `root` that is there, else `root` itself.

    Raises:
        CorpusError: `root` is no folder.
    """
    root = Path(root)
    if not root.is_dir():
        what = "is a file" if root.exists() else "does not exist"
        raise CorpusError(f"no folder {root}: it {what}; give the folder of the corpus")
    return next((root / name for name in names if (root / name).is_dir()), root)

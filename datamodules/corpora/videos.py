"""Any folder of talking-head videos, one person in each, with sound in the file or beside it.

Beside `NAME.mp4` may stand `NAME.wav` (or another sound file), which is then read instead of the video's own sound,
`NAME.txt` (what is said) and `NAME.landmarks.npz` (see `datamodules.corpora.obama`). Videos in folders belong to the
person that the first folder names; videos that lie directly in the root are a person each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from anyonenet.errors import CorpusError, InputError
from datamodules.corpora.duplicates import same_bytes
from datamodules.corpora.files import SOUNDS, VIDEOS, find_files, folder_of, language_of, names_of, read_spoken_text
from datamodules.corpora.manifest import Clip, Utterance


@dataclass(frozen=True)
class Videos:
    """What a folder of videos holds."""

    clips: list[Clip]
    """by name, each content once"""
    duplicates: dict[Path, Path]
    """video -> the one with the same content that is read instead"""


def find_videos(folder: Path, corpus: str) -> Videos:
    """The videos of a folder and its folders.

    Args:
        folder: with the videos.
        corpus: the name that the clips get.

    Raises:
        CorpusError: no such folder, or no video in it.
    """
    folder = folder_of(Path(folder), [])
    found = find_files(folder, VIDEOS)
    if not found:
        raise CorpusError(f"no video ({', '.join(sorted(VIDEOS))}) in {folder}; put videos there")
    duplicates = same_bytes(found)
    copies: dict[Path, tuple[Path, ...]] = {}
    for copy, kept in duplicates.items():
        copies[kept] = (*copies.get(kept, ()), copy)
    sounds = {path.with_suffix(""): path for path in find_files(folder, SOUNDS)}
    clips = []
    for name, path in zip(names_of(found, folder), found, strict=True):
        if path in duplicates:
            continue
        landmarks = path.with_suffix(".landmarks.npz")
        person, _, _ = name.partition("/")
        clips.append(
            Clip(
                id=name,
                corpus=corpus,
                person=person,
                video=path,
                audio=sounds.get(path.with_suffix(""), path),
                landmarks=landmarks if landmarks.is_file() else None,
                text=_text(path),
                copies=copies.get(path, ()),
            )
        )
    return Videos(clips, duplicates)


def read_clips(root: Path, corpus: str = "videos") -> list[Clip]:
    """The clips of `find_videos`; raises as it."""
    return find_videos(root, corpus).clips


def read_utterances(root: Path, corpus: str = "videos") -> list[Utterance]:
    """All clips as speech, with their text where `NAME.txt` stands beside; raises as `read_clips`."""
    return utterances_of(read_clips(root, corpus))


def utterances_of(clips: Sequence[Clip]) -> list[Utterance]:
    """Clips as speech."""
    return [
        Utterance(
            clip.id,
            clip.corpus,
            clip.person,
            clip.audio,
            language_of(clip.text) or "en",
            clip.text,
            sex=clip.sex,
            defect=None if clip.text else _no_text(clip.video),
        )
        for clip in clips
    ]


def _text(video: Path) -> str | None:
    path = video.with_suffix(".txt")
    try:
        return read_spoken_text(path) if path.is_file() else None
    except InputError:
        return None  # `_no_text` says why where text is wanted


def _no_text(video: Path) -> str:
    path = video.with_suffix(".txt")
    if not path.is_file():
        return "no text beside the video"
    try:
        read_spoken_text(path)
    except InputError as error:
        return str(error)
    return "no text"

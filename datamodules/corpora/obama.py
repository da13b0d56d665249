"""The Obama weekly addresses: a folder of videos, each with its sound.

The videos are not distributed with any corpus; users bring a folder of mp4 files. Beside `NAME.mp4` may stand
`NAME.txt` (what is said) and `NAME.landmarks.npz` (`landmarks` (F, 68, 3) float32 image pixels, z of the same scale,
`quaternions` (F, 4) unit (w, x, y, z), `fps`), which is then used instead of detection.
"""

from __future__ import annotations

from pathlib import Path

from anyonenet.errors import CorpusError
from datamodules.corpora.manifest import Clip, Utterance

FOLDER = "Obama"
"""name of the corpus inside the folder of the corpora"""
SUFFIXES = (".mp4", ".m4v", ".mkv", ".mov", ".webm")


def read_clips(root: Path) -> list[Clip]:
    """All videos, by name.

    Args:
        root: the folder of the videos, or the folder of the corpora that has it as `Obama`.

    Raises:
        CorpusError: no such folder, or no video in it.
    """
    folder = _folder(root)
    videos = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.name[0] != ".")
    if not videos:
        raise CorpusError(f"no video ({', '.join(SUFFIXES)}) in {folder}; put the addresses there")
    return [Clip(_id(folder, path), "obama", "obama", path, path, _landmarks(path), sex="m") for path in videos]


def read_utterances(root: Path) -> list[Utterance]:
    """All clips as speech, with their text where `NAME.txt` stands beside; raises as `read_clips`."""
    utterances = []
    for clip in read_clips(root):
        text_path = clip.video.with_suffix(".txt")
        text = text_path.read_text(encoding="utf-8").strip() if text_path.is_file() else None
        language = "en" if text is None or text.isascii() or not _has_hanzi(text) else "zh"
        utterances.append(Utterance(clip.id, "obama", "obama", clip.audio, language, text, sex="m"))
    return utterances


def _has_hanzi(text: str) -> bool:
    return any("\u4e00" <= character <= "\u9fff" for character in text)


def _folder(root: Path) -> Path:
    root = Path(root)
    inside = root / FOLDER
    folder = inside if inside.is_dir() else root
    if not folder.is_dir():
        raise CorpusError(f"no folder {inside}; give the folder of the corpora or of the videos themselves")
    return folder


def _id(folder: Path, path: Path) -> str:
    return path.relative_to(folder).with_suffix("").as_posix()


def _landmarks(path: Path) -> Path | None:
    beside = path.with_suffix(".landmarks.npz")
    return beside if beside.is_file() else None

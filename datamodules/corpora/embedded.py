"""The embedded corpora that resemble no real one: silent clips, for the image translation alone.

A folder for each person, laid out as one's own videos are (`datamodules.corpora.videos`).
"""

from __future__ import annotations

from pathlib import Path

from anyonenet.errors import CorpusError
from datamodules.corpora.files import folder_of
from datamodules.corpora.manifest import Clip
from datamodules.corpora.videos import find_videos

FOLDERS = {"drawn": "Drawn", "animated": "Animated"}
"""corpus -> its name inside the folder of the corpora"""


def read_clips(root: Path, corpus: str) -> list[Clip]:
    """The clips, by name.

    Args:
        root: the folder of the persons, or the folder of the corpora.
        corpus: of `FOLDERS`.

    Raises:
        CorpusError: no such folder, no video in it, or corpora that were built without this one.
    """
    name = FOLDERS[corpus]
    if (Path(root) / "mini.json").is_file() and not (Path(root) / name).is_dir():
        raise CorpusError(
            f"the embedded corpora in {root} have no folder {name}; `anyonenet mini --out {root}` adds it"
        )
    return find_videos(folder_of(Path(root), [name]), corpus).clips

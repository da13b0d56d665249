"""Animated pictures, as `anyonenet mini` writes them: clips of still faces that speak, without sound.

A folder for each person, laid out as one's own videos are (`datamodules.corpora.videos`).
"""

from __future__ import annotations

from pathlib import Path

from datamodules.corpora.files import folder_of
from datamodules.corpora.manifest import Clip
from datamodules.corpora.videos import find_videos

FOLDER = "Animated"
"""name of the corpus inside the folder of the corpora"""


def read_clips(root: Path) -> list[Clip]:
    """The clips, by name.

    Args:
        root: the folder of the persons, or the folder of the corpora that has it as `Animated`.

    Raises:
        CorpusError: no such folder, or no video in it.
    """
    return find_videos(folder_of(Path(root), [FOLDER]), "animated").clips

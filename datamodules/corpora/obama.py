"""The Obama weekly addresses: a folder of videos, each with its sound, all of one man.

The videos are not distributed with any corpus; users bring a folder of them. Beside `NAME.mp4` may stand `NAME.txt`
(what is said) and `NAME.landmarks.npz` (`landmarks` (F, 68, 3) float32 image pixels, z of the same scale,
`quaternions` (F, 4) unit (w, x, y, z), `fps`), which is then used instead of detection. The lists of addresses that go
around name some twice; a video that is there twice would lie in two splits, so it is read once.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from datamodules.corpora.duplicates import same_sound
from datamodules.corpora.files import folder_of
from datamodules.corpora.manifest import Clip, Utterance
from datamodules.corpora.videos import Videos, find_videos, utterances_of

FOLDER = "Obama"
"""name of the corpus inside the folder of the corpora"""


def find(root: Path) -> Videos:
    """All videos, by name, each address once: neither the same bytes nor the same sound in another file.

    Args:
        root: the folder of the videos, or the folder of the corpora that has it as `Obama`.

    Raises:
        CorpusError: no such folder, or no video in it.
    """
    found = find_videos(folder_of(Path(root), [FOLDER]), "obama")
    videos = {clip.audio: clip.video for clip in found.clips}
    again = {videos[copy]: videos[kept] for copy, kept in same_sound(list(videos)).items()}
    copies: dict[Path, tuple[Path, ...]] = {clip.video: clip.copies for clip in found.clips}
    for copy, kept in again.items():
        copies[kept] = (*copies[kept], copy, *copies[copy])
    clips = [
        replace(clip, person="obama", sex="m", copies=copies[clip.video])
        for clip in found.clips
        if clip.video not in again
    ]
    return Videos(clips, {**found.duplicates, **again})


def read_clips(root: Path) -> list[Clip]:
    """The clips of `find`; raises as it."""
    return find(root).clips


def read_utterances(root: Path) -> list[Utterance]:
    """All clips as speech, with their text where `NAME.txt` stands beside; raises as `read_clips`."""
    return utterances_of(read_clips(root))

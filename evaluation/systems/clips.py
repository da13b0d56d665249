"""Clips that systems are compared on: the embedded corpora's test clips, and folders of one's own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from anyonenet.errors import CorpusError
from datamodules.corpora import obama, voxceleb2
from datamodules.corpora.manifest import Clip, split_of
from datamodules.corpora.videos import find_videos

CORPORA = ("obama", "voxceleb2")
"""whose test clips are known"""
_GRID = (
    {"b": "bin", "l": "lay", "p": "place", "s": "set"},
    {"b": "blue", "g": "green", "r": "red", "w": "white"},
    {"a": "at", "b": "by", "i": "in", "w": "with"},
    {letter: letter for letter in "abcdefghijklmnopqrstuvxyz"},
    {"z": "zero"}
    | dict(zip("123456789", ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"], strict=True)),
    {"a": "again", "n": "now", "p": "please", "s": "soon"},
)
"""the words of the GRID corpus, by place in the sentence and letter of the file's name (Cooke et al. 2006)"""


@dataclass(frozen=True)
class HeldBack:
    """A clip of one person that speaks."""

    name: str
    """unique, fit for a file's name"""
    corpus: str
    video: Path
    audio: Path
    text: str | None = None
    """what is said, where it is known"""


def held_back_clips(root: Path, corpora: Sequence[str] = CORPORA, most: int | None = None) -> list[HeldBack]:
    """Clips of the corpora's test splits: addresses by their own hash, VoxCeleb2's by that of the person.

    Args:
        root: folder of the corpora.
        corpora: of `CORPORA`; one that is not there is left out.
        most: of each corpus, spread over all of it; None: all.

    Raises:
        CorpusError: none of the corpora is there, or no clip of them falls into the test split.
    """
    found: list[HeldBack] = []
    problems = []
    for corpus in corpora:
        try:
            clips = obama.read_clips(root) if corpus == "obama" else voxceleb2.read_clips(root)
        except CorpusError as error:
            problems.append(str(error))
            continue
        test = [clip for clip in clips if (clip.split or split_of(_key(clip))) == "test"]
        found += [_held_back(clip) for clip in _spread(test, most)]
    if not found:
        raise CorpusError("; ".join(problems) or f"no clip of {', '.join(corpora)} in {root} is of the test split")
    return found


def own_clips(folder: Path, most: int | None = None) -> list[HeldBack]:
    """The videos of a folder; what is said stands in `NAME.txt` beside, or follows from a name of GRID's.

    Raises:
        CorpusError: no such folder, or no video in it.
    """
    clips = _spread(find_videos(folder, folder.resolve().name).clips, most)
    return [_held_back(clip) for clip in clips]


def grid_text(name: str) -> str | None:
    """The sentence of a clip of GRID by its file's name ('bbaf2n', or with words before: 'id2_vcd_swwp2s'), or None.

    Six letters each stand for a word.
    """
    letters = re.split(r"[^a-z0-9]", name.lower())[-1]
    if len(letters) != len(_GRID) or any(letter not in words for letter, words in zip(letters, _GRID, strict=True)):
        return None
    return " ".join(words[letter] for letter, words in zip(letters, _GRID, strict=True))


def _key(clip: Clip) -> str:
    return clip.id if clip.corpus == "obama" else clip.person


def _held_back(clip: Clip) -> HeldBack:
    name = re.sub(r"[^\w-]+", "_", f"{clip.corpus}-{clip.id}")
    return HeldBack(name, clip.corpus, clip.video, clip.audio, clip.text or grid_text(clip.video.stem))


def _spread(clips: Sequence[Clip], most: int | None) -> list[Clip]:
    if most is None or len(clips) <= most:
        return list(clips)
    return [clips[round(place * (len(clips) - 1) / max(most - 1, 1))] for place in range(most)]

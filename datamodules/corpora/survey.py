"""What is known to be missing in a corpus before any work, in a few lines: it is no reason to stop, but to know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from datamodules.corpora.manifest import ArchiveMember, Clip, Utterance
from datamodules.corpora.sounds import audio_name

_NAMED = 3
"""speakers and files named as examples"""


def lacking(contents: Iterable[Any]) -> list[str]:
    """One line for each sort of thing that is not there; [] where all is.

    Args:
        contents: utterances, clips, and tuples of them; anything else in them is passed over.
    """
    found = list(_flat(contents))
    utterances = [item for item in found if isinstance(item, Utterance)]
    clips = [item for item in found if isinstance(item, Clip)]
    return [*_of_utterances(utterances), *_of_clips(clips)]


def _flat(contents: Iterable[Any]) -> Iterator[Any]:
    for content in contents:
        if isinstance(content, tuple):
            yield from _flat(content)
        else:
            yield content


def _of_utterances(utterances: Sequence[Utterance]) -> list[str]:
    """Recordings that are not there, and recordings without the text that they should have."""
    told, count = [], len(utterances)
    gone = [item for item in utterances if not _is_there(item)]
    if gone:
        told.append(f"{len(gone)} of {count} recordings are not there, as {audio_name(gone[0].audio)}")
    mute = [item for item in utterances if item.defect]
    if mute:
        most = ", ".join(f"{name} {number}" for name, number in Counter(u.speaker for u in mute).most_common(_NAMED))
        told.append(f"{len(mute)} of {count} recordings have no text (most: {most}), as {mute[0].id}: {mute[0].defect}")
    return told


def _of_clips(clips: Sequence[Clip]) -> list[str]:
    """Videos that are there twice; of VoxCeleb2, those without sound beside them or notes."""
    copies = [(copy, clip.video) for clip in clips for copy in clip.copies]
    told = []
    if copies:
        examples = ", ".join(f"{copy.name} is {kept.name}" for copy, kept in copies[:_NAMED])
        told.append(f"{len(copies)} videos hold what another one holds and are not read: {examples}")
    apart = [clip for clip in clips if clip.corpus == "voxceleb2"]
    mute = [clip for clip in apart if clip.audio == clip.video]
    if mute:
        told.append(f"{len(mute)} of {len(apart)} videos have no sound beside them: their own is read, as {mute[0].id}")
    bare = [clip for clip in apart if clip.notes is None]
    if bare:
        told.append(f"{len(bare)} of {len(apart)} videos have no notes (txt): no offset is corrected, as {bare[0].id}")
    return told


def _is_there(utterance: Utterance) -> bool:
    audio = utterance.audio
    return isinstance(audio, ArchiveMember) or Path(audio_name(audio)).exists()

"""What is known to be missing in a corpus before any work, in a few lines: it is no reason to stop, but to know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from datamodules.corpora import aidatatang, aishell3, cnceleb, obama, speech, vctk, videos, voxceleb2
from datamodules.corpora.manifest import ArchiveMember, Clip, Utterance
from datamodules.corpora.sounds import audio_name

_NAMED = 3
"""speakers and files named as examples"""


def notes(kind: str, root: Path, speakers: Path | None = None) -> list[str]:
    """One line for each sort of thing that a corpus lacks; [] where it lacks nothing.

    Args:
        kind: of the corpus, as `anyonenet prepare` calls it.
        root: of the corpus.
        speakers: list of the speakers to read, for corpora that have them.

    Raises:
        CorpusError: the corpus cannot be read.
    """
    root = Path(root)
    if kind in ("obama", "videos"):
        found = obama.find(root) if kind == "obama" else videos.find_videos(root, "videos")
        return [*_twice(found.duplicates), *of_utterances(videos.utterances_of(found.clips))]
    if kind == "voxceleb2":
        clips = voxceleb2.read_clips(root, speakers)
        return of_clips(clips)
    if kind == "cnceleb":
        heard = {item.speaker for item in cnceleb.read_utterances(root, speakers)}
        seen = {item.person for item in cnceleb.read_pictures(root, speakers)}
        return [*_persons(heard - seen, "a voice but no picture"), *_persons(seen - heard, "pictures but no voice")]
    read = {"vctk": vctk.read, "aishell3": aishell3.read, "aidatatang": aidatatang.read, "speech": speech.read}[kind]
    return of_utterances(read(root))


def of_utterances(utterances: Sequence[Utterance]) -> list[str]:
    """Recordings that are not there, and recordings without text."""
    gone = [item for item in utterances if not _is_there(item)]
    told = (
        [f"{len(gone)} of {len(utterances)} recordings are not there, as {audio_name(gone[0].audio)}"] if gone else []
    )
    silent = [item for item in utterances if item.text is None]
    if silent:
        speakers = Counter(item.speaker for item in silent).most_common(_NAMED)
        most = ", ".join(f"{speaker} {count}" for speaker, count in speakers)
        told.append(
            f"{len(silent)} of {len(utterances)} recordings have no text (most: {most}), as {silent[0].id}: "
            f"{silent[0].defect or 'none is there'}"
        )
    return told


def of_clips(clips: Sequence[Clip]) -> list[str]:
    """Videos without sound beside them or without notes, where others have them."""
    told = []
    for what, lacking in (
        ("sound beside them", [clip for clip in clips if clip.audio == clip.video]),
        ("notes (txt): sound and picture are taken as they come", [clip for clip in clips if clip.notes is None]),
    ):
        if lacking:
            told.append(f"{len(lacking)} of {len(clips)} videos have no {what}, as {lacking[0].video}")
    return told


def _is_there(utterance: Utterance) -> bool:
    audio = utterance.audio
    return isinstance(audio, ArchiveMember) or Path(audio_name(audio)).is_file()


def _twice(duplicates: dict[Path, Path]) -> list[str]:
    if not duplicates:
        return []
    examples = ", ".join(f"{copy.name} is {kept.name}" for copy, kept in list(duplicates.items())[:_NAMED])
    return [f"{len(duplicates)} videos are there twice and are read once: {examples}"]


def _persons(names: set[str], what: str) -> list[str]:
    return [f"{len(names)} persons have {what}, as {', '.join(sorted(names)[:_NAMED])}"] if names else []

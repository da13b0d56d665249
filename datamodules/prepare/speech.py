"""What the recipes made from speech share: which utterances there are, their sound, and whether it can be used."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from anyonenet.audio.level import active_hops
from anyonenet.audio.mel import MelSettings
from anyonenet.errors import AnyoneNetError
from datamodules.corpora import aidatatang, aishell3, cnceleb, obama, speech, vctk, videos, voxceleb2
from datamodules.corpora.files import folder_of, legible
from datamodules.corpora.manifest import ArchiveMember, Utterance, hash_fraction
from datamodules.corpora.sounds import audio_name, read_hashed_sounds
from datamodules.prepare.recipe import Skip, Source

Reader = Callable[[], list[Utterance]]
Recorded = Utterance | aidatatang.Speaker
"""an utterance, or all of a speaker's in an archive that is not opened yet"""

FOLDERS = {"vctk": "VCTK-Corpus-0.92", "aishell3": "AISHELL-3", "aidatatang": "aidatatang_200zh"}
"""corpus of speech -> its usual name in a folder of corpora; those that show faces too know theirs themselves"""

FULL_SCALE = 0.98
"""a sample this far out is at the limit of its file, whatever resampling has made of it"""
MOST_CLIPPED = 0.01
"""share of the samples at full scale from which a recording counts as clipped"""
_LOUDEST = 8.0
"""no sample of a sound file in [-1, 1] is beyond, even where resampling overshoots"""


@dataclass(frozen=True)
class Recording:
    """An utterance and its sound, which can be used."""

    utterance: Utterance
    samples: np.ndarray
    """`(samples,)` float32"""
    sha256: str
    """of the file it comes from"""


def speech_reader(corpus: str, root: Path, kind: str | None = None, speakers: Path | None = None) -> Reader:
    """Reads the utterances of a corpus.

    Args:
        corpus: its name.
        root: the corpus, or the folder that holds it under its usual name (a user's own speech: under its name).
        kind: 'vctk', 'aishell3', 'aidatatang', 'cnceleb', 'voxceleb2', 'obama', 'videos' or 'speech'; None: as the
            name says, 'speech' for any other name.
        speakers: file of the persons to read, of 'cnceleb' and 'voxceleb2'; None reads all.
    """
    return partial(_read, corpus, Path(root), kind or (corpus if corpus in _READERS else "speech"), speakers)


def _read(corpus: str, root: Path, kind: str, speakers: Path | None) -> list[Utterance]:
    if kind in FOLDERS:
        return _READERS[kind](folder_of(root, [FOLDERS[kind]]))
    if kind in ("cnceleb", "voxceleb2"):
        return _READERS[kind](root, speakers)
    if kind == "obama":
        return _READERS[kind](root)
    own = root / corpus
    read = videos.read_utterances if kind == "videos" else speech.read
    return read(own if own.is_dir() else root, corpus)


_READERS: dict[str, Callable[..., list[Utterance]]] = {
    "vctk": vctk.read,
    "aishell3": aishell3.read,
    "aidatatang": aidatatang.read,
    "cnceleb": cnceleb.read_utterances,
    "voxceleb2": voxceleb2.read_utterances,
    "obama": obama.read_utterances,
}


def unopened_reader(corpus: str, root: Path, kind: str | None = None) -> Callable[[], Sequence[Recorded]]:
    """As `speech_reader`, but what lies in archives comes as whole speakers: listing 600 archives takes minutes, which
    the workers share when they come to them (see `opened`)."""
    if (kind or corpus) == "aidatatang":
        return partial(_read_speakers, Path(root))
    return speech_reader(corpus, root, kind)


def _read_speakers(root: Path) -> list[aidatatang.Speaker]:
    return aidatatang.read_speakers(folder_of(root, [FOLDERS["aidatatang"]]))


def opened(content: Sequence[Recorded]) -> list[Utterance]:
    """The utterances of a source, its archives looked through.

    Raises:
        CorpusError: an archive is damaged, or no sound is in it.
    """
    return [
        utterance for item in content for utterance in ([item] if isinstance(item, Utterance) else item.utterances())
    ]


def speech_sources(utterances: Sequence[Utterance]) -> list[Source]:
    """One source an utterance, or an archive, which can be read in one pass only; `content` is a tuple of them."""
    sources = []
    for archive, group in groupby(utterances, _archive):
        together = tuple(group)
        if archive is None:
            sources += [Source(item.id, Path(audio_name(item.audio)), (item,)) for item in together]
        else:
            sources.append(Source(together[0].id, archive, together))
    return sources


def recordings(utterances: Sequence[Utterance], settings: MelSettings, skip: Skip) -> Iterator[Recording]:
    """The sound of some utterances; what cannot be read or used is skipped with the reason."""
    for utterance, sound, digest in read_hashed_sounds(utterances, settings.sample_rate):
        name = _name(utterance)
        if isinstance(sound, AnyoneNetError):
            skip(name, utterance.defect or str(sound), "read")
            continue
        fault = fault_of(sound, settings)
        if fault is not None:
            skip(name, fault, "sound")
            continue
        yield Recording(utterance, sound, digest or "")


def fault_of(samples: np.ndarray, settings: MelSettings) -> str | None:
    """Why a sound `(samples,)` cannot be used: not finite, out of range, silent, clipped; None where it can."""
    if not np.isfinite(samples).all():
        return "the sound holds values that are not finite (NaN)"
    loudest = max(float(samples.max(initial=0.0)), -float(samples.min(initial=0.0)))
    if loudest > _LOUDEST:
        return f"the sound holds values up to {loudest:.3g}; expected -1 to 1"
    if not active_hops(samples, settings).any():
        return "the recording is silent"
    clipped = float(((samples >= FULL_SCALE) | (samples <= -FULL_SCALE)).mean())
    if clipped > MOST_CLIPPED:
        return f"the recording is clipped: {clipped:.1%} of its samples are at full scale"
    return None


def fields_of(recording: Recording, corpus: str) -> dict[str, Any]:
    """What every row made from a recording says of it."""
    utterance = recording.utterance
    return {
        "id": utterance.id,
        "corpus": corpus,
        "speaker": utterance.speaker,
        "sex": utterance.sex,
        "source": legible(Path(_name(utterance)).name),
        "sha256": recording.sha256,
    }


def first_of_each_speaker(utterances: Sequence[Utterance], most: int | None) -> list[Utterance]:
    """At most `most` utterances of each speaker, chosen by the hash of their ids; all where `most` is None."""
    if most is None:
        return list(utterances)
    groups: dict[str, list[Utterance]] = {}
    for utterance in sorted(utterances, key=lambda item: hash_fraction(item.id)):
        groups.setdefault(utterance.speaker, []).append(utterance)
    return [utterance for speaker in sorted(groups) for utterance in groups[speaker][:most]]


def _archive(utterance: Utterance) -> Path | None:
    return utterance.audio.archive if isinstance(utterance.audio, ArchiveMember) else None


def _name(utterance: Utterance) -> str:
    return audio_name(utterance.audio)

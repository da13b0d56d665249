"""Stores of mels with their speakers: what the speaker encoder trains on and what teaches the face encoder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from anyonenet.audio.mel import MelSettings, log_mel
from anyonenet.errors import AnyoneNetError, InputError
from datamodules.corpora import aidatatang, aishell3, vctk
from datamodules.corpora.manifest import Utterance, hash_fraction
from datamodules.corpora.sounds import read_sound
from datamodules.store import Store, StoreWriter

READERS: dict[str, tuple[str, Callable[[Path], list[Utterance]]]] = {
    "aidatatang": ("aidatatang_200zh", aidatatang.read),
    "aishell3": ("AISHELL-3", aishell3.read),
    "vctk": ("VCTK-Corpus-0.92", vctk.read),
}
"""corpus name -> its folder below the root, its reader"""

LONGEST_SECONDS = 15.0
"""no more of an utterance is kept in a store"""


def corpus_mels(
    folder: Path, corpus: str, root: Path, settings: MelSettings, longest_seconds: float, most: int | None = None
) -> Store:
    """The mels of a speech corpus, built where they are not there yet.

    Args:
        folder: of the store.
        corpus: one of `READERS`.
        root: folder that holds the corpora.
        settings: of the mels.
        longest_seconds: no more of an utterance is kept.
        most: utterances a speaker at most, the first by the hash of their ids; None keeps all.

    Returns:
        Items with the fields id, corpus, speaker, sex, language and the array `mel` `(T, bands)` float16.

    Raises:
        InputError: an unknown corpus.
        CorpusError: the corpus is missing, or the store was made from another state of it.
    """
    if corpus not in READERS:
        raise InputError(f"unknown speech corpus '{corpus}'; known are {', '.join(sorted(READERS))}")
    place, read = READERS[corpus]
    utterances = first_of_each_speaker(read(Path(root) / place), most)
    return mel_store(folder, corpus, utterances, settings, longest_seconds)


def mel_store(
    folder: Path, name: str, utterances: list[Utterance], settings: MelSettings, longest_seconds: float
) -> Store:
    """The mels of some utterances, built where they are not there yet (see `corpus_mels`).

    Audio that cannot be read is listed in the store's `skipped.csv`.
    """
    options: dict[str, Any] = {
        "kind": "speaker mels",
        "corpus": name,
        "utterances": len(utterances),
        "longest_seconds": longest_seconds,
        "mel": settings.as_dict(),
    }
    if not (Path(folder) / "store.json").is_file():
        with StoreWriter(folder, options) as writer:
            for utterance in tqdm(utterances, desc=f"mels of {name}", unit="utterance"):
                try:
                    samples = read_sound(utterance.audio, settings.sample_rate)
                except AnyoneNetError as error:
                    writer.skip(str(utterance.audio), str(error))
                    continue
                samples = samples[: int(longest_seconds * settings.sample_rate)]
                fields = {
                    "id": utterance.id,
                    "corpus": name,
                    "speaker": utterance.speaker,
                    "sex": utterance.sex,
                    "language": utterance.language,
                }
                writer.add(fields, {"mel": log_mel(torch.from_numpy(samples), settings).numpy().astype(np.float16)})
    return Store(folder, options)


def first_of_each_speaker(utterances: list[Utterance], most: int | None) -> list[Utterance]:
    """At most `most` utterances of each speaker, chosen by the hash of their ids; all where `most` is None."""
    if most is None:
        return utterances
    groups: dict[str, list[Utterance]] = {}
    for utterance in sorted(utterances, key=lambda item: hash_fraction(item.id)):
        groups.setdefault(utterance.speaker, []).append(utterance)
    return [utterance for speaker in sorted(groups) for utterance in groups[speaker][:most]]

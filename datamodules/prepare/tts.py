"""What the TTS trains on: transcribed speech, trimmed and levelled, and the speaker embeddings of its voices.

They lie in two stores, so that a new speaker encoder does not cost new mels.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from anyonenet.audio.level import LEAD_SECONDS, LEVEL_DB, QUIET_DB, TAIL_SECONDS, levelled, trimmed
from anyonenet.audio.mel import MelSettings, log_mel
from anyonenet.audio.mel_rate import at_frame_rate
from anyonenet.errors import AnyoneNetError, InputError
from anyonenet.text.mandarin import from_pinyin
from anyonenet.text.phonemes import detect_language, phonemise
from anyonenet.text.symbols import SYMBOLS, encode
from datamodules.corpora.manifest import Utterance, hash_fraction
from datamodules.corpora.sounds import audio_name
from datamodules.prepare.recipe import Item, NotForThisStage, Recipe, Skip, Source
from datamodules.prepare.speech import Reader, Recording, fields_of, recordings, speech_sources
from datamodules.prepare.voices import SpeakerEmbedder
from datamodules.store import Store
from datamodules.tts_splits import tts_splits

SECONDS = (0.4, 10.0)
"""of the speech kept, trimmed: shortest and longest"""
MOST_SYMBOLS_A_SECOND = 40
"""whoever reads more has another text before him"""
EMBEDDED_UTTERANCES = 6
"""of each speaker get a speaker embedding"""
EMBEDDED_SECONDS = 3.0
"""of an utterance, from its start, go into its embedding"""


class TTSRecipe(Recipe):
    """One item an utterance: `mel` `(T, bands)` float16 and `symbols` `(N,)` int16, the end symbol last; fields id,
    corpus, speaker, sex, language, text, phonemes, seconds (after trimming), split, source, sha256.

    `split` is what a training on this corpus alone, with its usual shares, does with the item (see
    `datamodules.tts_splits`), or 'held_back' where it does nothing: sentences and voices that are to stay unseen. A
    training on several corpora decides anew, so that what one holds back is not learned from another.

    Args:
        corpus: its name.
        read: its reader, see `datamodules.prepare.speech.speech_reader`.
        seconds: shortest and longest of the utterances kept, after trimming.
        settings: of the mels; None: the project's.
    """

    def __init__(
        self, corpus: str, read: Reader, seconds: tuple[float, float] = SECONDS, settings: MelSettings | None = None
    ):
        self.name = f"tts/{corpus}"
        self.corpus, self.read, self.seconds = corpus, read, seconds
        self.settings = settings or MelSettings()

    @property
    def options(self) -> dict[str, Any]:
        return {
            "kind": "tts",
            "corpus": self.corpus,
            "mel": self.settings.as_dict(),
            "symbols": list(SYMBOLS),
            "seconds": list(self.seconds),
            "level_db": LEVEL_DB,
            "silence": [QUIET_DB, LEAD_SECONDS, TAIL_SECONDS],
        }

    def sources(self) -> list[Source]:
        utterances = self.read()
        if not any(item.text or item.pinyin for item in utterances):
            why = next((item.defect for item in utterances if item.defect), "no text is there")
            raise NotForThisStage(
                f"none of the {len(utterances)} recordings of {self.corpus} has a transcription, "
                f"which the TTS needs: {why}"
            )
        return speech_sources(utterances)

    split_columns = ("id", "corpus", "speaker", "language", "text")

    def splits(self, rows: pd.DataFrame) -> list[str]:
        told = ["held_back"] * len(rows)
        for split, chosen in tts_splits(rows).items():
            for row in chosen:
                told[row] = split
        return told

    def items(self, source: Source, skip: Skip) -> Iterator[Item]:
        said: dict[str, tuple[tuple[str, ...], str]] = {}
        for utterance in source.content:
            try:
                said[utterance.id] = symbols_of(utterance)
            except AnyoneNetError as error:
                skip(audio_name(utterance.audio), utterance.defect or str(error), "text")
        readable = [utterance for utterance in source.content if utterance.id in said]
        for recording in recordings(readable, self.settings, skip):
            try:
                yield self._item(recording, *said[recording.utterance.id])
            except AnyoneNetError as error:
                skip(audio_name(recording.utterance.audio), str(error), "sound")

    def _item(self, recording: Recording, symbols: tuple[str, ...], language: str) -> Item:
        settings = self.settings
        samples = trimmed(recording.samples, settings)
        seconds = len(samples) / settings.sample_rate
        if not self.seconds[0] <= seconds <= self.seconds[1]:
            raise InputError(f"{seconds:.2f} s of speech, outside of {self.seconds[0]:g} to {self.seconds[1]:g} s")
        if len(symbols) > MOST_SYMBOLS_A_SECOND * seconds:
            raise InputError(f"{len(symbols)} symbols in {seconds:.2f} s of speech: the text is of another recording")
        utterance = recording.utterance
        fields = {
            **fields_of(recording, self.corpus),
            "language": language,
            "text": utterance.text or " ".join(utterance.pinyin or ()),
            "phonemes": " ".join(symbols),
            "seconds": seconds,
        }
        return fields, self.arrays(levelled(samples, settings), symbols)

    def arrays(self, samples: np.ndarray, symbols: tuple[str, ...]) -> dict[str, np.ndarray]:
        """What is kept of an utterance, trimmed and levelled `(N,)` float32."""
        mel = log_mel(torch.from_numpy(samples), self.settings).numpy().astype(np.float16)
        return {"mel": mel, "symbols": np.array(encode(symbols), dtype=np.int16)}


class TTSSpeakersRecipe(Recipe):
    """Speaker embeddings of some utterances of every speaker of a TTS store: `EMBEDDED_UTTERANCES` of each, the first
    by the hash of their names, for an embedding says who speaks, not what is said.

    Items with the fields row (of that store) and speaker ('corpus/speaker') and the array `embedding` `(1, 1024)`
    float32.

    Args:
        speech: what `TTSRecipe` made.
        encoder: folder of the exported speaker encoder; raises WeightsError where there is none.
    """

    def __init__(self, speech: Store, encoder: Path):
        self.speech, self.embedder = speech, SpeakerEmbedder(encoder)
        self.name = f"tts_speakers/{speech.options['corpus']}/{self.embedder.sha256[:12]}"

    @property
    def options(self) -> dict[str, Any]:
        return {
            "kind": "tts speakers",
            "encoder": self.embedder.sha256,
            "utterances": EMBEDDED_UTTERANCES,
            "seconds": EMBEDDED_SECONDS,
            "speech": self.speech.checksum,
        }

    def sources(self) -> list[Source]:
        rows = embedded_rows(self.speech.manifest)
        return [Source(name, self.speech.folder, (name, chosen)) for name, chosen in sorted(rows.items())]

    def items(self, source: Source, skip: Skip) -> Iterator[Item]:
        name, rows = source.content
        rate, wanted = MelSettings(**self.speech.options["mel"]).frame_rate, self.embedder.settings.frame_rate
        longest = round(EMBEDDED_SECONDS * rate)
        mels = [torch.from_numpy(self.speech.array("mel", row)[:longest].astype(np.float32)) for row in rows]
        mels = [at_frame_rate(mel, rate, wanted) for mel in mels]
        for row, embedding in zip(rows, self.embedder(mels), strict=True):
            yield {"row": row, "speaker": name}, {"embedding": embedding[None]}


def embedded_rows(manifest: pd.DataFrame) -> dict[str, list[int]]:
    """'corpus/speaker' -> the rows of a TTS store that are embedded."""
    order = (manifest["corpus"] + "/" + manifest["id"]).map(lambda name: hash_fraction(f"voice/{name}")).sort_values()
    ordered = manifest.loc[order.index]
    names = ordered["corpus"] + "/" + ordered["speaker"]
    chosen = ordered.groupby(names).head(EMBEDDED_UTTERANCES).index
    rows: dict[str, list[int]] = {}
    for row in sorted(int(row) for row in chosen):
        rows.setdefault(str(names[row]), []).append(row)
    return rows


def symbols_of(utterance: Utterance) -> tuple[tuple[str, ...], str]:
    """Phonemes of a transcription and its language; a corpus's own pinyin goes before its text.

    Raises:
        InputError: neither is there, or nothing in it can be spoken.
    """
    if utterance.pinyin:
        return from_pinyin(utterance.pinyin), "zh"
    if not utterance.text:
        raise InputError(f"utterance {utterance.id} has no transcription")
    language = utterance.language or detect_language(utterance.text)
    return phonemise(utterance.text, language).symbols, language

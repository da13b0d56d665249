"""Mels of speakers for the speaker encoder, and what an exported one makes of recordings: speaker embeddings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from anyonenet.audio.mel import MelSettings, log_mel
from anyonenet.errors import WeightsError
from anyonenet.weights import WeightsCard, load_weights, read_card
from datamodules.corpora import cnceleb
from datamodules.corpora.manifest import Utterance, split_of
from datamodules.prepare.recipe import Item, Recipe, Skip, Source
from datamodules.prepare.speech import (
    Reader,
    Recorded,
    fields_of,
    first_of_each_speaker,
    opened,
    recordings,
    speech_reader,
    speech_sources,
)

LONGEST_SECONDS = 15.0
"""no more of an utterance is kept for the speaker encoder"""
EMBEDDED_SECONDS = 8.0
"""no more of a recording is embedded"""
MOST_UTTERANCES = 40
"""of a person are embedded"""
_TOGETHER = 8
"""recordings of a person that are one source: a batch on a GPU"""


class SpeakerMelRecipe(Recipe):
    """One item an utterance: `mel` `(T, bands)` float16; fields id, corpus, speaker, sex, language, seconds, split
    (of the speaker, by hash, 90/5/5 %), source, sha256.

    Args:
        corpus: its name.
        read: its reader, see `datamodules.prepare.speech.unopened_reader`.
        most: utterances a speaker at most, the first by the hash of their ids; None keeps all.
        settings: of the mels; None: the project's.
    """

    def __init__(
        self,
        corpus: str,
        read: Callable[[], Sequence[Recorded]],
        most: int | None = None,
        settings: MelSettings | None = None,
    ):
        self.name = f"speaker_verification/{corpus}"
        self.corpus, self.read, self.most = corpus, read, most
        self.settings = settings or MelSettings()

    @property
    def options(self) -> dict[str, Any]:
        return {
            "kind": "speaker mels",
            "corpus": self.corpus,
            "most_utterances": self.most,
            "longest_seconds": LONGEST_SECONDS,
            "mel": self.settings.as_dict(),
        }

    def sources(self) -> list[Source]:
        found = self.read()
        unopened = [Source(item.name, item.place, (item,)) for item in found if not isinstance(item, Utterance)]
        utterances = [item for item in found if isinstance(item, Utterance)]
        return unopened + speech_sources(first_of_each_speaker(utterances, self.most))

    def items(self, source: Source, skip: Skip) -> Iterator[Item]:
        utterances = first_of_each_speaker(opened(source.content), self.most)
        for recording in recordings(utterances, self.settings, skip):
            samples = recording.samples[: int(LONGEST_SECONDS * self.settings.sample_rate)]
            fields = {
                **fields_of(recording, self.corpus),
                "language": recording.utterance.language,
                "seconds": len(samples) / self.settings.sample_rate,
                "split": split_of(recording.utterance.speaker),
            }
            yield fields, {"mel": log_mel(torch.from_numpy(samples), self.settings).numpy().astype(np.float16)}


class VoiceRecipe(Recipe):
    """Speaker embeddings of recordings, as the face encoder learns them: one item each, `embedding` `(1, 1024)`
    float32; fields id, corpus, person, sex, language, seconds, split (of the person, by hash), source, sha256.

    Args:
        corpus: its name.
        read: its reader, see `voice_reader`.
        encoder: folder of the exported speaker encoder.
        most: recordings a person at most, the first by the hash of their ids.
    """

    def __init__(self, corpus: str, read: Reader, encoder: Path, most: int = MOST_UTTERANCES):
        self.name = f"face_voice/{corpus}/voices"
        self.corpus, self.read, self.most = corpus, read, most
        self.embedder = SpeakerEmbedder(encoder)

    @property
    def options(self) -> dict[str, Any]:
        return {
            "kind": "speaker embeddings",
            "corpus": self.corpus,
            "most_utterances": self.most,
            "encoder": self.embedder.sha256,
            "longest_seconds": EMBEDDED_SECONDS,
        }

    def problems(self) -> list[str]:
        try:
            read_card(self.embedder.folder)
        except WeightsError as error:
            return [str(error)]
        return []

    def sources(self) -> list[Source]:
        groups: dict[str, list[Utterance]] = {}
        for utterance in first_of_each_speaker(self.read(), self.most):
            groups.setdefault(utterance.speaker, []).append(utterance)
        sources = []
        for group in groups.values():
            for begin in range(0, len(group), _TOGETHER):
                together = tuple(group[begin : begin + _TOGETHER])
                first = speech_sources(together)[0]
                sources.append(Source(first.key, first.path, together))
        return sources

    def items(self, source: Source, skip: Skip) -> Iterator[Item]:
        settings = self.embedder.settings
        longest = int(EMBEDDED_SECONDS * settings.sample_rate)
        found = list(recordings(source.content, settings, skip))
        mels = [log_mel(torch.from_numpy(recording.samples[:longest]), settings) for recording in found]
        for recording, embedding in zip(found, self.embedder(mels), strict=True):
            fields = fields_of(recording, self.corpus)
            fields["person"] = fields.pop("speaker")
            fields["language"] = recording.utterance.language
            fields["seconds"] = len(recording.samples) / settings.sample_rate
            fields["split"] = split_of(fields["person"])
            yield fields, {"embedding": embedding[None]}


class SpeakerEmbedder:
    """Mels -> speaker embeddings, on a GPU where there is one; the network is loaded at the first call, not pickled.

    Args:
        folder: of the exported weights; what is asked of it raises WeightsError where there are none.
    """

    def __init__(self, folder: Path):
        self.folder = Path(folder)
        self._network: torch.nn.Module | None = None

    @property
    def sha256(self) -> str:
        """Checksum of the weights."""
        return self._card.sha256

    @property
    def settings(self) -> MelSettings:
        """Of the mels that the network was trained on."""
        return self._card.mel

    @cached_property
    def _card(self) -> WeightsCard:
        return read_card(self.folder)[2]

    def __call__(self, mels: Sequence[torch.Tensor]) -> np.ndarray:
        """`(N, 1024)` float32 unit vectors of mels `(T, bands)`; those of one length go through together."""
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        if self._network is None:
            self._network = load_weights(self.folder, "speaker_encoder", device)[0]
        embeddings: dict[int, np.ndarray] = {}
        lengths = [len(mel) for mel in mels]
        for length in sorted(set(lengths)):
            places = [place for place, other in enumerate(lengths) if other == length]
            batch = torch.stack([mels[place] for place in places]).to(device)
            with torch.inference_mode():
                found = self._network(batch, torch.full((len(places),), length, device=device)).cpu().numpy()
            embeddings |= dict(zip(places, found.astype(np.float32), strict=True))
        return np.stack([embeddings[place] for place in range(len(mels))]) if mels else np.zeros((0, 0), np.float32)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_network": None}


def voice_reader(corpus: str, root: Path, kind: str | None = None, speakers: Path | None = None) -> Reader:
    """Reads the recordings of a corpus that shows faces too; of CN-Celeb those of persons with pictures.

    Args:
        corpus, root, kind, speakers: as for `speech_reader`; 'videos' for names that are not known.
    """
    kind = kind or (corpus if corpus in ("cnceleb", "voxceleb2", "obama") else "videos")
    read = speech_reader(corpus, root, kind, speakers)
    return partial(_pictured, read, Path(root), speakers) if kind == "cnceleb" else read


def _pictured(read: Reader, root: Path, speakers: Path | None) -> list[Utterance]:
    persons = {picture.person for picture in cnceleb.read_pictures(root, speakers)}
    return [utterance for utterance in read() if utterance.speaker in persons]

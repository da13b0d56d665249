"""Batches for the TTS from VCTK (English) and AISHELL-3 (Mandarin) (AnyoneNet section IV-A1)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, Dataset

from anyonenet.audio.mel import MelSettings
from anyonenet.types import TTSBatch
from datamodules.batching import LengthBatchSampler
from datamodules.resuming import ResumableLoader
from datamodules.sampling import Draw
from datamodules.store import Store
from datamodules.tts_features import speaker_store, speech_store, tts_splits

Item = tuple[np.ndarray, np.ndarray, np.ndarray]


class TTSData(pl.LightningDataModule):
    """Batches for `TTSModule`: mels, symbols and, of the same speaker, an embedding from other utterances too."""

    def __init__(
        self,
        root: str = "data/mini",
        features: str = "data/features",
        corpora: Sequence[str] = ("vctk", "aishell3"),
        speaker_encoder: str = "weights/speaker_encoder",
        batch_size: int = 32,
        shortest_seconds: float = 0.4,
        longest_seconds: float = 10.0,
        unseen_share: float = 0.1,
        held_back: int = 50,
        embedding_utterances: int = 6,
        embedding_noise: float = 0.2,
        workers: int = 0,
        seed: int = 0,
    ):
        """
        Args:
            root: folder that holds the corpora.
            features: folder for the stores.
            corpora: names from `datamodules.speech_mels.READERS`, with transcriptions.
            speaker_encoder: folder of the exported weights that give the speaker embeddings.
            batch_size: utterances a batch (and process).
            shortest_seconds, longest_seconds: of the utterances kept.
            unseen_share: of the speakers kept back in each language.
            held_back: transcriptions kept back in each language (the paper: 100 in all).
            embedding_utterances: in training, 1 to this many random utterances of the speaker are averaged, so that
                one utterance at inference, or a face, is nothing new.
            embedding_noise: length of the Gaussian noise added to that unit-length average.
            workers: processes that load.
            seed: of order and draws.
        """
        super().__init__()
        self.root, self.features, self.corpora = Path(root), Path(features), list(corpora)
        self.speaker_encoder = Path(speaker_encoder)
        self.batch_size = batch_size
        self.seconds = (shortest_seconds, longest_seconds)
        self.unseen_share, self.held_back = unseen_share, held_back
        self.embedding_utterances, self.embedding_noise = embedding_utterances, embedding_noise
        self.workers, self.seed = workers, seed
        self.settings = MelSettings()
        self.splits: dict[str, list[int]] = {}

    def prepare_data(self) -> None:
        speaker_store(self.features / "tts_speakers", self._speech(), self.speaker_encoder)

    def setup(self, stage: str | None = None) -> None:
        if self.splits:
            return
        self.speech = self._speech()
        self.speakers = speaker_store(self.features / "tts_speakers", self.speech, self.speaker_encoder)
        self.splits = tts_splits(self.speech.manifest, self.unseen_share, self.held_back)

    def train_dataloader(self) -> DataLoader[Any]:
        return self._loader("train", shuffle=True)

    def val_dataloader(self) -> DataLoader[Any]:
        return self._loader("validation", shuffle=False)

    def test_dataloader(self) -> DataLoader[Any]:
        return self._loader("test_seen", shuffle=False)

    def speaker_table(self) -> tuple[list[str], np.ndarray]:
        """Names of the training speakers and the mean embedding of each, `(speakers, 1024)` float32 unit vectors."""
        manifest = self.speech.manifest.iloc[self.splits["train"]]
        names = sorted(set(manifest["corpus"] + "/" + manifest["speaker"]))
        voices = voices_of(self.speakers, self._tested())
        return names, np.stack([mean_embedding(self.speakers, voices[name]) for name in names])

    def _tested(self) -> set[int]:
        return set(self.splits["test_seen"]) | set(self.splits["test_unseen"])

    def _loader(self, split: str, shuffle: bool) -> DataLoader[Any]:
        rows = self.splits[split]
        dataset = TTSDataset(
            self.speech,
            self.speakers,
            rows,
            self._tested(),
            self.embedding_utterances if shuffle else 0,
            self.embedding_noise if shuffle else 0.0,
        )
        trainer = self.trainer
        sampler = LengthBatchSampler(
            self.speech.lengths("mel")[rows],
            self.batch_size,
            self.seed,
            trainer.global_rank if trainer else 0,
            trainer.world_size if trainer else 1,
            shuffle,
        )
        return ResumableLoader(
            dataset,
            batch_sampler=sampler,
            collate_fn=Collate(self.settings.silence),
            num_workers=self.workers,
            persistent_workers=self.workers > 0,
        )

    def _speech(self) -> Store:
        return speech_store(self.features / "tts", self.root, self.corpora, self.settings, *self.seconds)


class TTSDataset(Dataset[Item]):
    """Utterances with a speaker embedding each; indexed with a `Draw`.

    Args:
        speech, speakers: the two stores of `datamodules.tts_features`.
        rows: the items, as rows of `speech`.
        held_back: rows of `speech` whose embeddings may not be used.
        utterances: 1 to this many of the speaker's, drawn anew each epoch, are averaged; 0 takes all of them.
        noise: length of the noise added to the average.
    """

    def __init__(
        self, speech: Store, speakers: Store, rows: list[int], held_back: set[int], utterances: int, noise: float
    ):
        self.speech, self.speakers, self.rows = speech, speakers, rows
        self.utterances, self.noise = utterances, noise
        self.names = (speech.manifest["corpus"] + "/" + speech.manifest["speaker"]).to_numpy()[rows]
        self.voices = voices_of(speakers, held_back)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, draw: Draw) -> Item:
        """Mel `(T, bands)` float32, symbols `(N,)` int64, speaker embedding `(1024,)` float32."""
        row = self.rows[draw.index]
        mel = self.speech.array("mel", row).astype(np.float32)
        symbols = self.speech.array("symbols", row).astype(np.int64)
        rng = draw.generator()
        voices = self.voices[self.names[draw.index]]
        if self.utterances:
            count = min(int(rng.integers(1, self.utterances + 1)), len(voices))
            voices = rng.choice(voices, size=count, replace=False)
        embedding = mean_embedding(self.speakers, voices)
        if self.noise:
            embedding = embedding + rng.normal(0, self.noise / len(embedding) ** 0.5, len(embedding))
        return mel, symbols, (embedding / np.linalg.norm(embedding)).astype(np.float32)


class Collate:
    """Pads symbols with 0 and mels with silence."""

    def __init__(self, silence: float):
        self.silence = silence

    def __call__(self, items: list[Item]) -> TTSBatch:
        symbol_lengths = torch.tensor([len(symbols) for _, symbols, _ in items])
        mel_lengths = torch.tensor([len(mel) for mel, _, _ in items])
        symbols = torch.zeros(len(items), int(symbol_lengths.max()), dtype=torch.int64)
        mels = torch.full((len(items), int(mel_lengths.max()), items[0][0].shape[1]), self.silence)
        for place, (mel, said, _) in enumerate(items):
            mels[place, : len(mel)] = torch.from_numpy(mel)
            symbols[place, : len(said)] = torch.from_numpy(said)
        embeddings = torch.from_numpy(np.stack([embedding for _, _, embedding in items]))
        return TTSBatch(symbols, symbol_lengths, mels, mel_lengths, embeddings)


def voices_of(speakers: Store, held_back: set[int]) -> dict[str, np.ndarray]:
    """Speaker -> `(items,)` of `speakers` that may be used for it: outside of `held_back`, if there are any."""
    rows = speakers.manifest["row"].to_numpy()
    free = np.array([row not in held_back for row in rows])
    names = speakers.manifest["speaker"].to_numpy()
    voices = {}
    for name in sorted(set(names)):
        items = np.flatnonzero(names == name)
        voices[name] = items[free[items]] if free[items].any() else items
    return voices


def mean_embedding(speakers: Store, items: Sequence[int] | np.ndarray) -> np.ndarray:
    """`(1024,)` float32 unit-length mean of the embeddings of some items of `speakers`."""
    mean = np.mean([speakers.array("embedding", int(item))[0] for item in items], axis=0)
    return (mean / np.linalg.norm(mean)).astype(np.float32)

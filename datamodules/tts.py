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
from datamodules.item_names import ItemNames
from datamodules.mixing import Corpora, JoinedStores, Mixture, corpus_weights
from datamodules.prepare.recipe import Recipe
from datamodules.prepare.run import prepare_store
from datamodules.prepare.speech import speech_reader
from datamodules.prepare.tts import SECONDS, TTSRecipe, TTSSpeakersRecipe
from datamodules.resuming import ResumableLoader
from datamodules.sampling import Draw
from datamodules.store import Store
from datamodules.tts_splits import HELD_BACK, UNSEEN_SHARE, tts_splits

Item = tuple[np.ndarray, np.ndarray, np.ndarray]


class TTSData(pl.LightningDataModule):
    """Batches for `TTSModule`: mels, symbols and, of the same speaker, an embedding from other utterances too."""

    def __init__(
        self,
        root: str = "data/mini",
        features: str = "data/features",
        corpora: Corpora = ("vctk", "aishell3"),
        speaker_encoder: str = "weights/speaker_encoder",
        batch_size: int = 32,
        shortest_seconds: float = SECONDS[0],
        longest_seconds: float = SECONDS[1],
        unseen_share: float = UNSEEN_SHARE,
        held_back: int = HELD_BACK,
        embedding_utterances: int = 6,
        embedding_noise: float = 0.2,
        workers: int = 0,
        seed: int = 0,
    ):
        """
        Args:
            root: folder that holds the corpora.
            features: folder of the feature stores; `tts/CORPUS` is made inside when absent.
            corpora: with transcriptions: 'vctk', 'aishell3', 'aidatatang', or the name of own speech; a mapping gives
                each a weight.
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
        self.root, self.features = Path(root), Path(features)
        self.weights = corpus_weights(corpora)
        self.speaker_encoder = Path(speaker_encoder)
        self.batch_size = batch_size
        self.seconds = (shortest_seconds, longest_seconds)
        self.unseen_share, self.held_back = unseen_share, held_back
        self.embedding_utterances, self.embedding_noise = embedding_utterances, embedding_noise
        self.workers, self.seed = workers, seed
        self.settings = MelSettings()
        self.splits: dict[str, list[int]] = {}

    def prepare_data(self) -> None:
        tts_stores(self.features, self.root, list(self.weights), self.speaker_encoder, self.settings, self.seconds)

    def setup(self, stage: str | None = None) -> None:
        if self.splits:
            return
        self.speech, self.speakers = tts_stores(
            self.features, self.root, list(self.weights), self.speaker_encoder, self.settings, self.seconds
        )
        self.splits = tts_splits(self.speech.manifest, self.unseen_share, self.held_back)

    def store_folders(self) -> list[Path]:
        """Of the stores it reads; known after `setup`."""
        return [store.folder for stores in (self.speech.stores, self.speakers.stores) for store in stores.values()]

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
        mixture = self._mixture(rows) if shuffle else Mixture([(rows, 1.0)])
        lengths = self.speech.lengths("mel")
        dataset = TTSDataset(
            self.speech,
            self.speakers,
            mixture,
            self._tested(),
            self.embedding_utterances if shuffle else 0,
            self.embedding_noise if shuffle else 0.0,
        )
        trainer = self.trainer
        sampler = LengthBatchSampler(
            mixture.lengths(lengths),
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

    def _mixture(self, rows: Sequence[int]) -> Mixture:
        corpora = {name: self.speech.rows_of(name) for name in self.weights}
        groups = [([row for row in rows if row in corpora[name]], weight) for name, weight in self.weights.items()]
        if set(self.weights.values()) == {1.0}:
            groups = [(list(rows), 1.0)]
        return Mixture(groups, self.speech.lengths("mel"))


class VoiceStores:
    """The speaker embeddings of several corpora, read as one; `rows` are those of the joined speech.

    Args:
        speech: the joined stores of `TTSRecipe`.
        speakers: name of the corpus -> what `TTSSpeakersRecipe` made of its store.
    """

    def __init__(self, speech: JoinedStores, speakers: dict[str, Store]):
        self.stores = dict(speakers)
        self._joined = JoinedStores(speakers)
        begins = np.repeat(
            [speech.rows_of(name).start for name in speakers], [len(store) for store in speakers.values()]
        )
        self.rows = self._joined.manifest["row"].to_numpy() + begins
        self.names = self._joined.manifest["speaker"].to_numpy()

    def embedding(self, item: int) -> np.ndarray:
        """`(1024,)` float32 unit vector."""
        return self._joined.array("embedding", item)[0]


def tts_stores(
    features: Path,
    root: Path,
    corpora: Sequence[str],
    speaker_encoder: Path,
    settings: MelSettings | None = None,
    seconds: tuple[float, float] = SECONDS,
) -> tuple[JoinedStores, VoiceStores]:
    """Mels, symbols and voices of some corpora, made where they are not there yet.

    Args:
        features: folder of the stores.
        root: folder that holds the corpora; not looked at where their stores are there.
        corpora: their names.
        speaker_encoder: folder of the exported weights.
        settings: of the mels; None: the project's.
        seconds: shortest and longest of the utterances.

    Raises:
        CorpusError: a corpus is missing, or a store was made with other options.
        WeightsError: no usable speaker encoder.
    """
    recipes = {name: TTSRecipe(name, speech_reader(name, root), seconds, settings) for name in corpora}
    speech = {name: _prepared(recipe, features) for name, recipe in recipes.items()}
    voices = {name: _prepared(TTSSpeakersRecipe(store, speaker_encoder), features) for name, store in speech.items()}
    joined = JoinedStores(speech)
    return joined, VoiceStores(joined, voices)


class TTSDataset(Dataset[Item]):
    """Utterances with a speaker embedding each; indexed with a `Draw`.

    Args:
        speech, speakers: what `tts_stores` gave.
        mixture: of rows of `speech`.
        held_back: rows of `speech` whose embeddings may not be used.
        utterances: 1 to this many of the speaker's, drawn anew each epoch, are averaged; 0 takes all of them.
        noise: length of the noise added to the average.
    """

    def __init__(
        self,
        speech: JoinedStores,
        speakers: VoiceStores,
        mixture: Mixture,
        held_back: set[int],
        utterances: int,
        noise: float,
    ):
        self.speech, self.speakers, self.mixture = speech, speakers, mixture
        self.utterances, self.noise = utterances, noise
        self.names = (speech.manifest["corpus"] + "/" + speech.manifest["speaker"]).to_numpy()
        self.voices = voices_of(speakers, held_back)
        self._names = ItemNames(speech.manifest)

    def __len__(self) -> int:
        return len(self.mixture)

    def item_name(self, draw: Draw) -> str:
        """Corpus and utterance that a draw takes."""
        return self._names[self.mixture.item(draw)]

    def __getitem__(self, draw: Draw) -> Item:
        """Mel `(T, bands)` float32, symbols `(N,)` int64, speaker embedding `(1024,)` float32."""
        row = self.mixture.item(draw)
        mel = self.speech.array("mel", row).astype(np.float32)
        symbols = self.speech.array("symbols", row).astype(np.int64)
        rng = draw.generator()
        voices = self.voices[self.names[row]]
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


def voices_of(speakers: VoiceStores, held_back: set[int]) -> dict[str, np.ndarray]:
    """Speaker -> `(items,)` of `speakers` that may be used for it: outside of `held_back`, if there are any."""
    free = np.array([row not in held_back for row in speakers.rows])
    names = speakers.names
    voices = {}
    for name in sorted(set(names)):
        items = np.flatnonzero(names == name)
        voices[name] = items[free[items]] if free[items].any() else items
    return voices


def mean_embedding(speakers: VoiceStores, items: Sequence[int] | np.ndarray) -> np.ndarray:
    """`(1024,)` float32 unit-length mean of the embeddings of some items of `speakers`."""
    mean = np.mean([speakers.embedding(int(item)) for item in items], axis=0)
    return (mean / np.linalg.norm(mean)).astype(np.float32)


def _prepared(recipe: Recipe, features: Path) -> Store:
    prepare_store(recipe, features)
    return Store(Path(features) / recipe.name, recipe.options)

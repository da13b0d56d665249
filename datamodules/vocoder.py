"""Pieces of speech for the vocoder, from VCTK (English) and AISHELL-3 (Mandarin), as the TTS hears them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, Dataset

from anyonenet.audio.mel import MelSettings
from anyonenet.types import SoundBatch
from datamodules.item_names import ItemNames
from datamodules.mixing import Corpora, JoinedStores, Mixture, corpus_weights
from datamodules.prepare.run import prepare_store
from datamodules.prepare.speech import speech_reader
from datamodules.prepare.waveforms import WaveformRecipe
from datamodules.sampling import Draw, even_loader, training_loader
from datamodules.store import Store
from datamodules.tts_splits import HELD_BACK, UNSEEN_SHARE, tts_splits


class SpeechPieces(Dataset[np.ndarray]):
    """Pieces of one length; training takes them from anywhere and as loud as it likes, validation from the start.

    Args:
        speech: array `samples` (N,) int16.
        mixture: of its rows.
        samples: of a piece; shorter speech is followed by silence.
        gain_db: training: louder or softer by at most so much. None: validation.
    """

    def __init__(self, speech: JoinedStores, mixture: Mixture, samples: int, gain_db: float | None):
        self.speech, self.mixture, self.samples, self.gain_db = speech, mixture, samples, gain_db
        self._names = ItemNames(speech.manifest)

    def __len__(self) -> int:
        return len(self.mixture)

    def item_name(self, draw: Draw) -> str:
        """Corpus and utterance that a draw takes."""
        return self._names[self.mixture.item(draw)]

    def __getitem__(self, draw: Draw | int) -> np.ndarray:
        """`(samples,)` float32."""
        said = self.speech.array("samples", self.mixture.item(draw if isinstance(draw, Draw) else Draw(draw, 0, 0)))
        begin, gain = 0, 1.0
        if self.gain_db is not None and isinstance(draw, Draw):
            generator = draw.generator()
            begin = int(generator.integers(max(len(said) - self.samples, 0) + 1))
            gain = 10 ** (float(generator.uniform(-self.gain_db, self.gain_db)) / 20)
        piece = said[begin : begin + self.samples].astype(np.float32) / 32767
        gain = min(gain, 0.99 / max(float(np.abs(piece).max(initial=0)), 1e-6))
        return np.pad(piece * np.float32(gain), (0, self.samples - len(piece)))


def collate(pieces: list[np.ndarray]) -> SoundBatch:
    return SoundBatch(torch.from_numpy(np.stack(pieces)))


class VocoderDataModule(pl.LightningDataModule):
    """Batches for `VocoderModule`.

    Args:
        root: folder that holds the corpora.
        features: folder of the feature stores; `vocoder/CORPUS` is made inside when absent.
        corpora: with transcriptions, see `TTSData`; a mapping gives each a weight.
        batch_size: pieces a batch (and process).
        frames: mel frames of a training piece.
        validation_frames: of a piece of validation and test.
        gain_db: training pieces are louder or softer by at most so much.
        unseen_share, held_back: what stays unseen, as in `TTSData`: give both the same.
        workers: processes that load.
        seed: of order and draws.
    """

    def __init__(
        self,
        root: str = "data/mini",
        features: str = "data/features",
        corpora: Corpora = ("vctk", "aishell3"),
        batch_size: int = 16,
        frames: int = 64,
        validation_frames: int = 160,
        gain_db: float = 6.0,
        unseen_share: float = UNSEEN_SHARE,
        held_back: int = HELD_BACK,
        workers: int = 0,
        seed: int = 0,
    ):
        super().__init__()
        self.root, self.features = Path(root), Path(features)
        self.weights = corpus_weights(corpora)
        self.batch_size, self.frames, self.validation_frames = batch_size, frames, validation_frames
        self.gain_db, self.unseen_share, self.held_back = gain_db, unseen_share, held_back
        self.workers, self.seed = workers, seed
        self.settings = MelSettings()
        self.splits: dict[str, list[int]] = {}

    def _recipes(self) -> dict[str, WaveformRecipe]:
        return {
            name: WaveformRecipe(name, speech_reader(name, self.root), settings=self.settings) for name in self.weights
        }

    def prepare_data(self) -> None:
        for recipe in self._recipes().values():
            prepare_store(recipe, self.features)

    def setup(self, stage: str | None = None) -> None:
        if self.splits:
            return
        stores = {name: Store(self.features / r.name, r.options) for name, r in self._recipes().items()}
        self.speech = JoinedStores(stores)
        self.splits = tts_splits(self.speech.manifest, self.unseen_share, self.held_back)

    def store_folders(self) -> list[Path]:
        """Of the stores it reads; known after `setup`."""
        return [store.folder for store in self.speech.stores.values()]

    def train_dataloader(self) -> DataLoader[Any]:
        rows = set(self.splits["train"])
        groups = [
            ([row for row in self.speech.rows_of(name) if row in rows], weight) for name, weight in self.weights.items()
        ]
        pieces = self._pieces(Mixture(groups), self.frames, self.gain_db)
        return training_loader(pieces, self.batch_size, self.seed, collate, self.workers)

    def val_dataloader(self) -> DataLoader[Any]:
        return self._even("validation")

    def test_dataloader(self) -> DataLoader[Any]:
        return self._even("test_unseen")

    def _even(self, split: str) -> DataLoader[Any]:
        pieces = self._pieces(Mixture([(self.splits[split], 1.0)]), self.validation_frames, None)
        return even_loader(pieces, self.batch_size, collate, self.workers)

    def _pieces(self, mixture: Mixture, frames: int, gain_db: float | None) -> SpeechPieces:
        return SpeechPieces(self.speech, mixture, frames * self.settings.hop_samples, gain_db)

"""Batches for AutoVC: an utterance, and the voice of its speaker from another one (MakeItTalk section 4)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, Dataset

from anyonenet.audio.mel import MelSettings
from anyonenet.types import ConversionBatch
from datamodules.item_names import ItemNames
from datamodules.mixing import Corpora, JoinedStores, Mixture, corpus_weights
from datamodules.prepare.tts import SECONDS
from datamodules.sampling import Draw, even_loader, training_loader
from datamodules.tts import VoiceStores, mean_embedding, tts_stores, voices_of
from datamodules.tts_splits import tts_splits

Item = tuple[np.ndarray, int, np.ndarray]


class VoiceConversionData(pl.LightningDataModule):
    """Crops of the TTS's mels, with the TTS's speaker embeddings: nothing is prepared twice.

    Speakers and sentences that the TTS keeps back for tests are kept back here too.
    """

    def __init__(
        self,
        root: str = "data/mini",
        features: str = "data/features",
        corpora: Corpora = ("vctk",),
        speaker_encoder: str = "weights/speaker_encoder",
        batch_size: int = 2,
        crop_frames: int = 128,
        hop_seconds: float = 0.0125,
        workers: int = 0,
        seed: int = 0,
    ):
        """
        Args:
            root: folder that holds the corpora.
            features: folder of the feature stores; of another hop than the project's it must be another folder.
            corpora: with transcriptions: 'vctk' (the paper's), 'aishell3', 'aidatatang', or the name of own speech; a
                mapping gives each a weight.
            speaker_encoder: folder of the exported weights that give the speaker embeddings.
            batch_size: utterances a batch (and process); AutoVC's 2.
            crop_frames: of each utterance; AutoVC's 128.
            hop_seconds: of the mels; MakeItTalk's 0.016 gives 62.5 frames a second.
            workers: processes that load.
            seed: of order and draws.
        """
        super().__init__()
        self.root, self.features = Path(root), Path(features)
        self.weights = corpus_weights(corpora)
        self.speaker_encoder = Path(speaker_encoder)
        self.batch_size, self.crop_frames = batch_size, crop_frames
        self.mel_settings = MelSettings(hop_seconds=hop_seconds)
        self.workers, self.seed = workers, seed
        self.splits: dict[str, list[int]] = {}

    def prepare_data(self) -> None:
        self._stores()

    def setup(self, stage: str | None = None) -> None:
        if self.splits:
            return
        self.speech, self.speakers = self._stores()
        self.splits = tts_splits(self.speech.manifest)

    def store_folders(self) -> list[Path]:
        """Of the stores it reads; known after `setup`."""
        return [store.folder for stores in (self.speech.stores, self.speakers.stores) for store in stores.values()]

    def train_dataloader(self) -> DataLoader[Any]:
        rows = self.splits["train"]
        chosen = {name: self.speech.rows_of(name) for name in self.weights}
        groups = [([row for row in rows if row in chosen[name]], weight) for name, weight in self.weights.items()]
        dataset = self.utterances(Mixture(groups), self.crop_frames)
        return training_loader(dataset, self.batch_size, self.seed, collate, self.workers)

    def val_dataloader(self) -> DataLoader[Any]:
        return self._even("validation")

    def test_dataloader(self) -> DataLoader[Any]:
        return self._even("test_unseen")

    def utterances(self, mixture: Mixture, crop_frames: int) -> ConversionUtterances:
        """Items of a mixture of the speech's rows; known after `setup`."""
        return ConversionUtterances(self.speech, self.speakers, mixture, crop_frames)

    def _even(self, split: str) -> DataLoader[Any]:
        dataset = self.utterances(Mixture([(self.splits[split], 1.0)]), self.crop_frames)
        return even_loader(dataset, self.batch_size, collate, self.workers)

    def _stores(self) -> tuple[JoinedStores, VoiceStores]:
        return tts_stores(
            self.features, self.root, list(self.weights), self.speaker_encoder, self.mel_settings, SECONDS
        )


class ConversionUtterances(Dataset[Item]):
    """Crops of utterances; a `Draw` crops at random and takes one other utterance's voice, a number the first frames
    and the mean voice.

    Args:
        speech, speakers: what `datamodules.tts.tts_stores` gave.
        mixture: of rows of `speech`.
        crop_frames: of each; shorter utterances are padded with silence.
    """

    def __init__(self, speech: JoinedStores, speakers: VoiceStores, mixture: Mixture, crop_frames: int):
        self.speech, self.speakers, self.mixture, self.crop_frames = speech, speakers, mixture, crop_frames
        self.names = (speech.manifest["corpus"] + "/" + speech.manifest["speaker"]).to_numpy()
        self.voices = voices_of(speakers, set())
        self._names = ItemNames(speech.manifest)

    def __len__(self) -> int:
        return len(self.mixture)

    def item_name(self, draw: Draw) -> str:
        """Corpus and utterance that a draw takes."""
        return self._names[self.mixture.item(draw)]

    def __getitem__(self, draw: Draw | int) -> Item:
        """Mel `(crop_frames, bands)` float32, how many of its frames are speech, speaker embedding `(1024,)`."""
        row = self.mixture.item(draw if isinstance(draw, Draw) else Draw(draw, 0, 0))
        mel = self.speech.array("mel", row)
        voices = [item for item in self.voices[self.names[row]] if self.speakers.rows[item] != row]
        voices = voices or list(self.voices[self.names[row]])
        begin = 0
        if isinstance(draw, Draw):
            generator = draw.generator()
            begin = int(generator.integers(max(1, len(mel) - self.crop_frames + 1)))
            voices = [voices[int(generator.integers(len(voices)))]]
        crop = np.array(mel[begin : begin + self.crop_frames], dtype=np.float32)
        length = len(crop)
        rest = ((0, self.crop_frames - length), (0, 0))
        crop = np.pad(crop, rest, constant_values=np.float32(MelSettings().silence))
        return crop, length, mean_embedding(self.speakers, voices)


def collate(items: Sequence[Item]) -> ConversionBatch:
    """Items of one length to a batch."""
    return ConversionBatch(
        mels=torch.from_numpy(np.stack([mel for mel, _, _ in items])),
        lengths=torch.tensor([length for _, length, _ in items]),
        speaker_embeddings=torch.from_numpy(np.stack([embedding for _, _, embedding in items])),
    )

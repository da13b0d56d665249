"""Cuts of talking faces with the voice that speaks in them, for MakeItTalk's two branches."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader

from anyonenet.audio.mel import MelSettings
from anyonenet.types import VoicedLandmarkBatch
from datamodules.corpora.manifest import split_of
from datamodules.landmarks import LandmarkClips, LandmarkDataModule
from datamodules.landmarks import collate as collate_landmarks
from datamodules.mixing import Corpora, JoinedStores, Mixture
from datamodules.prepare.cut_voices import CutVoicesRecipe
from datamodules.prepare.landmarks import LandmarkRecipe
from datamodules.prepare.run import prepare_store
from datamodules.sampling import Draw, even_loader, training_loader
from datamodules.store import Store

CLIP_SHARES = (0.2, 0.2)
"""of the clips of a corpus that is for training only, kept back for validation and test (MakeItTalk section 4.2)"""


class VoicedClips(LandmarkClips):
    """`LandmarkClips` with a speaker embedding: in training that of any cut of the same person, else its own."""

    def __init__(self, clips: LandmarkClips, voices: dict[int, np.ndarray]):
        super().__init__(clips.cuts, clips.mixture, clips.augmentation)
        self.__dict__.update(clips.__dict__)  # with whatever else varies its draws
        self.voices = voices
        persons = (self.cuts.manifest["corpus"] + "/" + self.cuts.manifest["person"]).to_numpy()
        self._persons = persons
        self._cuts_of: dict[str, list[int]] = {}
        for row in sorted({clips.mixture.item(Draw(place, 0, 0)) for place in range(len(clips))}):
            self._cuts_of.setdefault(str(persons[row]), []).append(row)

    def __getitem__(self, draw: Draw | int) -> dict[str, np.ndarray]:
        item = super().__getitem__(draw)
        row = self.mixture.item(draw if isinstance(draw, Draw) else Draw(draw, 0, 0))
        if self.augmentation is not None and isinstance(draw, Draw):
            alike = self._cuts_of.get(str(self._persons[row]), [row])
            # numbers of their own: those of the variations stay as they are
            choice = np.random.default_rng([draw.seed, draw.epoch, draw.index, 1])
            row = alike[int(choice.integers(len(alike)))]
        return item | {"speaker_embeddings": self.voices[row]}


def collate(items: list[dict[str, np.ndarray]]) -> VoicedLandmarkBatch:
    """Pad cuts to the longest, as `datamodules.landmarks.collate`."""
    batch = collate_landmarks(items)
    voices = torch.from_numpy(np.stack([item["speaker_embeddings"] for item in items]))
    return VoicedLandmarkBatch(
        batch.mels,
        batch.lengths,
        batch.landmarks,
        batch.quaternions,
        batch.base_landmarks,
        batch.base_quaternions,
        voices,
    )


class VoicedLandmarkDataModule(LandmarkDataModule):
    """`LandmarkDataModule` with speaker embeddings.

    Corpora that other stages only train on (VoxCeleb2) are split by the hash of the clip, 60/20/20 % as in the paper:
    the same persons speak in all parts.

    Args:
        root, features, corpora: of `LandmarkDataModule`.
        speaker_encoder: folder of the exported weights that give the speaker embeddings.
        split_clips: False leaves corpora that are for training only to training.
        hop_seconds: of the mels and so of the landmarks; MakeItTalk's 0.016 gives 62.5 frames a second. Stores of
            another hop than the project's need a `features` folder of their own.
        options: its others.
    """

    def __init__(
        self,
        root: str = "data/mini",
        features: str = "data/features",
        corpora: Corpora = ("obama",),
        speaker_encoder: str = "weights/speaker_encoder",
        split_clips: bool = False,
        hop_seconds: float = 0.0125,
        **options: Any,
    ):
        super().__init__(root, features, corpora, **options)
        self.speaker_encoder, self.split_clips = Path(speaker_encoder), split_clips
        self.mel_settings = MelSettings(hop_seconds=hop_seconds)
        self.recipes = {
            name: LandmarkRecipe(
                name, recipe.read, recipe.models.landmarks, recipe.clip_seconds, self.mel_settings, recipe.tracks
            )
            for name, recipe in self.recipes.items()
        }

    def prepare_data(self) -> None:
        super().prepare_data()
        for recipe in self.recipes.values():
            cuts = Store(self.features / recipe.name, recipe.options)
            prepare_store(CutVoicesRecipe(cuts, self.speaker_encoder), self.features)

    def setup(self, stage: str | None = None) -> None:
        """Open the stores.

        Raises:
            CorpusError: a store is missing or made with other options.
            WeightsError: there is no usable speaker encoder.
        """
        super().setup(stage)
        cuts = self.training.cuts
        voices = self._voices(cuts)
        if self.split_clips:
            for name, clips in self._split(cuts).items():
                setattr(self, name, clips)
        self.training = VoicedClips(self.training, voices)
        self.validation = VoicedClips(self.validation, voices)
        self.test = VoicedClips(self.test, voices)

    def store_folders(self) -> list[Path]:
        """Of the stores it reads; known after `prepare_data`."""
        voices = [CutVoicesRecipe(store, self.speaker_encoder).name for store in self.training.cuts.stores.values()]
        return [*super().store_folders(), *(self.features / name for name in voices)]

    def train_dataloader(self) -> DataLoader:
        super().train_dataloader()  # says what is missing
        return training_loader(self.training, self.batch_size, self.seed, collate, self.workers)

    def _loader(self, dataset: LandmarkClips) -> DataLoader:
        return even_loader(dataset, self.batch_size, collate, self.workers)

    def _voices(self, cuts: JoinedStores) -> dict[int, np.ndarray]:
        """Row of the joined cuts -> speaker embedding `(1024,)`."""
        voices = {}
        for name, store in cuts.stores.items():
            recipe = CutVoicesRecipe(store, self.speaker_encoder)
            found = Store(self.features / recipe.name, recipe.options)
            first = cuts.rows_of(name).start
            for item, row in enumerate(found.manifest["row"]):
                voices[first + int(row)] = found.array("embedding", item)[0]
        return voices

    def _split(self, cuts: JoinedStores) -> dict[str, Any]:
        """The three parts, corpora without validation and test split by clip."""
        long = cuts.lengths("mels") >= round(self.shortest_seconds * self.mel_settings.frame_rate)
        told = cuts.manifest["split"].to_numpy().astype(object)
        for corpus in self.weights:
            rows = np.array(cuts.rows_of(corpus))
            if set(told[rows]) == {"train"}:
                told[rows] = [split_of(str(clip), *CLIP_SHARES) for clip in cuts.manifest["clip"].iloc[rows]]
        parts: dict[str, Any] = {}
        for name, split in (("training", "train"), ("validation", "validation"), ("test", "test")):
            groups = []
            for corpus, weight in self.weights.items():
                rows = np.array(cuts.rows_of(corpus))
                groups.append((rows[(long & (told == split))[rows]], weight if split == "train" else 1.0))
            parts[name] = copy.copy(getattr(self, name))
            parts[name].mixture = Mixture(groups)
        return parts

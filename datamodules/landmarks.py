"""Batches for the landmark predictor: mels and registered landmarks, both at the mel's 80 Hz (section IV-A3 and 4)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from pytorch_lightning import LightningDataModule
from torch.utils.data import DataLoader, Dataset

from anyonenet.audio.mel import MelSettings
from anyonenet.errors import CorpusError, InputError
from anyonenet.face.mouth import mouth_area
from anyonenet.types import LandmarkBatch
from datamodules.item_names import ItemNames
from datamodules.landmark_augmentation import AugmentationSettings, vary_face, vary_pose, vary_voice
from datamodules.mixing import Corpora, JoinedStores, Mixture, corpus_weights
from datamodules.prepare.clips import clip_reader, tracks_folder
from datamodules.prepare.landmarks import LandmarkRecipe
from datamodules.prepare.run import prepare_store
from datamodules.sampling import Draw, even_loader, training_loader
from datamodules.store import Store


def base_frame(landmarks: np.ndarray) -> int:
    """The frame of `(frames, 68, 2)` that stands for the photograph in validation and test: its most closed mouth."""
    return int(mouth_area(landmarks).argmin())


class LandmarkClips(Dataset):
    """Cuts of stores, one a draw; training varies voice, face, pose and base frame.

    Args:
        cuts: arrays `mels` (T, bands), `landmarks` (T, 68, 2), `quaternions` (T, 4).
        mixture: which of them belong to this split, and how often each is drawn.
        augmentation: sizes of the variations; None for validation and test, where the base frame is `base_frame`.
        closed_base: share of the draws in training whose base frame is `base_frame` too; any frame in the others.
    """

    def __init__(
        self,
        cuts: JoinedStores,
        mixture: Mixture,
        augmentation: AugmentationSettings | None,
        closed_base: float = 0.0,
    ):
        self.cuts = cuts
        self.closed_base = closed_base
        self.mixture = mixture
        self._names = ItemNames(cuts.manifest)
        self.augmentation = augmentation

    def __len__(self) -> int:
        return len(self.mixture)

    def item_name(self, draw: Draw) -> str:
        """Corpus, video and first frame of the cut that a draw takes."""
        return self._names[self.mixture.item(draw)]

    def __getitem__(self, draw: Draw | int) -> dict[str, np.ndarray]:
        item = self.mixture.item(draw if isinstance(draw, Draw) else Draw(draw, 0, 0))
        mel, landmarks, quaternions = (
            np.array(self.cuts.array(name, item)) for name in ("mels", "landmarks", "quaternions")
        )
        base = base_frame(landmarks)
        if self.augmentation is not None and isinstance(draw, Draw):
            generator = draw.generator()
            mel = vary_voice(mel, self.augmentation, generator)
            landmarks = vary_face(landmarks, self.augmentation, generator)
            quaternions = vary_pose(quaternions, self.augmentation, generator)
            if self.closed_base <= 0 or generator.random() >= self.closed_base:
                base = int(generator.integers(len(landmarks)))
        return {
            "mels": mel,
            "landmarks": landmarks,
            "quaternions": quaternions,
            "base_landmarks": landmarks[base],
            "base_quaternions": quaternions[base],
        }


def collate(items: list[dict[str, np.ndarray]]) -> LandmarkBatch:
    """Pad cuts to the longest: mels `(frames, bands)` with silence, landmarks and quaternions with the last face."""
    lengths = [len(item["mels"]) for item in items]
    longest = max(lengths)

    def padded(name: str, **how: Any) -> torch.Tensor:
        arrays = []
        for item, length in zip(items, lengths, strict=True):
            rest = ((0, longest - length), *((0, 0) for _ in item[name].shape[1:]))
            arrays.append(np.pad(item[name], rest, **how))
        return torch.from_numpy(np.stack(arrays))

    return LandmarkBatch(
        mels=padded("mels", mode="constant", constant_values=MelSettings().silence),
        lengths=torch.tensor(lengths),
        landmarks=padded("landmarks", mode="edge"),
        quaternions=padded("quaternions", mode="edge"),
        base_landmarks=torch.from_numpy(np.stack([item["base_landmarks"] for item in items])),
        base_quaternions=torch.from_numpy(np.stack([item["base_quaternions"] for item in items])),
    )


class LandmarkDataModule(LightningDataModule):
    """Cuts of talking faces; the paper's are the Obama addresses in 3 s, 90/5/5 % by hash of the video.

    Args:
        root: folder of the corpora, for stores that are still to be made.
        features: folder of the feature stores; `landmarks/CORPUS` is made inside when absent.
        corpora: 'obama', 'voxceleb2' (for training only: other voices and faces; the paper has none) or the names of
            own videos (see `anyonenet prepare videos`); a mapping gives each a weight.
        batch_size: cuts a batch and device.
        clip_seconds: length of a cut.
        shortest_seconds: what remains of a video after its whole cuts is used from this length on, at least
            `datamodules.prepare.landmarks.SHORTEST_SECONDS` (the paper: only whole cuts).
        backend: 'dlib' or 'fan', for videos without `.landmarks.npz`.
        augment: vary voice, face and pose in training (the paper: only the base frame varies).
        closed_base: share of the training draws that start from the cut's most closed mouth, as validation, test and
            most photographs do; the others from any frame (the paper: all of them).
        workers: processes that load; 0 loads in the training process.
        seed: of order and variations.

    Raises:
        InputError: `closed_base` is not in [0, 1].
    """

    def __init__(
        self,
        root: str = "data/mini",
        features: str = "data/features",
        corpora: Corpora = ("obama",),
        batch_size: int = 32,
        clip_seconds: float = 3.0,
        shortest_seconds: float = 3.0,
        backend: str = "dlib",
        augment: bool = True,
        closed_base: float = 0.0,
        workers: int = 0,
        seed: int = 0,
    ):
        super().__init__()
        if not 0 <= closed_base <= 1:
            raise InputError(f"closed_base is {closed_base}; expected a share from 0 to 1")
        self.closed_base = closed_base
        self.features = Path(features)
        self.weights = corpus_weights(corpora)
        self.mel_settings = MelSettings()
        self.recipes = {
            name: LandmarkRecipe(
                name,
                clip_reader(name, Path(root)),
                backend,
                clip_seconds,
                self.mel_settings,
                tracks_folder(self.features, name),
            )
            for name in self.weights
        }
        self.batch_size = batch_size
        self.shortest_seconds = shortest_seconds
        self.augmentation = AugmentationSettings() if augment else AugmentationSettings.off()
        self.workers = workers
        self.seed = seed

    def prepare_data(self) -> None:
        for recipe in self.recipes.values():
            prepare_store(recipe, self.features)

    def setup(self, stage: str | None = None) -> None:
        """Open the stores.

        Raises:
            CorpusError: a store is missing or made with other options.
        """
        stores = {name: Store(self.features / recipe.name, recipe.options) for name, recipe in self.recipes.items()}
        cuts = JoinedStores(stores)
        long = cuts.lengths("mels") >= round(self.shortest_seconds * self.mel_settings.frame_rate)
        splits = cuts.manifest["split"].to_numpy()

        def part(name: str, augmentation: AugmentationSettings | None) -> LandmarkClips:
            wanted = long & (splits == name)
            groups = []
            for corpus, weight in self.weights.items():
                rows = np.array(cuts.rows_of(corpus))
                groups.append((rows[wanted[rows]], weight if name == "train" else 1.0))
            return LandmarkClips(cuts, Mixture(groups), augmentation, self.closed_base)

        self.training = part("train", self.augmentation)
        self.validation = part("validation", None)
        self.test = part("test", None)

    def store_folders(self) -> list[Path]:
        """Of the stores it reads."""
        return [self.features / recipe.name for recipe in self.recipes.values()]

    def train_dataloader(self) -> DataLoader:
        """Batches of training cuts; raises CorpusError where none is long enough."""
        if not len(self.training):
            raise CorpusError(
                f"none of the {len(self.training.cuts)} cuts of {', '.join(self.weights)} is for training and lasts "
                f"{self.shortest_seconds:g} s; lower shortest_seconds or add videos"
            )
        return training_loader(self.training, self.batch_size, self.seed, collate, self.workers)

    def val_dataloader(self) -> DataLoader:
        return self._loader(self.validation)

    def test_dataloader(self) -> DataLoader:
        return self._loader(self.test)

    def _loader(self, dataset: LandmarkClips) -> DataLoader:
        return even_loader(dataset, self.batch_size, collate, self.workers)

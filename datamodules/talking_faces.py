"""Pairs of frames of one talking person for the image translation (AnyoneNet III-E, MakeItTalk 4.3)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
import torch
from pytorch_lightning import LightningDataModule
from torch.utils.data import DataLoader, Dataset

from anyonenet.errors import InputError
from anyonenet.face.motion_field import motion_field
from anyonenet.face.sketch import draw_sketch
from anyonenet.types import ImageBatch
from datamodules.corpora.manifest import hash_fraction, split_of
from datamodules.item_names import ItemNames
from datamodules.mixing import Corpora, JoinedStores, Mixture, corpus_weights
from datamodules.picture_augmentation import (
    PictureVariation,
    StrongVariation,
    draw_strong_variation,
    draw_variation,
)
from datamodules.prepare.clips import clip_reader, tracks_folder
from datamodules.prepare.run import prepare_store
from datamodules.prepare.talking_faces import TalkingFacesRecipe
from datamodules.sampling import Draw, even_loader, training_loader
from datamodules.store import Store

Variation = PictureVariation | StrongVariation
VARIATIONS: dict[str, Callable[[int, np.random.Generator], Variation]] = {
    "light": draw_variation,
    "strong": draw_strong_variation,
}
"""name -> draws one for pictures of so many pixels"""


class FramePairs(Dataset):
    """Source and target frame of one clip.

    Args:
        store: arrays `jpegs` (bytes,) and `landmarks` (68, 2), one item a frame; columns `corpus` and `clip`.
        groups: the items (frames) of each corpus that belong to this split, and its weight; each is a target that
            often in an epoch.
        varied: training: of `VARIATIONS`, with a random source. None: the source is the frame of the clip that the
            target's hash chooses, and nothing varies.
        neighbours: a draw has two parts: two successive stored frames of a clip, with the same source and variation.
        first_share: of the draws, how many have the first frame of the clip as their source.
    """

    def __init__(
        self,
        store: JoinedStores,
        groups: list[tuple[np.ndarray, float]],
        varied: str | None,
        neighbours: bool = False,
        first_share: float = 0.0,
    ):
        self.store = store
        self.indices = np.concatenate([items for items, _ in groups])
        self.mixture = Mixture(groups)
        self.varied, self.neighbours, self.first_share = varied, neighbours, first_share
        self._names = ItemNames(store.manifest)
        self._clips: dict[tuple[str, str], list[int]] = {}
        self._clip_of = list(zip(store.manifest["corpus"], store.manifest["clip"], strict=True))
        for index in self.indices.tolist():
            self._clips.setdefault(self._clip_of[index], []).append(index)

    def __len__(self) -> int:
        return len(self.mixture)

    def item_name(self, draw: Draw) -> str:
        """Corpus, video and frame of the target that a draw takes."""
        return self._names[self._targets(draw)[draw.part]]

    def __getitem__(self, draw: Draw | int) -> dict[str, np.ndarray]:
        drawn = draw if isinstance(draw, Draw) else Draw(draw, 0, 0)
        targets = self._targets(drawn)
        target = targets[drawn.part]
        others = [index for index in self._clips[self._clip_of[target]] if index not in targets] or [targets[0]]
        variation: Variation | None = None
        if self.varied is not None and isinstance(draw, Draw):
            generator = draw.generator()
            source = others[int(generator.integers(len(others)))]
            if self.first_share and generator.random() < self.first_share:
                source = others[0]
            variation = VARIATIONS[self.varied](self._picture(target).shape[0], generator)
        else:
            source = others[int(hash_fraction(f"{self._clip_of[target][1]}/{target}") * len(others))]
        photo, photo_landmarks = self._frame(source, variation)
        picture, landmarks = self._frame(target, variation)
        return {
            "photos": photo,
            "sketches": draw_sketch(landmarks, len(picture)),
            "targets": picture,
            "target_landmarks": landmarks,
            "photo_landmarks": photo_landmarks,
            "motion_fields": motion_field(landmarks, photo_landmarks, len(photo)),
        }

    def _targets(self, draw: Draw) -> tuple[int, ...]:
        """The frame that a draw takes, or it and a neighbour in its clip, the earlier first."""
        target = self.mixture.item(draw)
        if not self.neighbours:
            return (target,)
        frames = self._clips[self._clip_of[target]]
        place = min(frames.index(target), max(len(frames) - 2, 0))
        return frames[place], frames[min(place + 1, len(frames) - 1)]

    def _frame(self, index: int, variation: Variation | None) -> tuple[np.ndarray, np.ndarray]:
        picture = self._picture(index)
        landmarks = np.array(self.store.array("landmarks", index), dtype=np.float32)
        if variation is None:
            return picture, landmarks
        return variation.frame(picture, landmarks)

    def _picture(self, index: int) -> np.ndarray:
        decoded: Any = cv2.imdecode(np.array(self.store.array("jpegs", index)), cv2.IMREAD_COLOR)
        return np.ascontiguousarray(decoded[..., ::-1])


def collate(items: list[dict[str, np.ndarray]]) -> ImageBatch:
    """Stack pairs: pictures `(H, W, 3)` uint8 become `(batch, 3, H, W)` float32 in [-1, 1]."""

    def stacked(name: str) -> torch.Tensor:
        return torch.from_numpy(np.stack([item[name] for item in items]))

    def pictures(name: str) -> torch.Tensor:
        # convolutions hand the order in memory on, and backward through normalisation is 60 times slower in the other
        return stacked(name).permute(0, 3, 1, 2).contiguous().float() / 127.5 - 1

    return ImageBatch(
        photos=pictures("photos"),
        sketches=pictures("sketches"),
        targets=pictures("targets"),
        target_landmarks=stacked("target_landmarks"),
        photo_landmarks=stacked("photo_landmarks"),
        motion_fields=stacked("motion_fields").permute(0, 3, 1, 2).contiguous(),
    )


class TalkingFacesDataModule(LightningDataModule):
    """Frames of talking faces, cut to a square around the head; the paper's are VoxCeleb2's, persons split by hash.

    Args:
        root: folder of the corpora, for stores that are still to be made.
        features: folder of the feature stores; `talking_faces/CORPUS` is made inside when absent.
        corpora: 'voxceleb2', 'obama' or, with splits of their own, 'animated' or the names of own videos (see
            `anyonenet prepare videos`); a mapping gives each a weight.
        batch_size: pairs a batch and device.
        size: pixels, side of the pictures.
        frames_per_clip: frames kept of each clip, evenly spread.
        validation_share, test_share: of the persons.
        backend: 'dlib' or 'fan', for videos without `.landmarks.npz`.
        augment: 'light' varies light, colour, place, size and side in training; 'strong' varies them more and adds
            glasses, hair in the face, blur, grain and compression; None varies nothing.
        workers: processes that load; 0 loads in the training process.
        seed: of order and variations.
        neighbours: items 2k and 2k + 1 of a training batch are two successive stored frames of one clip, with the same
            photo and the same variation; for losses over time.
        first_share: of the training pairs, how many have the first frame of the clip as their photo, as generation has:
            of an animated picture that is the picture itself; the others have any frame but the target.

    Raises:
        InputError: neighbours with an odd batch size.
    """

    def __init__(
        self,
        root: str = "data/mini",
        features: str = "data/features",
        corpora: Corpora = ("voxceleb2",),
        batch_size: int = 16,
        size: int = 256,
        frames_per_clip: int = 16,
        validation_share: float = 0.05,
        test_share: float = 0.05,
        backend: str = "dlib",
        augment: Literal["light", "strong"] | None = "light",
        workers: int = 0,
        seed: int = 0,
        neighbours: bool = False,
        first_share: float = 0.0,
    ):
        super().__init__()
        if neighbours and batch_size % 2:
            raise InputError(f"neighbours come in pairs, so the batch size must be even, got {batch_size}")
        self.neighbours, self.first_share = neighbours, first_share
        self.features = Path(features)
        self.weights = corpus_weights(corpora)
        self.recipes = {
            name: TalkingFacesRecipe(
                name,
                clip_reader(name, Path(root)),
                backend,
                size,
                frames_per_clip,
                tracks_folder(self.features, name),
            )
            for name in self.weights
        }
        self.batch_size = batch_size
        self.shares = (validation_share, test_share)
        self.augment = augment
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
        frames = JoinedStores(stores)
        splits = np.concatenate([self._splits(store) for store in stores.values()])

        def part(name: str, varied: str | None = None) -> FramePairs:
            groups = []
            for corpus, weight in self.weights.items():
                rows = np.array(frames.rows_of(corpus))
                groups.append((rows[splits[rows] == name], weight if name == "train" else 1.0))
            if name == "train":
                return FramePairs(frames, groups, varied, self.neighbours, self.first_share)
            return FramePairs(frames, groups, varied)

        self.training = part("train", self.augment)
        self.validation = part("validation")
        self.test = part("test")

    def _splits(self, store: Store) -> np.ndarray:
        """`(items,)` the store's own splits, else by the hash of the person."""
        if "split" in store.manifest:
            return store.manifest["split"].to_numpy()
        persons = store.manifest["person"]
        return np.array([split_of(person, *self.shares) for person in persons])

    def store_folders(self) -> list[Path]:
        """Of the stores it reads."""
        return [self.features / recipe.name for recipe in self.recipes.values()]

    def train_dataloader(self) -> DataLoader:
        together = 2 if self.neighbours else 1
        return training_loader(self.training, self.batch_size, self.seed, collate, self.workers, together)

    def val_dataloader(self) -> DataLoader:
        return self._loader(self.validation)

    def test_dataloader(self) -> DataLoader:
        return self._loader(self.test)

    def _loader(self, dataset: FramePairs) -> DataLoader:
        return even_loader(dataset, self.batch_size, collate, self.workers)

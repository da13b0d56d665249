"""Cuts of talking faces, frames and sound: what the systems that learn pictures from speech have in common.

A stage's DataModule derives from `TalkingClipsDataModule` and says how a draw becomes an item and items a batch.
"""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from pytorch_lightning import LightningDataModule
from torch.utils.data import DataLoader, Dataset

from anyonenet.errors import CorpusError
from datamodules.corpora.manifest import split_of
from datamodules.item_names import ItemNames
from datamodules.mixing import Corpora, JoinedStores, Mixture, corpus_weights
from datamodules.prepare.clips import clip_reader, tracks_folder
from datamodules.prepare.run import prepare_store
from datamodules.prepare.talking_clips import FPS, TalkingClipsRecipe
from datamodules.sampling import Draw, even_loader, training_loader
from datamodules.store import Store

_HALVED = {2: cv2.IMREAD_REDUCED_COLOR_2, 4: cv2.IMREAD_REDUCED_COLOR_4}
"""times smaller -> how OpenCV decodes a JPEG to that size, in a fraction of the time"""


class Cuts:
    """The cuts of one or several stores; a frame is decoded when it is asked for, at the side it is asked for.

    Args:
        store: as `datamodules.prepare.talking_clips` makes it.
        size: pixels, side of the stored squares.
    """

    def __init__(self, store: JoinedStores, size: int = 256):
        self.store, self.size = store, size
        self.manifest = store.manifest
        self.frame_counts = store.lengths("sizes")  # (items,)

    def __len__(self) -> int:
        return len(self.store)

    def picture(self, item: int, frame: int, side: int | None = None) -> np.ndarray:
        """`(side, side, 3)` uint8 RGB of one frame of a cut; None: the stored side.

        Raises:
            IndexError: the cut has no such frame.
        """
        sizes = self.store.array("sizes", item)
        if not 0 <= frame < len(sizes):
            raise IndexError(f"cut {item} has {len(sizes)} frames; there is no frame {frame}")
        side = side or self.size
        begin = int(sizes[:frame].sum())
        content = np.array(self.store.array("jpegs", item)[begin : begin + int(sizes[frame])])
        smaller = max((times for times in _HALVED if side * times <= self.size), default=1)
        decoded: Any = cv2.imdecode(content, _HALVED.get(smaller, cv2.IMREAD_COLOR))
        if decoded.shape[0] != side:
            how = cv2.INTER_AREA if decoded.shape[0] > side else cv2.INTER_LINEAR
            decoded = cv2.resize(decoded, (side, side), interpolation=how)
        return np.ascontiguousarray(decoded[..., ::-1])

    def landmarks(self, item: int, side: int | None = None) -> np.ndarray:
        """`(F, 68, 2)` float32 pixels of squares of that side; None: the stored side."""
        points = np.array(self.store.array("landmarks", item))
        scale = np.float32((side or self.size) / self.size)
        return points if scale == 1 else (points + np.float32(0.5)) * scale - np.float32(0.5)

    def frontal(self, item: int) -> np.ndarray:
        """`(F, 68, 2)` float32 registered landmarks, outer-eye distances."""
        return np.array(self.store.array("frontal", item))

    def quaternions(self, item: int) -> np.ndarray:
        """`(F, 4)` float32 head orientations (w, x, y, z), unit."""
        return np.array(self.store.array("quaternions", item))

    def sound(self, item: int) -> np.ndarray:
        """`(640 F,)` float32 in [-1, 1] at 16 kHz, of exactly the cut."""
        return self.store.array("samples", item).astype(np.float32) / 32768


class CutDataset(Dataset):
    """Cuts of one split, one a draw; a stage derives from it and says what `item` gives.

    Args:
        cuts: all of them.
        mixture: which belong to this split, and how often each is drawn.
        training: whether draws have random numbers; otherwise everything goes by the item alone.
    """

    def __init__(self, cuts: Cuts, mixture: Mixture, training: bool):
        self.cuts, self.mixture, self.training = cuts, mixture, training
        self._names = ItemNames(cuts.manifest)

    def __len__(self) -> int:
        return len(self.mixture)

    def item_name(self, draw: Draw) -> str:
        """Corpus, video and first second of the cut that a draw takes."""
        return self._names[self.mixture.item(draw)]

    def __getitem__(self, draw: Draw | int) -> dict[str, np.ndarray]:
        drawn = draw if isinstance(draw, Draw) else Draw(draw, 0, 0)
        varied = self.training and isinstance(draw, Draw)
        return self.item(self.mixture.item(drawn), drawn.generator() if varied else None)

    @abstractmethod
    def item(self, index: int, generator: np.random.Generator | None) -> dict[str, np.ndarray]:
        """What one draw of a cut gives.

        Args:
            index: of the cut.
            generator: the random numbers of this cut in this epoch; None in validation and test.
        """


class TalkingClipsDataModule(LightningDataModule):
    """Cuts of talking faces with their sound at 25 frames a second; persons, or videos of one person, are in one split.

    Args:
        root: folder of the corpora, for stores that are still to be made.
        features: folder of the feature stores; `talking_clips/CORPUS` is made inside when absent.
        corpora: 'voxceleb2' (persons split by hash), 'obama' (videos split by hash) or the names of own videos (see
            `anyonenet prepare videos`); a mapping gives each a weight.
        batch_size: cuts a batch and device.
        shortest_seconds: cuts are used from this length on.
        validation_share, test_share: of VoxCeleb2's persons.
        backend: 'dlib' or 'fan', for videos without `.landmarks.npz`.
        workers: processes that load; 0 loads in the training process.
        seed: of order and variations.
    """

    def __init__(
        self,
        root: str = "data/mini",
        features: str = "data/features",
        corpora: Corpora = ("voxceleb2",),
        batch_size: int = 16,
        shortest_seconds: float = 1.0,
        validation_share: float = 0.05,
        test_share: float = 0.05,
        backend: str = "dlib",
        workers: int = 0,
        seed: int = 0,
    ):
        super().__init__()
        self.features = Path(features)
        self.weights = corpus_weights(corpora)
        self.recipes = {
            name: TalkingClipsRecipe(
                name, clip_reader(name, Path(root)), backend, tracks=tracks_folder(self.features, name)
            )
            for name in self.weights
        }
        self.batch_size = batch_size
        self.shortest_seconds = shortest_seconds
        self.shares = (validation_share, test_share)
        self.workers = workers
        self.seed = seed

    @abstractmethod
    def dataset(self, cuts: Cuts, mixture: Mixture, training: bool) -> CutDataset:
        """What the draws of one split give."""

    @abstractmethod
    def collate(self, items: list[dict[str, np.ndarray]]) -> Any:
        """Items to a batch (`anyonenet.types.Batch`)."""

    def prepare_data(self) -> None:
        for recipe in self.recipes.values():
            prepare_store(recipe, self.features)

    def setup(self, stage: str | None = None) -> None:
        """Open the stores.

        Raises:
            CorpusError: a store is missing or made with other options.
        """
        stores = {name: Store(self.features / recipe.name, recipe.options) for name, recipe in self.recipes.items()}
        joined = JoinedStores(stores)
        self.cuts = Cuts(joined, next(iter(self.recipes.values())).size)
        long = self.cuts.frame_counts >= round(self.shortest_seconds * FPS)
        splits = np.concatenate([self._splits(store) for store in stores.values()])

        def part(name: str) -> CutDataset:
            groups = []
            for corpus, weight in self.weights.items():
                rows = np.array(joined.rows_of(corpus))
                groups.append((rows[(long & (splits == name))[rows]], weight if name == "train" else 1.0))
            return self.dataset(self.cuts, Mixture(groups), name == "train")

        self.training = part("train")
        self.validation = part("validation")
        self.test = part("test")

    def _splits(self, store: Store) -> np.ndarray:
        """`(items,)` the store's own splits, else by the hash of the person."""
        if "split" in store.manifest:
            return store.manifest["split"].to_numpy()
        return np.array([split_of(person, *self.shares) for person in store.manifest["person"]])

    def store_folders(self) -> list[Path]:
        """Of the stores it reads."""
        return [self.features / recipe.name for recipe in self.recipes.values()]

    def train_dataloader(self) -> DataLoader:
        """Batches of training cuts; raises CorpusError where none is long enough."""
        if not len(self.training):
            raise CorpusError(
                f"none of the {len(self.cuts)} cuts of {', '.join(self.weights)} is for training and lasts "
                f"{self.shortest_seconds:g} s; lower shortest_seconds or add videos"
            )
        return training_loader(self.training, self.batch_size, self.seed, self.collate, self.workers)

    def val_dataloader(self) -> DataLoader:
        return self._loader(self.validation)

    def test_dataloader(self) -> DataLoader:
        return self._loader(self.test)

    def _loader(self, dataset: CutDataset) -> DataLoader:
        return even_loader(dataset, self.batch_size, self.collate, self.workers)

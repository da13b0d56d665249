"""Speech for the speaker encoder: random crops of training speakers, whole utterances of unseen ones.

The paper trains on aidatatang_200zh (section IV-A2); any corpora with speakers will do. Speakers, not utterances, are
split, by the hash of their names.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, Dataset

from anyonenet.audio.mel import MelSettings
from anyonenet.errors import CorpusError
from anyonenet.types import SpeakerBatch
from datamodules.corpora.manifest import split_of
from datamodules.item_names import ItemNames
from datamodules.mel_augmentation import MelAugmentation
from datamodules.mixing import Corpora, Mixture, corpus_weights
from datamodules.prepare.run import prepare_store
from datamodules.prepare.speech import unopened_reader
from datamodules.prepare.voices import SpeakerMelRecipe
from datamodules.sampling import Draw, even_loader, training_loader
from datamodules.store import Store


class SpeakerVerificationDataModule(pl.LightningDataModule):
    """Batches for `SpeakerEncoderModule`; `train_speakers` says how many speakers it trains on."""

    def __init__(
        self,
        root: str = "data/mini",
        features: str = "data/features",
        corpora: Corpora = ("aidatatang",),
        crop_seconds: float = 2.0,
        batch_size: int = 128,
        crops_an_utterance: int = 1,
        validation_share: float = 0.05,
        test_share: float = 0.05,
        trial_seconds: float = 4.0,
        trials_a_speaker: int = 10,
        augment: bool = True,
        most_utterances: int | None = None,
        workers: int = 0,
        seed: int = 0,
    ):
        """
        Args:
            root: folder that holds the corpora.
            features: folder of the feature stores; `speaker_verification/CORPUS` is made inside when absent.
            corpora: 'aidatatang', 'vctk', 'aishell3', 'cnceleb', 'voxceleb2', or the name of own speech; a mapping
                gives each a weight.
            crop_seconds: length of the training crops; shorter utterances are repeated.
            batch_size: crops a batch.
            crops_an_utterance: crops drawn from each utterance in an epoch.
            validation_share: of the speakers.
            test_share: of the speakers.
            trial_seconds: utterances of validation and test are cut to this.
            trials_a_speaker: utterances of each validation or test speaker at most.
            augment: whether training crops get rooms, microphones and noise (`MelAugmentation`).
            most_utterances: of each speaker kept in the store; None keeps all.
            workers: processes that load.
            seed: of crops and their order.
        """
        super().__init__()
        self.root, self.features = Path(root), Path(features)
        self.weights = corpus_weights(corpora)
        self.crop_seconds, self.batch_size, self.crops_an_utterance = crop_seconds, batch_size, crops_an_utterance
        self.shares = (validation_share, test_share)
        self.trial_seconds, self.trials_a_speaker = trial_seconds, trials_a_speaker
        self.augmentation = MelAugmentation() if augment else None
        self.workers, self.seed = workers, seed
        self.settings = MelSettings()
        self.recipes = {
            name: SpeakerMelRecipe(name, unopened_reader(name, self.root), most_utterances, self.settings)
            for name in self.weights
        }
        self._items: dict[str, list[tuple[Store, int, str]]] = {}
        self.speakers: list[str] = []

    @property
    def train_speakers(self) -> int:
        """Number of training speakers; known after `setup`."""
        return len(self.speakers)

    def prepare_data(self) -> None:
        for recipe in self.recipes.values():
            prepare_store(recipe, self.features)

    def setup(self, stage: str | None = None) -> None:
        """Split the speakers.

        Raises:
            CorpusError: fewer than two speakers in training or validation.
        """
        if self._items:
            return
        items: dict[str, list[tuple[Store, int, str]]] = {"train": [], "validation": [], "test": []}
        for corpus, recipe in self.recipes.items():
            store = Store(self.features / recipe.name, recipe.options)
            for index, speaker in enumerate(store.manifest["speaker"]):
                items[split_of(speaker, *self.shares)].append((store, index, f"{corpus}/{speaker}"))
        for split in ("train", "validation"):
            count = len({speaker for _, _, speaker in items[split]})
            if count < 2:
                raise CorpusError(
                    f"{count} {split} speakers in {', '.join(self.weights)}; at least 2 are needed: add corpora or "
                    "change validation_share"
                )
        self.speakers = sorted({speaker for _, _, speaker in items["train"]})
        self._items = items

    def store_folders(self) -> list[Path]:
        """Of the stores it reads."""
        return [self.features / recipe.name for recipe in self.recipes.values()]

    def train_dataloader(self) -> DataLoader[Any]:
        numbers = {speaker: number for number, speaker in enumerate(self.speakers)}
        dataset = CropDataset(
            [(store, index, numbers[speaker]) for store, index, speaker in self._items["train"]],
            round(self.crop_seconds * self.settings.frame_rate),
            self.crops_an_utterance,
            self.augmentation,
            self.settings,
            self._mixture(),
        )
        return training_loader(dataset, self.batch_size, self.seed, collate, self.workers)

    def val_dataloader(self) -> DataLoader[Any]:
        return self._trials("validation")

    def test_dataloader(self) -> DataLoader[Any]:
        return self._trials("test")

    def _trials(self, split: str) -> DataLoader[Any]:
        chosen = trial_items(self._items[split], self.trials_a_speaker)
        dataset = WholeDataset(chosen, round(self.trial_seconds * self.settings.frame_rate))
        return even_loader(dataset, self.batch_size, collate, self.workers)

    def _mixture(self) -> Mixture:
        groups: dict[str, list[int]] = {}
        for item, (_, _, speaker) in enumerate(self._items["train"]):
            groups.setdefault(speaker.partition("/")[0], []).append(item)
        return Mixture([(items, self.weights[corpus]) for corpus, items in groups.items()])


class CropDataset(Dataset[tuple[np.ndarray, int]]):
    """Random crops, augmented; indexed with a `Draw`."""

    def __init__(
        self,
        items: list[tuple[Store, int, int]],
        frames: int,
        crops: int,
        augmentation: MelAugmentation | None,
        settings: MelSettings,
        mixture: Mixture,
    ):
        self.mixture = mixture
        self.items, self.frames, self.crops = items, frames, crops
        self.augmentation, self.settings = augmentation, settings
        self._names = {id(store): ItemNames(store.manifest) for store in {id(one): one for one, _, _ in items}.values()}

    def __len__(self) -> int:
        return len(self.mixture) * self.crops

    def item_name(self, draw: Draw) -> str:
        """Corpus and utterance that a draw takes."""
        store, index, _ = self._item(draw)
        return self._names[id(store)][index]

    def __getitem__(self, draw: Draw) -> tuple[np.ndarray, int]:
        """`(frames, bands)` float32 mel and the speaker's number."""
        store, index, speaker = self._item(draw)
        rng = draw.generator()
        mel = store.array("mel", index)
        if len(mel) < self.frames:
            mel = np.tile(mel, (-(-self.frames // len(mel)), 1))
        begin = int(rng.integers(len(mel) - self.frames + 1))
        crop = mel[begin : begin + self.frames].astype(np.float32)
        return (self.augmentation(crop, rng, self.settings) if self.augmentation else crop), speaker

    def _item(self, draw: Draw) -> tuple[Store, int, int]:
        return self.items[self.mixture.item(replace(draw, index=draw.index % len(self.mixture)))]


class WholeDataset(Dataset[tuple[np.ndarray, int]]):
    """The first frames of each utterance, as they are."""

    def __init__(self, items: list[tuple[Store, int, int]], frames: int):
        self.items, self.frames = items, frames

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> tuple[np.ndarray, int]:
        """`(T, bands)` float32 mel, T at most `frames`, and the speaker's number."""
        store, item, speaker = self.items[index]
        return store.array("mel", item)[: self.frames].astype(np.float32), speaker


def collate(items: list[tuple[np.ndarray, int]]) -> SpeakerBatch:
    """Pad mels `(frames, bands)` with zeros to the longest: `(batch, frames, bands)`; the rest `(batch,)`."""
    lengths = [len(mel) for mel, _ in items]
    mels = np.zeros((len(items), max(lengths), items[0][0].shape[1]), dtype=np.float32)
    for row, (mel, _) in zip(mels, items, strict=True):
        row[: len(mel)] = mel
    speakers = torch.tensor([speaker for _, speaker in items])
    return SpeakerBatch(torch.from_numpy(mels), torch.tensor(lengths), speakers)


def trial_items(items: list[tuple[Store, int, str]], most: int) -> list[tuple[Store, int, int]]:
    """At most `most` utterances of each speaker, evenly over its list, speakers numbered in order of their names."""
    groups: dict[str, list[tuple[Store, int]]] = {}
    for store, index, speaker in items:
        groups.setdefault(speaker, []).append((store, index))
    chosen = []
    for number, speaker in enumerate(sorted(groups)):
        group = groups[speaker]
        places = np.unique(np.linspace(0, len(group) - 1, min(most, len(group))).round().astype(int))
        chosen += [(*group[place], number) for place in places]
    return chosen

"""Faces and voices of the same persons, for the face encoder (AnyoneNet section IV-A2).

VoxCeleb2 brings frames and sound of its videos, CN-Celeb recordings and the paper's pictures. Both extractors are
frozen, so their embeddings are computed once. Persons, not pictures, are split.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from anyonenet.errors import CorpusError
from anyonenet.types import FaceVoiceBatch
from datamodules.corpora.manifest import split_of
from datamodules.face_directions import principal_directions, telling_directions
from datamodules.mixing import Corpora, Mixture, corpus_weights
from datamodules.prepare.face_embeddings import FaceEmbeddingRecipe, face_reader
from datamodules.prepare.face_models import FaceModels
from datamodules.prepare.run import prepare_store
from datamodules.prepare.voices import VoiceRecipe, voice_reader
from datamodules.sampling import Draw, even_loader, picks, training_loader
from datamodules.store import Store

CORPORA = ("voxceleb2", "cnceleb")
"""the paper's"""

SEX_NUMBERS = {"f": 0, "m": 1}
"""as in `FaceVoiceBatch.sexes`; -1 is unknown"""


class FaceVoiceDataModule(pl.LightningDataModule):
    """Batches for `FaceEncoderModule`."""

    def __init__(
        self,
        root: str = "data/mini",
        features: str = "data/features",
        corpora: Corpora = CORPORA,
        backend: Literal["facenet", "dlib"] = "facenet",
        speaker_encoder: str = "weights/speaker_encoder",
        pictures_a_person: int = 50,
        treatments: int = 0,
        utterances_a_person: int = 40,
        batch_size: int = 256,
        validation_share: float = 0.05,
        test_share: float = 0.05,
        workers: int = 0,
        seed: int = 0,
    ):
        """
        Args:
            root: folder that holds the corpora.
            features: folder of the feature stores; `face_voice/CORPUS` is made inside when absent.
            corpora: 'voxceleb2' (frames and sound of its videos), 'cnceleb' (its recordings and the paper's pictures)
                or the names of own videos; a mapping gives each a weight.
            backend: face embedding, 'facenet' (the paper's) or 'dlib' (needs no download).
            speaker_encoder: folder of the exported speaker encoder.
            pictures_a_person: frames or pictures of each person.
            treatments: of each picture in training by `datamodules.photo_variation`, besides the picture as it is.
            utterances_a_person: recordings of each person at most.
            batch_size: pairs a batch.
            validation_share: of the persons.
            test_share: of the persons.
            workers: processes that load.
            seed: of pairing, order, frames and treatments.
        """
        super().__init__()
        self.root, self.features, self.speaker_encoder = Path(root), Path(features), Path(speaker_encoder)
        self.weights = corpus_weights(corpora)
        self.backend = backend
        models = FaceModels(embedding=backend)
        self.recipes = {
            name: FaceEmbeddingRecipe(name, face_reader(name, self.root), models, pictures_a_person, treatments, seed)
            for name in self.weights
        }
        self.utterances_a_person, self.batch_size = utterances_a_person, batch_size
        self.shares = (validation_share, test_share)
        self.workers, self.seed = workers, seed
        self.splits: dict[str, PersonTables] = {}

    def prepare_data(self) -> None:
        for corpus, recipe in self.recipes.items():
            prepare_store(recipe, self.features)
            self._voices(corpus)

    def setup(self, stage: str | None = None) -> None:
        """Split the persons who have both a face and a voice.

        Raises:
            CorpusError: fewer than two such persons in training or validation.
        """
        if self.splits:
            return
        persons: dict[str, Person] = {}
        for corpus in self.weights:
            persons |= person_tables(self._faces(corpus), self._voices(corpus), corpus)
        for split in ("train", "validation", "test"):
            names = [name for name in sorted(persons) if split_of(name.split("/")[1], *self.shares) == split]
            if len(names) < 2 and split != "test":
                raise CorpusError(
                    f"{len(names)} {split} persons with face and voice in {', '.join(self.weights)}; at least 2 are "
                    "needed: add corpora or change validation_share"
                )
            self.splits[split] = PersonTables(names, [persons[name] for name in names])

    def face_statistics(self, rank: int = 0, ridge: float = 0.0) -> tuple[Tensor, Tensor, Tensor | None]:
        """How the training faces spread, and in which directions to look at them.

        Args:
            rank: number of directions wanted.
            ridge: 0 takes the directions in which faces differ most, more those that tell most of the voice (see
                `datamodules.face_directions.telling_directions`).

        Returns:
            Mean `(E,)` and spread (scalar: the root mean variance), each person counting once; `(rank, E)`
            orthonormal directions, None where `rank` is 0.
        """
        people = self.splits["train"].people
        mean = np.stack([person.faces.mean(0) for person in people]).mean(0)
        spread = float(np.sqrt(np.mean([np.square(person.faces - mean).mean() for person in people])))
        directions = None
        if rank > 0:
            faces = (np.concatenate([person.faces for person in people]) - mean) / spread
            if ridge > 0:
                counts = [len(person.faces) for person in people]
                voices = np.repeat(np.stack([person.voices.mean(0) for person in people]), counts, axis=0)
                found = telling_directions(faces, voices, rank, ridge)
            else:
                found = principal_directions(faces, rank)
            directions = torch.from_numpy(found.astype(np.float32))
        return torch.from_numpy(mean), torch.tensor(spread), directions

    def store_folders(self) -> list[Path]:
        """Of the stores it reads."""
        faces = [self.features / recipe.name for recipe in self.recipes.values()]
        return [*faces, *(self._voices(corpus).folder for corpus in self.weights)]

    def train_dataloader(self) -> DataLoader[Any]:
        dataset = PairDataset(self.splits["train"], weights=self.weights)
        return training_loader(dataset, self.batch_size, self.seed, _as_it_is, self.workers)

    def val_dataloader(self) -> DataLoader[Any]:
        return self._fixed("validation")

    def test_dataloader(self) -> DataLoader[Any]:
        return self._fixed("test")

    def _fixed(self, split: str) -> DataLoader[Any]:
        pairs = PairDataset(self.splits[split], treated=False)
        return even_loader(_Fixed(pairs, self.seed), self.batch_size, _as_it_is)

    def _faces(self, corpus: str) -> Store:
        recipe = self.recipes[corpus]
        return Store(self.features / recipe.name, recipe.options)

    def _voices(self, corpus: str) -> Store:
        read = voice_reader(corpus, self.root)
        recipe = VoiceRecipe(corpus, read, self.speaker_encoder, self.utterances_a_person)
        prepare_store(recipe, self.features)
        return Store(self.features / recipe.name, recipe.options)


class Person:
    """All embeddings of one person."""

    def __init__(self, faces: np.ndarray, treated: np.ndarray, voices: np.ndarray, sex: int):
        self.faces = faces  # (F, E)
        self.treated = treated  # (F,) bool
        self.voices = voices  # (V, 1024)
        self.sex = sex


class PersonTables:
    """The persons of one split, numbered in order of their names."""

    def __init__(self, names: list[str], people: list[Person]):
        self.names, self.people = names, people


def person_tables(faces: Any, voices: Any, corpus: str) -> dict[str, Person]:
    """`corpus/person` -> embeddings, for persons who have both; `faces` and `voices` are stores."""
    face_rows = faces.manifest.groupby("person").indices
    voice_rows = voices.manifest.groupby("person").indices
    persons = {}
    for name in sorted(set(face_rows) & set(voice_rows)):
        rows = face_rows[name]
        persons[f"{corpus}/{name}"] = Person(
            np.concatenate([faces.array("embedding", int(row)) for row in rows]),
            faces.manifest["treated"].to_numpy()[rows],
            np.concatenate([voices.array("embedding", int(row)) for row in voice_rows[name]]),
            SEX_NUMBERS.get(faces.manifest["sex"].iloc[int(rows[0])], -1),
        )
    return persons


class PairDataset(Dataset[FaceVoiceBatch]):
    """Every face once an epoch, or as often as its corpus weighs, each with a voice of the same person at random;
    indexed with a `Draw`.

    Args:
        tables: the persons.
        treated: treated pictures too.
        weights: of the corpora, by which their faces are drawn; None: 1 each.
    """

    def __init__(self, tables: PersonTables, treated: bool = True, weights: dict[str, float] | None = None):
        self.tables = tables
        self.items = [
            (number, row)
            for number, person in enumerate(tables.people)
            for row in range(len(person.faces))
            if treated or not person.treated[row]
        ]
        groups: dict[str, list[int]] = {}
        for item, (number, _) in enumerate(self.items):
            groups.setdefault(tables.names[number].partition("/")[0], []).append(item)
        self.mixture = Mixture([(items, (weights or {}).get(corpus, 1.0)) for corpus, items in groups.items()])
        self._persons = np.array([number for number, _ in self.items])
        self._faces = np.stack([tables.people[number].faces[row] for number, row in self.items], dtype=np.float32)
        self._voices = np.concatenate([person.voices for person in tables.people], dtype=np.float32)
        self._counts = np.array([len(person.voices) for person in tables.people])
        self._begins = np.cumsum(self._counts) - self._counts
        self._sexes = np.array([person.sex for person in tables.people])

    def __len__(self) -> int:
        return len(self.mixture)

    def item_name(self, draw: Draw) -> str:
        """Corpus, person and face that a draw takes."""
        number, row = self.items[self.mixture.item(draw)]
        return f"{self.tables.names[number]}#{row}"

    def __getitem__(self, draw: Draw) -> FaceVoiceBatch:
        """A batch of one."""
        return self.__getitems__([draw])

    def __getitems__(self, draws: Sequence[Draw]) -> FaceVoiceBatch:
        """The batch of some draws of one epoch: a step is so short that pairs made one by one would hold it up."""
        items = self.mixture.items(draws)
        persons = self._persons[items]
        voices = self._begins[persons] + picks(draws, self._counts[persons])
        return FaceVoiceBatch(
            torch.from_numpy(self._faces[items]),
            torch.from_numpy(self._voices[voices]),
            torch.from_numpy(persons),
            torch.from_numpy(self._sexes[persons]),
        )


class _Fixed(Dataset[FaceVoiceBatch]):
    """The pairs of one draw of everything, the same in every epoch."""

    def __init__(self, pairs: PairDataset, seed: int):
        self.pairs, self.seed = pairs, seed

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, index: int) -> FaceVoiceBatch:
        return self.__getitems__([index])

    def __getitems__(self, indices: Sequence[int]) -> FaceVoiceBatch:
        return self.pairs.__getitems__([Draw(index, self.seed, 0) for index in indices])


def _as_it_is(batch: FaceVoiceBatch) -> FaceVoiceBatch:
    return batch

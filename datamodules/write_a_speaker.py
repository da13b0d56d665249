"""Batches for Write-a-Speaker's generators: what is said at each frame, the emotion, and how the face moves."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import torch
from pytorch_lightning import LightningDataModule
from torch.utils.data import DataLoader, Dataset

from anyonenet.errors import CorpusError
from anyonenet.face.blendshapes import EMOTIONS
from anyonenet.text.frames import RESERVED_WORDS, SILENCE, SILENT_WORD, UNKNOWN_WORD, vocabulary_of, word_ids
from anyonenet.types import FacialMotionBatch
from datamodules.item_names import ItemNames
from datamodules.mixing import Corpora, JoinedStores, Mixture, corpus_weights
from datamodules.prepare.run import prepare_store
from datamodules.prepare.write_a_speaker import FacialMotionRecipe, motion_reader
from datamodules.sampling import Draw, even_loader, training_loader
from datamodules.store import Store


class FacialMotions(Dataset):
    """Utterances of stores, one a draw; training forgets some words.

    Args:
        tracks: arrays `symbols` (T,), `words` (T,), `parameters` (T, 51), `head` (T, 6).
        mixture: which of them belong to this split, and how often each is drawn.
        vocabulary: word -> row of the word table.
        forgotten: least and most words of a sentence that are made unknown.
        longest_frames: of a cut; longer utterances are cut at random in training. None: whole.
    """

    def __init__(
        self,
        tracks: JoinedStores,
        mixture: Mixture,
        vocabulary: dict[str, int],
        forgotten: tuple[int, int] = (0, 0),
        longest_frames: int | None = None,
    ):
        self.tracks, self.mixture, self.vocabulary = tracks, mixture, vocabulary
        self.forgotten, self.longest_frames = forgotten, longest_frames
        self._names = ItemNames(tracks.manifest)

    def __len__(self) -> int:
        return len(self.mixture)

    def item_name(self, draw: Draw) -> str:
        """Corpus and utterance that a draw takes."""
        return self._names[self.mixture.item(draw)]

    def __getitem__(self, draw: Draw | int) -> dict[str, np.ndarray]:
        row = self.mixture.item(draw if isinstance(draw, Draw) else Draw(draw, 0, 0))
        fields = self.tracks.manifest.iloc[row]
        said = np.array(self.tracks.array("words", row)).astype(np.int64)
        words = word_ids(said, fields["words"].split(), self.vocabulary)
        part = slice(None)
        if isinstance(draw, Draw):
            generator = draw.generator()
            words = self._forgetful(words, said, generator)
            if self.longest_frames is not None and len(words) > self.longest_frames:
                begin = int(generator.integers(len(words) - self.longest_frames + 1))
                part = slice(begin, begin + self.longest_frames)
        arrays = {name: np.array(self.tracks.array(name, row))[part] for name in ("symbols", "parameters", "head")}
        arrays["symbols"] = arrays["symbols"].astype(np.int64)
        return {**arrays, "words": words[part], "emotion": np.array(EMOTIONS.index(fields["emotion"]))}

    def _forgetful(self, words: np.ndarray, said: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """Some words as if the vocabulary lacked them (the paper: one to three in each sentence)."""
        least, most = self.forgotten
        places = np.unique(said[said >= 0])
        count = min(int(generator.integers(least, most + 1)), len(places))
        chosen = generator.choice(places, count, replace=False) if count else places[:0]
        return np.where(np.isin(said, chosen), UNKNOWN_WORD, words)


def collate(items: list[dict[str, np.ndarray]]) -> FacialMotionBatch:
    """Pad utterances to the longest: text with silence, motion with zeros."""
    lengths = [len(item["symbols"]) for item in items]
    longest = max(lengths)

    def padded(name: str, value: int = 0) -> torch.Tensor:
        rest = [((0, longest - len(item[name])), *((0, 0) for _ in item[name].shape[1:])) for item in items]
        arrays = [np.pad(item[name], pad, constant_values=value) for item, pad in zip(items, rest, strict=True)]
        return torch.from_numpy(np.stack(arrays))

    return FacialMotionBatch(
        symbols=padded("symbols", SILENCE),
        words=padded("words", SILENT_WORD),
        emotions=torch.tensor([int(item["emotion"]) for item in items]),
        parameters=padded("parameters"),
        head=padded("head"),
        lengths=torch.tensor(lengths),
    )


class FacialMotionDataModule(LightningDataModule):
    """Recorded facial motion with time-aligned text, split 80/10/10 % by hash of the utterance.

    Args:
        root: folder of the corpora, for stores that are still to be made.
        features: folder of the feature stores; `write_a_speaker/CORPUS` is made inside when absent.
        corpora: 'write_a_speaker'; a mapping gives each a weight.
        batch_size: utterances a batch and device (the paper: 32).
        most_words: of the vocabulary; the commonest of the training utterances (the paper: 1858).
        forgotten: least and most words of a training sentence that are made unknown (the paper: 1 to 3).
        longest_seconds: longer utterances are cut at random in training.
        workers: processes that load; 0 loads in the training process.
        seed: of order and variations.
    """

    def __init__(
        self,
        root: str = "data/mini",
        features: str = "data/features",
        corpora: Corpora = ("write_a_speaker",),
        batch_size: int = 32,
        most_words: int = 1858,
        forgotten: tuple[int, int] = (1, 3),
        longest_seconds: float = 6.0,
        workers: int = 0,
        seed: int = 0,
    ):
        super().__init__()
        self.features = Path(features)
        self.weights = corpus_weights(corpora)
        self.recipes = {name: FacialMotionRecipe(name, motion_reader(Path(root))) for name in self.weights}
        self.batch_size, self.most_words, self.forgotten = batch_size, most_words, forgotten
        self.longest_seconds = longest_seconds
        self.workers, self.seed = workers, seed
        self.words: list[str] = []
        """the vocabulary, commonest first"""

    def prepare_data(self) -> None:
        for recipe in self.recipes.values():
            prepare_store(recipe, self.features)

    def setup(self, stage: str | None = None) -> None:
        """Open the stores.

        Raises:
            CorpusError: a store is missing or made with other options.
        """
        stores = {name: Store(self.features / recipe.name, recipe.options) for name, recipe in self.recipes.items()}
        tracks = JoinedStores(stores)
        splits = tracks.manifest["split"].to_numpy()
        said = tracks.manifest["words"][splits == "train"]
        counts = Counter(word for words in said for word in words.split() if word != "_")
        self.words = sorted(counts, key=lambda word: (-counts[word], word))[: self.most_words]
        vocabulary = vocabulary_of(self.words)
        rate = next(iter(self.recipes.values())).options["rate"]

        def part(name: str, **how: object) -> FacialMotions:
            groups = []
            for corpus, weight in self.weights.items():
                rows = np.array(tracks.rows_of(corpus))
                groups.append((rows[splits[rows] == name], weight if name == "train" else 1.0))
            return FacialMotions(tracks, Mixture(groups), vocabulary, **how)  # type: ignore[arg-type]

        self.training = part(
            "train", forgotten=tuple(self.forgotten), longest_frames=round(self.longest_seconds * rate)
        )
        self.validation, self.test = part("validation"), part("test")

    @property
    def word_rows(self) -> int:
        """Rows that the word table needs at most."""
        return RESERVED_WORDS + self.most_words

    def store_folders(self) -> list[Path]:
        """Of the stores it reads."""
        return [self.features / recipe.name for recipe in self.recipes.values()]

    def train_dataloader(self) -> DataLoader:
        """Batches of training utterances; raises CorpusError where there is none."""
        if not len(self.training):
            raise CorpusError(f"none of the utterances of {', '.join(self.weights)} is for training; add recordings")
        return training_loader(self.training, self.batch_size, self.seed, collate, self.workers)

    def val_dataloader(self) -> DataLoader:
        return even_loader(self.validation, self.batch_size, collate, self.workers)

    def test_dataloader(self) -> DataLoader:
        return even_loader(self.test, self.batch_size, collate, self.workers)

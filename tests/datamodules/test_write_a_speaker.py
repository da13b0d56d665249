"""From the embedded corpus of facial motion to batches."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from anyonenet.errors import CorpusError
from anyonenet.text.frames import RESERVED_WORDS, SILENCE, SILENT_WORD, UNKNOWN_WORD
from datamodules.corpora.write_a_speaker import read
from datamodules.mini import write_a_speaker as mini
from datamodules.prepare.write_a_speaker import FacialMotionRecipe, motion_reader
from datamodules.sampling import Draw
from datamodules.write_a_speaker import FacialMotionDataModule


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("mini")
    mini.write_write_a_speaker(folder / "WriteASpeaker", "small", progress=False)
    return folder


@pytest.fixture(scope="module")
def data(root, tmp_path_factory) -> FacialMotionDataModule:
    found = FacialMotionDataModule(str(root), str(tmp_path_factory.mktemp("features")), batch_size=4, most_words=20)
    found.prepare_data()
    found.setup()
    return found


def test_all_utterances_are_in_one_split(data):
    sizes = [len(part) for part in (data.training, data.validation, data.test)]
    assert sum(sizes) == 24 and min(sizes) >= 1 and sizes[0] >= 16


def test_the_vocabulary_is_of_the_training_and_bounded(data):
    assert len(data.words) == 20 and "_" not in data.words and data.word_rows == 22
    manifest = data.training.tracks.manifest
    said = set(" ".join(manifest["words"][manifest["split"] == "train"]).split())
    assert set(data.words) <= said


def test_batches(data):
    batch = next(iter(data.train_dataloader()))
    frames = int(batch.lengths.max())
    assert batch.symbols.shape == batch.words.shape == (4, frames)
    assert batch.parameters.shape == (4, frames, 51) and batch.head.shape == (4, frames, 6)
    assert batch.parameters.dtype == torch.float32 and batch.emotions.shape == (4,)
    for item, length in enumerate(batch.lengths.tolist()):
        assert (batch.symbols[item, length:] == SILENCE).all() and (batch.words[item, length:] == SILENT_WORD).all()
        # silence before and after each utterance
        assert batch.symbols[item, 0] == SILENCE and (batch.symbols[item] != SILENCE).sum() > 10
    assert batch.words.max() < RESERVED_WORDS + 20


def test_validation_forgets_nothing(data):
    vocabulary = {word: row + RESERVED_WORDS for row, word in enumerate(data.words)}
    for place in range(len(data.validation)):
        row = data.validation.tracks.manifest.iloc[data.validation.mixture.item(Draw(place, 0, 0))]
        known = {vocabulary.get(word, UNKNOWN_WORD) for word in row["words"].split() if word != "_"}
        assert set(data.validation[place]["words"].tolist()) - {SILENT_WORD} == known


def test_one_to_three_words_are_forgotten(data):
    every = dict.fromkeys(" ".join(data.training.tracks.manifest["words"]).split(), RESERVED_WORDS)
    own, data.training.vocabulary, data.training.forgotten = data.training.vocabulary, every, (1, 3)
    counts = set()
    for seed in range(12):
        item = data.training[Draw(0, seed, 0)]["words"]
        runs = np.diff(np.concatenate([[0], (item == UNKNOWN_WORD).astype(int), [0]]))
        counts.add(int((runs > 0).sum()))
    data.training.vocabulary = own
    assert counts <= {1, 2, 3} and len(counts) > 1


def test_motion_and_text_of_two_recordings_are_refused(root, tmp_path):
    recording = read(root)[0]
    recipe = FacialMotionRecipe("mine", motion_reader(root))
    (source, *_) = recipe.sources()
    lines = recording.motion.read_text().splitlines()
    short = tmp_path / "short.csv"
    short.write_text("\n".join(lines[:20]))
    wrong = dataclasses.replace(source, content=dataclasses.replace(recording, motion=short))
    with pytest.raises(CorpusError, match="they are not of one recording, or the motion is not at 25 frames"):
        list(recipe.items(wrong, lambda *_: None))

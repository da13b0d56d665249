from pathlib import Path

import numpy as np
import pytest
import torch

from anyonenet.errors import CorpusError
from datamodules.corpora.manifest import split_of
from datamodules.face_voice import FaceVoiceDataModule, PairDataset
from datamodules.sampling import Draw
from datamodules.store import Store, StoreWriter

PERSONS = [f"id{number:05d}" for number in range(12)]


def write_store(folder: Path, rows: int, size: int, corpus: str, treated: bool) -> Store:
    with StoreWriter(folder, {}) as writer:
        for number, person in enumerate(PERSONS):
            for row in range(rows):
                fields = {"id": f"{person}/{row}", "corpus": corpus, "person": person, "sex": "fm"[number % 2]}
                vector = np.zeros((1, size), np.float32)
                vector[0, number] = 1.0
                vector[0, -1] = row
                writer.add({**fields, "treated": row > 0} if treated else fields, {"embedding": vector})
    return Store(folder)


@pytest.fixture
def data(tmp_path, monkeypatch) -> FaceVoiceDataModule:
    monkeypatch.setattr(
        FaceVoiceDataModule, "_faces", lambda *_: write_store(tmp_path / "faces", 3, 16, "cnceleb", True)
    )
    monkeypatch.setattr(
        FaceVoiceDataModule, "_voices", lambda *_: write_store(tmp_path / "voices", 2, 20, "cnceleb", False)
    )
    module = FaceVoiceDataModule(corpora=["cnceleb"], batch_size=4, validation_share=0.3, test_share=0.2)
    module.setup("fit")
    return module


def test_pairs_are_of_one_person_and_splits_of_persons(data):
    seen = set()
    for batch in data.train_dataloader():
        assert batch.face_embeddings.dtype == torch.float32
        faces, voices = batch.face_embeddings[:, :12].argmax(1), batch.speaker_embeddings[:, :12].argmax(1)
        assert torch.equal(faces, voices) and torch.equal(batch.sexes, faces % 2)
        seen |= {PERSONS[index] for index in faces.tolist()}
    assert seen <= {person for person in PERSONS if split_of(person, 0.3, 0.2) == "train"}
    assert {name.split("/")[1] for name in data.splits["validation"].names}.isdisjoint(seen)


def test_treated_pictures_only_train(data):
    rows = torch.cat([batch.face_embeddings[:, -1] for batch in data.val_dataloader()])
    assert (rows == 0).all() and len(rows) == len(data.splits["validation"].people)
    assert len(data.train_dataloader().dataset) == 3 * len(data.splits["train"].people)


def test_face_statistics_count_persons_once(data):
    mean, spread, directions = data.face_statistics(4)
    people = data.splits["train"].people
    np.testing.assert_allclose(mean.numpy(), np.mean([person.faces.mean(0) for person in people], axis=0), rtol=1e-6)
    assert spread.ndim == 0 and spread > 0
    torch.testing.assert_close(directions @ directions.T, torch.eye(4))
    assert data.face_statistics()[2] is None


def test_epochs_pair_anew_and_repeat(data):
    loader = data.train_dataloader()
    loader.sampler.set_epoch(3)
    first, again = next(iter(loader)), next(iter(loader))
    torch.testing.assert_close(first.speaker_embeddings, again.speaker_embeddings)


def test_corpora_come_by_their_weights(data):
    heavy = PairDataset(data.splits["train"], weights={"cnceleb": 2.0})
    assert len(heavy) == 2 * len(PairDataset(data.splits["train"]))
    assert heavy[Draw(0, 0, 0)].persons == heavy[Draw(len(heavy) // 2, 0, 0)].persons


def test_faces_and_voices_of_a_batch_are_the_same_persons(data):
    pairs = PairDataset(data.splits["train"])
    draws = [Draw(index, 3, 1) for index in (5, 0, len(pairs) - 1, 2)]
    batch = pairs.__getitems__(draws)
    for place, draw in enumerate(draws):
        person = pairs.tables.people[int(batch.persons[place])]
        assert (person.faces == batch.face_embeddings[place].numpy()).all(1).any()
        assert (person.voices == batch.speaker_embeddings[place].numpy()).all(1).any()
        assert batch.sexes[place] == person.sex
        torch.testing.assert_close(pairs[draw].speaker_embeddings[0], batch.speaker_embeddings[place])


def test_mistakes_are_named(tmp_path):
    with pytest.raises(CorpusError, match="lfw"):
        FaceVoiceDataModule(str(tmp_path / "lfw"), str(tmp_path), ["lfw"]).prepare_data()
    with pytest.raises(CorpusError, match="VoxCeleb2"):
        FaceVoiceDataModule(str(tmp_path), str(tmp_path), ["voxceleb2"], "dlib").prepare_data()

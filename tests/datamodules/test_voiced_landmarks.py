"""Cuts with voices: who is heard with what, clips split where a corpus has no split, and another frame rate."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from anyonenet.networks.speaker_encoder import SpeakerEncoder
from anyonenet.weights import WeightsCard, save_weights
from datamodules.sampling import Draw
from datamodules.store import Store, StoreWriter
from datamodules.voiced_landmarks import VoicedLandmarkDataModule, collate
from tests.datamodules.test_landmarks import talking


def module(folder: Path, **options) -> VoicedLandmarkDataModule:
    places = {"root": str(folder), "features": str(folder / "features"), "speaker_encoder": str(folder / "encoder")}
    return VoicedLandmarkDataModule(
        **places, corpora=("voxceleb2",), batch_size=4, shortest_seconds=0.1, augment=True, **options
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of 5 persons with 4 clips of one cut each, and a random speaker encoder."""
    folder = tmp_path_factory.mktemp("voiced")
    torch.manual_seed(0)
    save_weights(folder / "encoder", SpeakerEncoder(widths=[4, 4, 4, 4]), WeightsCard("speaker_encoder", "nothing"))
    frontal, quaternions = talking()
    for hop in (0.0125, 0.016):
        recipe = module(folder, hop_seconds=hop).recipes["voxceleb2"]
        features = folder / ("features" if hop == 0.0125 else "slower")
        with StoreWriter(features / recipe.name, recipe.options) as writer:
            for number in range(20):
                mel = np.random.default_rng(number).normal(size=(26, 80)).astype(np.float32)
                about = {"clip": f"p{number % 5}/c{number}", "corpus": "voxceleb2", "person": f"p{number % 5}"}
                arrays = {"mels": mel, "landmarks": frontal[..., :2].astype(np.float32)}
                arrays["quaternions"] = quaternions.astype(np.float32)
                writer.add({**about, "begin": 0, "split": "train"}, arrays)
    return folder


def test_clips_are_split_and_each_is_heard_with_its_person(folder: Path) -> None:
    data = module(folder, split_clips=True)
    data.prepare_data()
    data.setup()
    parts = (data.training, data.validation, data.test)
    rows = [[part.mixture.item(Draw(place, 0, 0)) for place in range(len(part))] for part in parts]
    assert sorted(row for part in rows for row in part) == list(range(20)) and all(rows)
    store = Store(data.store_folders()[-1])
    embeddings = np.stack([store.array("embedding", item)[0] for item in range(20)])
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-5)
    batch = next(iter(data.val_dataloader()))
    np.testing.assert_array_equal(batch.speaker_embeddings[0].numpy(), embeddings[rows[1][0]])
    heard = {}
    for epoch in range(12):
        for place, row in enumerate(rows[0]):
            found = data.training[Draw(place, 0, epoch)]["speaker_embeddings"]
            heard.setdefault(row, set()).add(int(np.abs(embeddings - found).sum(1).argmin()))
    for row, others in heard.items():  # any cut of the same person that is for training
        assert others <= set(rows[0]) and {other % 5 for other in others} == {row % 5}
    assert any(len(others) > 1 for others in heard.values())
    assert collate([data.training[Draw(0, 0, 0)]]).speaker_embeddings.shape == (1, 1024)


def test_without_splitting_all_is_for_training(folder: Path) -> None:
    data = module(folder)
    data.prepare_data()
    data.setup()
    assert (len(data.training), len(data.validation), len(data.test)) == (20, 0, 0)


def test_another_hop_has_its_own_stores(folder: Path) -> None:
    data = module(folder, hop_seconds=0.016)
    data.features = folder / "slower"
    data.prepare_data()
    data.setup()
    assert data.mel_settings.frame_rate == 62.5 and len(data.training) == 20

"""Batches for the TTS: what is kept back, how recordings are trimmed and levelled, whose voice goes with what."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from datamodules.mixing import JoinedStores, Mixture
from datamodules.sampling import Draw
from datamodules.store import Store, StoreWriter
from datamodules.tts import Collate, TTSDataset, VoiceStores, mean_embedding, voices_of
from datamodules.tts_splits import tts_splits


def manifest(speakers: int = 20, utterances: int = 30) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "id": f"{language}{speaker}_{number}",
                "corpus": corpus,
                "speaker": f"{language}{speaker}",
                "language": language,
                "text": f"{language} sentence {(speaker * 7 + number) % 400}",
            }
            for corpus, language in (("vctk", "en"), ("aishell3", "zh"))
            for speaker in range(speakers)
            for number in range(utterances)
        ]
    )


def test_test_sentences_and_unseen_speakers_are_never_trained_on() -> None:
    table = manifest()
    splits = tts_splits(table)
    texts, speakers = table["text"], table["speaker"]
    test = splits["test_seen"] + splits["test_unseen"]
    assert [len(splits[name]) for name in ("test_seen", "test_unseen")] == [16, 16]  # a tenth of 163 texts a language
    assert texts[test].is_unique
    trained = splits["train"] + splits["validation"]
    assert not set(texts[trained]) & set(texts[test])
    assert not set(speakers[trained]) & set(speakers[splits["test_unseen"]])
    assert set(speakers[splits["test_seen"]]) <= set(speakers[trained])
    assert 0 < len(splits["validation"]) < 0.05 * len(splits["train"])


def test_splits_do_not_move_when_speakers_are_added() -> None:
    small, large = manifest(20), manifest(24)
    unseen = [set(table["speaker"][tts_splits(table)["test_unseen"]]) for table in (small, large)]
    assert unseen[0] - {f"{language}{number}" for language in ("en", "zh") for number in range(20, 24)} <= unseen[1]


def test_a_language_of_one_speaker_has_no_unseen_one() -> None:
    splits = tts_splits(manifest(1))
    assert not splits["test_unseen"] and splits["test_seen"] and splits["train"]


@pytest.fixture
def stores(tmp_path: Path) -> tuple[JoinedStores, VoiceStores]:
    rng = np.random.default_rng(0)
    with StoreWriter(tmp_path / "speech", {}) as speech, StoreWriter(tmp_path / "speakers", {}) as speakers:
        for row in range(8):
            name = f"s{row % 2}"
            speech.add(
                {"id": f"u{row}", "corpus": "c", "speaker": name},
                {"mel": np.full((10 + row, 80), row, np.float16), "symbols": np.arange(1, 4 + row, dtype=np.int16)},
            )
            vector = np.eye(1, 16, row % 2, dtype=np.float32) + 0.1 * rng.normal(size=(1, 16)).astype(np.float32)
            speakers.add({"row": row, "speaker": f"c/{name}"}, {"embedding": vector / np.linalg.norm(vector)})
    joined = JoinedStores({"c": Store(tmp_path / "speech")})
    return joined, VoiceStores(joined, {"c": Store(tmp_path / "speakers")})


def test_items_have_their_speakers_voice_anew_each_epoch(stores: tuple[JoinedStores, VoiceStores]) -> None:
    dataset = TTSDataset(*stores, mixture=Mixture([([2, 3, 5], 1.0)]), held_back={1}, utterances=3, noise=0.1)
    mel, symbols, embedding = dataset[Draw(1, 0, 0)]
    assert mel.shape == (13, 80) and mel.dtype == np.float32 and (mel == 3).all()
    assert symbols.tolist() == [1, 2, 3, 4, 5, 6]
    assert np.linalg.norm(embedding) == pytest.approx(1.0, abs=1e-6)
    assert embedding[1] > 0.8 > embedding[0]
    assert np.array_equal(embedding, dataset[Draw(1, 0, 0)][2])
    assert not np.array_equal(embedding, dataset[Draw(1, 0, 1)][2])


def test_held_back_recordings_lend_no_voice(stores: tuple[JoinedStores, VoiceStores]) -> None:
    voices = voices_of(stores[1], held_back={1, 3})
    assert {name: items.tolist() for name, items in voices.items()} == {"c/s0": [0, 2, 4, 6], "c/s1": [5, 7]}
    assert voices_of(stores[1], set(range(8)))["c/s0"].tolist() == [0, 2, 4, 6]
    assert np.linalg.norm(mean_embedding(stores[1], [0, 1])) == pytest.approx(1.0)


def test_batches_are_padded_with_silence(stores: tuple[JoinedStores, VoiceStores]) -> None:
    dataset = TTSDataset(*stores, mixture=Mixture([([0, 3], 1.0)]), held_back=set(), utterances=0, noise=0.0)
    batch = Collate(-2.5)([dataset[Draw(0, 0, 0)], dataset[Draw(1, 0, 0)]])
    assert batch.mels.shape == (2, 13, 80)
    assert (batch.mels[0, 10:] == -2.5).all() and (batch.mels[0, :10] == 0).all()
    assert batch.symbols.tolist() == [[1, 2, 3, 0, 0, 0], [1, 2, 3, 4, 5, 6]]
    assert batch.mel_lengths.tolist() == [10, 13] and batch.symbol_lengths.tolist() == [3, 6]

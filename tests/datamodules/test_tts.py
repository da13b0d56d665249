"""Batches for the TTS: what is kept back, how recordings are trimmed and levelled, whose voice goes with what."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from anyonenet.audio.mel import MelSettings
from anyonenet.errors import CorpusError
from datamodules.mixing import JoinedStores, Mixture
from datamodules.sampling import Draw
from datamodules.store import Store, StoreWriter
from datamodules.tts import Collate, TTSData, TTSDataset, VoiceStores, mean_embedding, tts_stores, voices_of
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


def test_some_row_is_for_validation_however_few_there_are() -> None:
    table = manifest(2)
    chance = tts_splits(table)["validation"]
    for few in (table[~table.index.isin(chance)].reset_index(drop=True), table.head(4)):
        splits = tts_splits(few)
        assert len(splits["validation"]) == few["language"].nunique() and splits["train"]
        assert not set(splits["validation"]) & set(splits["train"])


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


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two corpora of own speech, of four and of two speakers with six sentences each, and their features."""
    root = tmp_path_factory.mktemp("corpora")
    words = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
    for corpus, speakers in (("big", 4), ("small", 2)):
        for speaker in range(speakers):
            for number in range(6):
                path = root / corpus / f"{corpus}{speaker}" / f"{number}.wav"
                path.parent.mkdir(parents=True, exist_ok=True)
                time = np.arange(int(16000 * (0.8 + 0.1 * number))) / 16000
                soundfile.write(path, 0.3 * np.sin(2 * np.pi * (150 + 50 * speaker) * time), 16000)
                path.with_suffix(".txt").write_text(f"{words[number]} {words[speaker]} {corpus}")
    return root


def tts_data(root: Path, weights: Path, corpora: object) -> TTSData:
    data = TTSData(
        str(root), str(root / "features"), corpora, str(weights / "speaker_encoder"), batch_size=2, held_back=2
    )
    data.prepare_data()
    data.setup("fit")
    return data


def drawn(data: TTSData) -> list[str]:
    loader = data.train_dataloader()
    dataset = loader.dataset
    rows = [dataset.mixture.item(Draw(place, 0, 0)) for place in range(len(dataset))]
    return [data.speech.manifest["corpus"][row] for row in rows]


def test_corpora_come_by_their_weights(corpora: Path, tiny_weights: Path) -> None:
    once = drawn(tts_data(corpora, tiny_weights, ["big", "small"]))
    more = drawn(tts_data(corpora, tiny_weights, {"big": 1, "small": 2.0}))
    assert more.count("big") == once.count("big") > 0
    assert more.count("small") == 2 * once.count("small") > 0


def test_an_epoch_holds_the_voices_of_both_corpora(corpora: Path, tiny_weights: Path) -> None:
    data = tts_data(corpora, tiny_weights, ["big", "small"])
    names, means = data.speaker_table()
    assert names == sorted(set(data.speakers.names) - unseen(data))
    assert means.shape == (len(names), 1024)
    for batch in data.train_dataloader():
        assert batch.mels.shape[0] == 2 and batch.speaker_embeddings.shape == (2, 1024)
    for row, name in zip(data.speakers.rows, data.speakers.names, strict=True):
        assert name == f"{data.speech.manifest['corpus'][row]}/{data.speech.manifest['speaker'][row]}"


def unseen(data: TTSData) -> set[str]:
    rows = data.speech.manifest.iloc[data.splits["train"]]
    return set(data.speakers.names) - set(rows["corpus"] + "/" + rows["speaker"])


def test_stores_of_other_audio_are_refused_by_name(corpora: Path, tiny_weights: Path) -> None:
    tts_data(corpora, tiny_weights, ["small"])
    with pytest.raises(CorpusError, match=r"tts/small was made with other options .*'sample_rate': 16000"):
        encoder = tiny_weights / "speaker_encoder"
        tts_stores(corpora / "features", corpora, ["small"], encoder, MelSettings(sample_rate=24000))

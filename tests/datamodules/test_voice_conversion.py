"""Crops for AutoVC, and whose voice comes with them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from datamodules.mixing import JoinedStores, Mixture
from datamodules.sampling import Draw
from datamodules.store import Store, StoreWriter
from datamodules.tts import VoiceStores
from datamodules.voice_conversion import ConversionUtterances, collate


@pytest.fixture
def stores(tmp_path: Path) -> tuple[JoinedStores, VoiceStores]:
    with StoreWriter(tmp_path / "speech", {}) as speech, StoreWriter(tmp_path / "speakers", {}) as speakers:
        for row in range(6):
            name = f"s{row % 2}"
            mel = np.arange(10 + row)[:, None] + np.zeros(80)
            speech.add({"id": f"u{row}", "corpus": "c", "speaker": name}, {"mel": mel.astype(np.float16)})
            speakers.add({"row": row, "speaker": f"c/{name}"}, {"embedding": np.eye(8, dtype=np.float32)[row][None]})
    joined = JoinedStores({"c": Store(tmp_path / "speech")})
    return joined, VoiceStores(joined, {"c": Store(tmp_path / "speakers")})


def test_a_crop_comes_with_another_utterance_of_its_speaker(stores) -> None:
    items = ConversionUtterances(*stores, Mixture([(range(6), 1.0)]), crop_frames=12)
    begins, voices = set(), set()
    for epoch in range(20):
        mel, length, voice = items[Draw(5, 0, epoch)]
        assert mel.shape == (12, 80) and length == 12
        begins.add(int(mel[0, 0]))
        voices.add(int(voice.argmax()))
    assert begins <= set(range(4)) and len(begins) > 1
    assert voices == {1, 3}  # never its own, 5
    mel, length, voice = items[0]
    assert length == 10 and mel[10, 0] == pytest.approx(-2.6052, abs=1e-3)  # silence behind a short one
    assert set(np.flatnonzero(voice)) == {2, 4}  # the mean of the others
    assert items.item_name(Draw(5, 0, 0)) == "c/u5"
    batch = collate([items[0], items[5]])
    assert batch.mels.shape == (2, 12, 80) and batch.lengths.tolist() == [10, 12]

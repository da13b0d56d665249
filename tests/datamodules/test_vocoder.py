"""Sound for the vocoder: what is kept of it, and which pieces are drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import soundfile

from anyonenet.audio.level import levelled, trimmed
from anyonenet.audio.mel import MelSettings
from datamodules.mixing import JoinedStores, Mixture
from datamodules.prepare.run import prepare_store
from datamodules.prepare.speech import speech_reader
from datamodules.prepare.waveforms import WaveformRecipe
from datamodules.sampling import Draw
from datamodules.store import Store, StoreWriter
from datamodules.vocoder import SpeechPieces, VocoderDataModule, collate


def corpus(root: Path) -> dict[str, np.ndarray]:
    """Own speech of two speakers, four sentences each; the sounds by name."""
    sounds = {}
    for number in range(8):
        folder = root / f"s{number % 2}"
        folder.mkdir(parents=True, exist_ok=True)
        times = np.arange(16000) / 16000
        sounds[f"{number}"] = (0.3 * np.sin(2 * np.pi * (150 + 20 * number) * times)).astype(np.float32)
        soundfile.write(folder / f"{number}.wav", sounds[f"{number}"], 16000, subtype="PCM_16")
        (folder / f"{number}.txt").write_text(f"This is sentence number {number}.")
    return sounds


def test_the_store_holds_what_the_mels_of_the_tts_were_made_of(tmp_path: Path) -> None:
    sounds, settings = corpus(tmp_path / "speech"), MelSettings()
    recipe = WaveformRecipe("own", speech_reader("own", tmp_path / "speech", "speech"))
    prepare_store(recipe, tmp_path / "features", progress=False)
    store = Store(tmp_path / "features" / "vocoder" / "own", recipe.options)
    assert len(store) == 8 and {"train", "validation"} <= set(store.manifest["split"])
    row = 3
    name = Path(store.manifest["source"].iat[row]).stem
    expected = levelled(trimmed(sounds[name], settings), settings)
    assert np.abs(store.array("samples", row) / 32767 - expected).max() < 2 / 32767


def pieces(tmp_path: Path, lengths: list[int], samples: int, gain_db: float | None) -> SpeechPieces:
    writer = StoreWriter(tmp_path / "store", {})
    for number, length in enumerate(lengths):
        sound = np.arange(1, length + 1, dtype=np.int16)
        writer.add({"id": str(number), "corpus": "own"}, {"samples": sound})
    writer.close()
    joined = JoinedStores({"own": Store(tmp_path / "store", {})})
    return SpeechPieces(joined, Mixture([(list(range(len(lengths))), 1.0)]), samples, gain_db)


def test_pieces_lie_anywhere_in_training_and_at_the_start_in_validation(tmp_path: Path) -> None:
    some = pieces(tmp_path, [1000], 200, 6.0)
    drawn = [some[Draw(0, 0, epoch)] for epoch in range(40)]
    assert all(piece.shape == (200,) and piece.dtype == np.float32 for piece in drawn)
    steps = {round(float(piece[1] - piece[0]) * 32767, 3) for piece in drawn}
    assert len(steps) > 30 and min(steps) >= 0.5 and max(steps) <= 2.0  # 6 dB softer to 6 dB louder
    begins = {round(float(piece[0] / (piece[1] - piece[0]))) for piece in drawn}
    assert len(begins) > 20 and min(begins) >= 1 and max(begins) <= 801
    assert np.array_equal(some[Draw(0, 0, 5)], drawn[5])
    still = SpeechPieces(some.speech, some.mixture, 200, None)
    assert np.allclose(still[0] * 32767, np.arange(1, 201))


def test_short_speech_is_followed_by_silence(tmp_path: Path) -> None:
    batch = collate([pieces(tmp_path, [50], 200, None)[0]])
    assert batch.samples.shape == (1, 200) and bool((batch.samples[0, 50:] == 0).all())


def test_the_module_keeps_back_what_the_tts_keeps_back(tmp_path: Path) -> None:
    from datamodules.tts_splits import tts_splits

    corpus(tmp_path / "own")
    data = VocoderDataModule(str(tmp_path), str(tmp_path / "features"), ["own"], batch_size=2, frames=8)
    data.prepare_data()
    data.setup()
    table: pd.DataFrame = data.speech.manifest
    assert data.splits == tts_splits(table, data.unseen_share, data.held_back)
    held = set(table["text"].iloc[data.splits["test_seen"]])
    pieces = data.train_dataloader().dataset
    rows = {pieces.mixture.item(Draw(place, 0, 0)) for place in range(len(pieces))}
    assert rows == set(data.splits["train"]) and not held & set(table["text"].iloc[sorted(rows)])
    assert next(iter(data.train_dataloader())).samples.shape == (2, 1600)

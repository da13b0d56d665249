"""The TTS's evaluation on a store made by hand and a network that repeats the recordings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from anyonenet.audio.mel import MelSettings, log_mel
from anyonenet.types import Synthesis
from datamodules.mixing import JoinedStores
from datamodules.store import Store, StoreWriter
from datamodules.tts import VoiceStores
from evaluation import tts as evaluation

SETTINGS = MelSettings()


def sound(row: int) -> torch.Tensor:
    """Harmonics whose strengths wander, different for each row: speech enough for a spectrum."""
    rng = np.random.default_rng(row)
    time = np.arange(8000) / 16000
    parts = [
        np.interp(time, np.linspace(0, 0.5, 6), rng.uniform(0, 1, 6)) * np.sin(2 * np.pi * 150 * number * time)
        for number in range(1, 25)
    ]
    return torch.from_numpy((0.02 * np.sum(parts, axis=0)).astype(np.float32))


@pytest.fixture
def stores(tmp_path: Path) -> tuple[JoinedStores, VoiceStores]:
    with StoreWriter(tmp_path / "speech", {}) as speech, StoreWriter(tmp_path / "speakers", {}) as speakers:
        for row in range(8):
            name, language = f"s{row % 4}", ("en", "zh")[row % 4 // 2]
            speech.add(
                {"id": f"u{row}", "corpus": "c", "speaker": name, "language": language, "text": f"t{row}"},
                {
                    "mel": log_mel(sound(row), SETTINGS).numpy().astype(np.float16),
                    "symbols": np.array([7, 8, 9, 1], dtype=np.int16),
                },
            )
            speakers.add({"row": row, "speaker": f"c/{name}"}, {"embedding": np.eye(1, 4, row % 4, dtype=np.float32)})
    joined = JoinedStores({"c": Store(tmp_path / "speech")})
    return joined, VoiceStores(joined, {"c": Store(tmp_path / "speakers")})


class Parrot(torch.nn.Module):
    """Says the recording of the speaker it is asked for; one step a symbol."""

    reduction_factor = 10

    def __init__(self, speech: JoinedStores):
        super().__init__()
        self.speech = speech

    def generate(self, symbols: Any, lengths: Any, embeddings: Any, limit: int, generator: Any) -> Synthesis:
        rows = [int(embedding.argmax()) for embedding in embeddings]
        mels = torch.stack([torch.from_numpy(self.speech.array("mel", row).astype(np.float32)) for row in rows])
        alignments = torch.eye(4).expand(len(rows), 4, 4)
        return Synthesis(mels, torch.full((len(rows),), 40), alignments, torch.ones(len(rows), dtype=torch.bool))


SPLITS = {"train": [], "validation": [], "test_seen": [4, 5, 6, 7], "test_unseen": []}


def test_repeated_recordings_score_well(stores: tuple[JoinedStores, VoiceStores]) -> None:
    speech, speakers = stores
    voices = evaluation.Voices(speech, speakers, SPLITS)
    said = evaluation.synthesise(Parrot(speech), speech, [0, 1, 2, 3], voices, SETTINGS, seed=0)
    assert sorted(item.row for item in said) == [0, 1, 2, 3]
    assert {len(item.waveform) for item in said} == {0}  # many sentences are spoken, and few of them listened to
    (heard,) = evaluation.synthesise(Parrot(speech), speech, [1], voices, SETTINGS, seed=0, sounds=True)
    assert len(heard.waveform) > 4000
    voices_found = dict.fromkeys(("cosine_target", "beats_others", "nearest_is_target"), np.ones(4))
    found = evaluation.sentence_figures(evaluation.spectral_values(said, speech, SETTINGS) | voices_found)
    figures = {name: figure.value for name, figure in found.items()}
    assert figures["failures"] == 0
    assert 0 < found["failures"].high < 4 and found["failures"].items == 4  # none of four says little
    assert figures["length_ratio"] == pytest.approx(1.0)
    assert figures["mcd"] < 0.7 * figures["mcd_wrong"]
    assert figures["mcd_share"] == pytest.approx(figures["mcd"] / figures["mcd_wrong"])
    assert found["mcd"].has_interval and found["mcd"].of == "sentences"


def test_a_speaker_with_a_single_text_has_no_wrong_recording(stores: tuple[JoinedStores, VoiceStores]) -> None:
    speech, speakers = stores
    voices = evaluation.Voices(speech, speakers, SPLITS)
    said = evaluation.synthesise(Parrot(speech), speech, [0, 1], voices, SETTINGS, seed=0)
    speech.manifest.loc[speech.manifest["speaker"] == "s0", "text"] = "the same"
    values = evaluation.spectral_values(said, speech, SETTINGS)
    assert np.isnan(values["mcd_wrong"]).tolist() == [item.row == 0 for item in said]
    assert np.isfinite(values["mcd"]).all()


def test_voices_are_compared_within_a_language(stores: tuple[JoinedStores, VoiceStores]) -> None:
    speech, speakers = stores
    voices = evaluation.Voices(speech, speakers, SPLITS)
    said = evaluation.synthesise(Parrot(speech), speech, [0, 2], voices, SETTINGS, seed=0)

    def encoder(mels: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Hears speaker 0 in everything: right for row 0, wrong for row 2 whose language has speakers 2 and 3."""
        return torch.tensor([[1.0, 0.5, 0.1, 0.2]])

    figures = voices.compare(encoder, said)  # type: ignore[arg-type]
    assert figures["beats_others"] == pytest.approx([1.0, 0.0])
    assert figures["nearest_is_target"] == pytest.approx([1.0, 0.0])
    assert figures["cosine_target"] == pytest.approx([1.0, 0.1])


def test_phoneme_errors_are_summed_over_symbols_and_drawn_by_sentence(stores: tuple[JoinedStores, VoiceStores]) -> None:
    speech = stores[0]
    speech.manifest["text"] = ["t0", "t1", "t2", "t3", "t0", "t1", "t2", "t3"]
    silence = np.zeros((4, 80), dtype=np.float32)
    said = [evaluation.Spoken(row, silence[:0, 0], silence, None, 4) for row in range(8)]  # type: ignore[arg-type]

    class Listener:
        """Hears a true recording with one error of three, and nothing in silence."""

        def recognise(self, mels: torch.Tensor, lengths: torch.Tensor) -> list[list[int]]:
            heard = evaluation.spoken(speech.array("symbols", 0))
            return [[*heard[:-1], 99]] if mels.abs().sum() > 0 else [[]]

    figures = evaluation.intelligibility(Listener(), said, speech)  # type: ignore[arg-type]
    symbols = len(evaluation.spoken(speech.array("symbols", 0)))
    assert figures["per_true"].value == pytest.approx(1 / symbols) and figures["per_synthesised"].value == 1.0
    assert figures["per_ratio"].value == pytest.approx(symbols)
    assert figures["listened"].value == 8 and figures["per_ratio"].items == 4


def test_sentences_are_taken_from_the_languages_in_turn(stores: tuple[JoinedStores, VoiceStores]) -> None:
    assert evaluation.balanced(stores[0], [0, 1, 4, 2, 3], 3) == [0, 2, 1]
    assert evaluation.balanced(stores[0], [0, 1], 9) == [0, 1]
    assert evaluation.balanced(stores[0], [0, 1, 4], -1) == []  # more were spoken than are listened to


def test_sentences_are_held_back_with_all_their_recordings(stores: tuple[JoinedStores, VoiceStores]) -> None:
    speech = stores[0]
    speech.manifest["text"] = ["t0", "t1", "t2", "t3", "t1", "t0", "t3", "t2"]
    splits = {"train": [0, 2], "validation": [4], "test_seen": [6], "test_unseen": [1]}  # speakers s0 and s2 learn
    assert evaluation.held_back(speech, splits, unseen=False) == [4, 6]
    assert evaluation.held_back(speech, splits, unseen=True) == [1, 3]

"""The recogniser merges repetitions, listens to an item alone as in a batch, and learns."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from anyonenet.errors import WeightsError
from anyonenet.text.symbols import SYMBOLS, encode
from anyonenet.weights import WeightsCard, load_weights, save_weights
from datamodules.store import Store, StoreWriter
from evaluation.phoneme_recogniser import PhonemeRecogniser, spoken
from evaluation.recogniser_training import count_errors, recogniser, train


def test_repetitions_are_merged_and_blanks_left_out() -> None:
    network = PhonemeRecogniser(5, 4, 4).eval()
    rows = torch.tensor([[0, 2, 2, 0, 2, 3, 3, 0]])
    network.forward = lambda mels, lengths: (torch.eye(5)[rows], torch.tensor([7]))  # type: ignore[method-assign]
    assert network.recognise(torch.zeros(1, 16, 4), torch.tensor([14])) == [[2, 2, 3]]


def test_an_item_is_the_same_alone_and_in_a_batch() -> None:
    network = PhonemeRecogniser(7, 10, 8).eval()
    mels = torch.randn(2, 20, 10)
    together, valid = network(mels, torch.tensor([20, 13]))
    alone, _ = network(mels[1:, :13], torch.tensor([13]))
    assert valid.tolist() == [10, 7]
    assert torch.allclose(together[1, :7], alone[0], atol=1e-5)


def test_pauses_and_end_are_not_heard() -> None:
    assert spoken(encode(["b", ",", "iː", "."])) == [SYMBOLS.index("b"), SYMBOLS.index("iː")]


@pytest.fixture
def speech(tmp_path: Path) -> Store:
    """Every symbol is a fixed spectrum of eight frames."""
    rng = np.random.default_rng(0)
    spectra = rng.normal(size=(12, 80))
    with StoreWriter(tmp_path / "speech", {}) as writer:
        for row in range(32):
            symbols = rng.permutation(np.arange(6, 12))[:4]
            mel = np.repeat(spectra[symbols], 8, axis=0).astype(np.float16)
            writer.add({"id": f"u{row}"}, {"mel": mel, "symbols": symbols.astype(np.int16)})
    return Store(tmp_path / "speech")


def test_it_learns_and_repeats_with_its_seed(speech: Store) -> None:
    network = train(speech, list(range(24)), steps=150, batch_size=8)
    errors, symbols = count_errors(network, speech, list(range(24, 32)))
    assert symbols == 32
    assert errors <= 8
    twin = train(speech, list(range(24)), steps=3, batch_size=8)
    again = train(speech, list(range(24)), steps=3, batch_size=8)
    assert torch.equal(twin.scores.weight, again.scores.weight)


def test_weights_are_made_once_and_checked(speech: Store, tmp_path: Path) -> None:
    splits = {"train": list(range(24)), "validation": list(range(24, 32))}
    folder = tmp_path / "phoneme_recogniser"
    first = recogniser(folder, speech, splits, steps=2)
    assert "phoneme_error_rate_validation" in load_weights(folder, "phoneme_recogniser")[1].metrics
    second = recogniser(folder, speech, splits, steps=999)
    assert torch.equal(first.scores.weight, second.scores.weight)
    save_weights(folder, second, WeightsCard("phoneme_recogniser", "x", symbols=("<pad>",)))
    with pytest.raises(WeightsError, match="another symbol table"):
        recogniser(folder, speech, splits, steps=1)

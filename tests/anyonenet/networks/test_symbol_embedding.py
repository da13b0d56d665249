"""Symbols of one tone, stress or sound share what they have in common."""

from __future__ import annotations

import pytest
import torch

from anyonenet.networks.symbol_embedding import SymbolEmbedding
from anyonenet.text.symbols import INDEX, SYMBOLS, sound_and_mark


@pytest.mark.parametrize(
    ("symbol", "parts"),
    [
        ("zh_ang4", ("zh_ang", "4")),
        ("zh_ii1", ("zh_ii", "1")),
        ("zh_b", ("zh_b", "")),
        ("ˈiː", ("iː", "ˈ")),
        ("ˌoʊ", ("oʊ", "ˌ")),
        ("iː", ("iː", "")),
        ("ʃ", ("ʃ", "")),
        ("<end>", ("<end>", "")),
    ],
)
def test_sound_and_mark(symbol: str, parts: tuple[str, str]) -> None:
    assert sound_and_mark(symbol) == parts


def test_every_symbol_is_told_by_its_sound_and_mark() -> None:
    assert len({sound_and_mark(symbol) for symbol in SYMBOLS}) == len(SYMBOLS)


def test_what_one_syllable_learns_of_its_tone_all_have() -> None:
    embedding = SymbolEmbedding(len(SYMBOLS), 8, shared=True)
    symbols = torch.tensor([[INDEX["zh_ang4"], INDEX["zh_i4"], INDEX["zh_i2"], INDEX["p"], 0]])
    before = embedding(symbols)
    assert before.shape == (1, 5, 8)
    embedding(torch.tensor([[INDEX["zh_ang4"]]])).sum().backward()
    with torch.no_grad():
        for parameter in embedding.parameters():
            assert parameter.grad is not None
            parameter -= parameter.grad
    moved = (embedding(symbols) - before).abs().sum(-1)[0] > 0.5
    assert moved.tolist() == [True, True, False, False, False]
    assert embedding(symbols)[0, 4].abs().sum() == 0


def test_shared_parts_need_the_table() -> None:
    with pytest.raises(ValueError, match="12 symbols"):
        SymbolEmbedding(12, 8, shared=True)
    assert SymbolEmbedding(12, 8)(torch.tensor([[0, 3]]))[0, 0].abs().sum() == 0

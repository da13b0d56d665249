"""The fast step says what the plain one says."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from anyonenet.networks.decoder_step import speak_one
from anyonenet.networks.step_products import PRECISIONS, step_products, suggested_precision
from anyonenet.networks.tacotron import Tacotron
from tests.anyonenet.networks.test_tacotron import SMALL

SYMBOLS = 40
SAID = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]


def decoder_of(**changes: Any) -> torch.nn.Module:
    """One that says something, ends where its attention leaves the text, and is not at rest after the first step."""
    torch.manual_seed(3)
    decoder = Tacotron(**{**SMALL, **changes}).eval().requires_grad_(False).decoder
    decoder.stop.bias.fill_(-20.0)
    for cell in (decoder.attention_rnn, decoder.rnn):
        for weight in cell.parameters():
            weight.mul_(3)
    decoder.attention.mixture.weight.normal_(0, 0.3)
    return decoder


def both(decoder: torch.nn.Module, most: int = 200, precision: str = "fp32") -> tuple[SAID, SAID]:
    seed = torch.Generator().manual_seed
    memory = torch.randn(1, SYMBOLS, decoder.rnn.input_size - decoder.attention_rnn.hidden_size, generator=seed(1))
    with torch.inference_mode():
        plain = decoder.run_free(memory, torch.ones(1, SYMBOLS), torch.tensor([SYMBOLS]), most, seed(2))
        fast = speak_one(decoder, memory, most, seed(2), step_products(decoder, precision))
    return plain, fast


@pytest.mark.parametrize(
    "changes",
    [{}, {"normalise": "sum"}, {"dropout": 0.0}, {"decoder_prenet": (16, 12)}, {"initial_width": 0.3}],
    ids=["plain", "normalised", "undropped", "uneven pre-net", "narrow"],
)
def test_fast_step_is_the_plain_step(changes: dict[str, Any]) -> None:
    plain, fast = both(decoder_of(**changes))
    assert bool(fast[3]) and fast[2].shape[1] > 30  # ended by itself, after all of the text
    for mine, theirs in zip(fast, plain, strict=True):
        assert mine.shape == theirs.shape and torch.allclose(mine.float(), theirs.float(), atol=3e-4)
    assert (fast[2][0, -1, :10] == 0).all()  # symbols out of reach are not looked at


def test_fewer_frames_a_step() -> None:
    decoder = decoder_of()
    decoder.use_reduction_factor(2)
    plain, fast = both(decoder)
    assert fast[0].shape == plain[0].shape and torch.allclose(fast[0], plain[0], atol=3e-4)


def test_stop_sign_and_limit() -> None:
    decoder = decoder_of()
    plain, fast = both(decoder, most=7)
    assert not bool(fast[3]) and int(fast[1]) == int(plain[1]) == 21
    decoder.stop.bias.fill_(20.0)
    plain, fast = both(decoder)
    assert bool(fast[3]) and int(fast[1]) == int(plain[1]) == 3


@pytest.mark.parametrize("precision", [name for name in PRECISIONS if name != "fp32"])
def test_fewer_bits_are_near(precision: str) -> None:
    plain, fast = both(decoder_of(), most=20, precision=precision)
    error = (fast[0] - plain[0]).square().mean().sqrt() / plain[0].std()
    assert 1e-5 < float(error) < 0.2


def test_unknown_precision_and_a_small_network_stays_exact() -> None:
    decoder = decoder_of()
    assert suggested_precision(decoder) == "fp32"
    with pytest.raises(ValueError, match="expected one of fp32, bf16, int8"):
        step_products(decoder, "int4")


def test_a_pytorch_without_products_of_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    large = Tacotron(**{**SMALL, "attention_rnn": 640, "decoder_rnn": 640}).decoder
    monkeypatch.setattr(torch.cpu, "_is_vnni_supported", lambda: True)
    assert suggested_precision(large) == "int8"
    monkeypatch.delattr(torch, "quantize_per_channel")
    assert suggested_precision(large) == "fp32"
    with pytest.raises(ValueError, match="no 8-bit products"):
        step_products(large, "int8")


def test_generate_takes_the_fast_step_for_one_item_only(monkeypatch: pytest.MonkeyPatch) -> None:
    network = Tacotron(**SMALL).eval()
    calls: list[int] = []
    run = network.decoder.run_free
    monkeypatch.setattr(network.decoder, "run_free", lambda *given: calls.append(len(given[0])) or run(*given))
    for items in (1, 2):
        symbols = torch.full((items, 5), 3)
        network.generate(symbols, torch.full((items,), 5), torch.eye(items, 6), 30)
    assert calls == [2]

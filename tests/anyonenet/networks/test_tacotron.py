"""The speech synthesiser learns, every part of it does, and the same seed gives the same bytes."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from anyonenet.losses.tts import TTSLoss
from anyonenet.networks.tacotron import Tacotron

SMALL: dict[str, Any] = {
    "symbols": 12,
    "bands": 10,
    "speaker_size": 6,
    "speaker_projection": 4,
    "embedding_size": 16,
    "encoder_prenet": (16, 16),
    "bank_size": 3,
    "bank_channels": 8,
    "projection_channels": 16,
    "highway_layers": 1,
    "gru_size": 12,
    "decoder_prenet": (16, 16),
    "attention_rnn": 32,
    "decoder_rnn": 32,
    "postnet_channels": 16,
    "postnet_layers": 3,
    "dropout": 0.2,
    "decoder_dropout": 0.0,
    "reduction_factor": 3,
    "attention_components": 2,
    "attention_hidden": 16,
    "initial_step": 0.75,
    "initial_width": 1.0,
}


def four_samples() -> dict[str, torch.Tensor]:
    """Each symbol is a fixed spectrum held for four frames."""
    generator = torch.Generator().manual_seed(1)
    spectra = torch.randn(12, 10, generator=generator)
    lengths = torch.tensor([5, 4, 6, 5])
    symbols = torch.zeros(4, 6, dtype=torch.int64)
    mels = torch.zeros(4, 24, 10)
    for row, length in enumerate(lengths.tolist()):
        symbols[row, :length] = torch.randint(2, 12, (length,), generator=generator)
        mels[row, : 4 * length] = spectra[symbols[row, :length]].repeat_interleave(4, 0)
    speakers = torch.nn.functional.normalize(torch.randn(4, 6, generator=generator), dim=1)
    return {
        "symbols": symbols,
        "symbol_lengths": lengths,
        "speaker_embeddings": speakers,
        "mels": mels,
        "mel_lengths": 4 * lengths,
    }


def test_overfits_four_samples_and_stops() -> None:
    torch.manual_seed(0)
    network, batch, loss = Tacotron(**SMALL), four_samples(), TTSLoss("both")
    optimiser = torch.optim.Adam(network.parameters(), lr=4e-3)
    first = None
    for step in range(220):
        losses = loss(
            network(**batch, generator=torch.Generator().manual_seed(step)),
            batch["mels"],
            batch["mel_lengths"],
            batch["symbol_lengths"],
        )
        first = first or float(losses.refined)
        optimiser.zero_grad()
        losses.total.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
    assert float(losses.refined) < 0.2 * first
    network.eval()
    said = network.generate(
        batch["symbols"],
        batch["symbol_lengths"],
        batch["speaker_embeddings"],
        60,
        torch.Generator().manual_seed(0),
    )
    assert said.stopped.all()
    assert ((said.lengths - batch["mel_lengths"]).abs() <= 6).all()


def test_every_parameter_gets_a_gradient() -> None:
    network, batch = Tacotron(**SMALL), four_samples()
    losses = TTSLoss()(network(**batch), batch["mels"], batch["mel_lengths"], batch["symbol_lengths"])
    losses.total.backward()
    without = [name for name, value in network.named_parameters() if value.grad is None or not value.grad.any()]
    assert without == []


def test_shapes_and_whole_steps() -> None:
    network, batch = Tacotron(**SMALL), four_samples()
    batch["mels"], batch["mel_lengths"] = batch["mels"][:, :22], batch["mel_lengths"].clamp(max=22)
    output = network(**batch)
    assert output.mels.shape == output.refined_mels.shape == (4, 24, 10)
    assert output.stop_logits.shape == (4, 8)
    assert output.alignments.shape == (4, 8, 6)
    assert (output.alignments[1, :, 4:] == 0).all()


def test_teacher_forcing_hears_only_the_past() -> None:
    network, batch = Tacotron(**SMALL).eval(), four_samples()
    seed = torch.Generator().manual_seed
    before = network(**batch, generator=seed(0)).mels
    changed = batch["mels"].clone()
    changed[:, 12:] += 1.0
    after = network(**{**batch, "mels": changed}, generator=seed(0)).mels
    assert torch.equal(before[:, :12], after[:, :12])
    assert not torch.equal(before[:, 15:18], after[:, 15:18])


def test_generate_repeats_with_a_seed_and_obeys_the_limit() -> None:
    network, batch = Tacotron(**SMALL).eval(), four_samples()
    with torch.no_grad():
        network.decoder.stop.bias.fill_(-20.0)
    arguments = (batch["symbols"], batch["symbol_lengths"], batch["speaker_embeddings"])
    one, same, other = (network.generate(*arguments, 12, torch.Generator().manual_seed(seed)) for seed in (5, 5, 6))
    assert torch.equal(one.mels, same.mels)
    assert not torch.equal(one.mels, other.mels)
    assert one.mels.shape == (4, 12, 10)
    assert not one.stopped.any() and (one.lengths == 12).all()
    with pytest.raises(ValueError, match="max_frames is 2"):
        network.generate(*arguments, 2)
    with pytest.raises(ValueError, match="no symbols"):
        network.generate(arguments[0], torch.zeros(4, dtype=torch.int64), arguments[2], 12)


def test_synthesis_ends_when_attention_leaves_the_text() -> None:
    network, batch = Tacotron(**{**SMALL, "initial_step": 1.0}).eval(), four_samples()
    with torch.no_grad():
        network.decoder.stop.bias.fill_(-20.0)
    said = network.generate(batch["symbols"], batch["symbol_lengths"], batch["speaker_embeddings"], 300)
    assert said.stopped.all()
    assert ((said.lengths / 3 - batch["symbol_lengths"]).abs() <= 2).all()


def test_reduction_factor_is_kept_in_the_weights() -> None:
    network, batch = Tacotron(**SMALL), four_samples()
    network.use_reduction_factor(2)
    assert network(**batch).stop_logits.shape == (4, 12)
    twin = Tacotron(**network.arguments)
    twin.load_state_dict(network.state_dict())
    assert twin.reduction_factor == 2
    with pytest.raises(ValueError, match="outside 1 to 3"):
        network.use_reduction_factor(4)
    with pytest.raises(ValueError, match="reduction_factor is 0"):
        Tacotron(**{**SMALL, "reduction_factor": 0})


def test_bfloat16_in_the_postnet_is_near_and_only_for_training() -> None:
    torch.manual_seed(0)
    exact, batch = Tacotron(**SMALL), four_samples()
    rounded = Tacotron(**SMALL, postnet_bfloat16=True)
    rounded.load_state_dict(exact.state_dict())
    seed = torch.Generator().manual_seed
    one, other = (network(**batch, generator=seed(0)).refined_mels for network in (exact, rounded))
    assert other.dtype == torch.float32
    assert 0 < float((one - other).abs().max()) < 0.1
    exact.load_state_dict(rounded.state_dict())
    one, other = (network.eval()(**batch, generator=seed(0)).refined_mels for network in (exact, rounded))
    assert torch.equal(one, other)

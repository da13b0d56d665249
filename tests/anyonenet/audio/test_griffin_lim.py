"""Griffin-Lim brings back a sound whose spectrum is the one asked for."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from anyonenet.audio.griffin_lim import griffin_lim, linear_magnitude
from anyonenet.audio.mel import MelSettings, log_mel, mel_filterbank, mel_magnitude


def voice_like(seconds: float = 0.5) -> torch.Tensor:
    time = np.arange(round(seconds * 16000)) / 16000
    pitch = 120 + 20 * np.sin(2 * np.pi * 2 * time)
    phase = 2 * np.pi * np.cumsum(pitch) / 16000
    sound = sum(np.sin(number * phase) / number for number in range(1, 30))
    return torch.from_numpy((0.05 * sound).astype(np.float32))


def test_mel_of_the_waveform_is_the_mel_given() -> None:
    mel = log_mel(voice_like())
    waveform = griffin_lim(mel[None])
    assert waveform.shape == (1, mel.shape[0] * 200)
    wanted, got = mel_magnitude(mel), mel_magnitude(log_mel(waveform[0]))
    convergence = 20 * torch.log10((got - wanted).norm() / wanted.norm())
    assert convergence < -15  # dB


def test_momentum_helps() -> None:
    mel = log_mel(voice_like())[None]
    wanted = mel_magnitude(mel[0])
    errors = [
        float((mel_magnitude(log_mel(griffin_lim(mel, iterations=16, momentum=value)[0])) - wanted).norm())
        for value in (0.0, 0.99)
    ]
    assert errors[1] < errors[0]


def test_linear_magnitude_has_the_mel_given_and_is_not_negative() -> None:
    mel = log_mel(voice_like())
    linear = linear_magnitude(mel)
    assert linear.shape == (mel.shape[0], 513)
    assert (linear >= 0).all()
    wanted = mel_magnitude(mel)
    assert (linear @ mel_filterbank(MelSettings()).T - wanted).norm() < 0.05 * wanted.norm()


def test_repeats_and_does_not_touch_the_global_generator() -> None:
    mel = log_mel(voice_like(0.2))[None]
    state = torch.get_rng_state()
    assert torch.equal(griffin_lim(mel, iterations=2), griffin_lim(mel, iterations=2))
    assert torch.equal(state, torch.get_rng_state())
    other = griffin_lim(mel, iterations=2, generator=torch.Generator().manual_seed(9))
    assert not torch.equal(other, griffin_lim(mel, iterations=2))


def test_silence_stays_silent_and_24_khz_works() -> None:
    silence = torch.full((1, 8, 80), MelSettings().silence)
    assert griffin_lim(silence).abs().max() < 1e-3
    assert griffin_lim(silence, MelSettings(sample_rate=24000), iterations=1).shape == (1, 8 * 300)


def test_bad_input_is_refused() -> None:
    with pytest.raises(ValueError, match="frames >= 1"):
        griffin_lim(torch.zeros(1, 0, 80))
    with pytest.raises(ValueError, match="momentum 1.0"):
        griffin_lim(torch.zeros(1, 3, 80), momentum=1.0)

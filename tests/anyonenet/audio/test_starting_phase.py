"""Phases from magnitudes alone."""

from __future__ import annotations

import math

import pytest
import torch

from anyonenet.audio.frames import Frames
from anyonenet.audio.griffin_lim import reconstruct
from anyonenet.audio.mel import MelSettings
from anyonenet.audio.starting_phase import starting_angles

SETTINGS = MelSettings()
FRAMES = 41


def convergence(sound: torch.Tensor, iterations: int = 0, random: bool = False) -> float:
    """Spectral convergence in dB of what is made of the sound's magnitudes, its first and last frames left out."""
    window = torch.hann_window(SETTINGS.window_samples)
    sizes = (SETTINGS.fft_samples, SETTINGS.hop_samples, SETTINGS.window_samples, window)
    wanted = torch.stft(sound[None], *sizes, pad_mode="constant", return_complex=True).abs().transpose(1, 2)
    angles = starting_angles(wanted, SETTINGS)
    if random:
        angles = 2 * math.pi * torch.rand(wanted.shape, generator=torch.Generator().manual_seed(0))
    frames = Frames(1, wanted.shape[1], SETTINGS, wanted.device)
    made = reconstruct(wanted.contiguous(), angles, frames, iterations, 0.99)
    got = torch.stft(made, *sizes, pad_mode="constant", return_complex=True).abs().transpose(1, 2)
    inner = slice(4, -4)
    return float(20 * ((got - wanted)[:, inner].norm() / wanted[:, inner].norm()).log10())


def tones(*hertz: float) -> torch.Tensor:
    time = torch.arange((FRAMES - 1) * SETTINGS.hop_samples) / SETTINGS.sample_rate
    return torch.stack([torch.sin(2 * math.pi * one * time) for one in hertz]).sum(0)


@pytest.mark.parametrize("hertz", [(440.0,), (123.4,), (5001.0,), (300.0, 700.0, 1900.0)])
def test_steady_tones_are_right_at_once(hertz: tuple[float, ...]) -> None:
    assert convergence(tones(*hertz)) < -25


def test_a_gliding_voice_begins_better_than_at_random() -> None:
    time = torch.arange(8000) / 16000
    phase = 2 * math.pi * (120 * time + 40 * time**2)
    voice = torch.stack([(number * phase).sin() / number for number in range(1, 20)]).sum(0)
    assert convergence(voice) < convergence(voice, random=True) - 6
    assert convergence(voice, 8) < convergence(voice, 8, random=True) - 1


def test_silence_and_batches() -> None:
    magnitude = torch.rand(3, 5, 513, generator=torch.Generator().manual_seed(0))
    magnitude[1] = 0
    together = starting_angles(magnitude, SETTINGS)
    assert together.isfinite().all() and together.shape == (3, 5, 513)
    first = starting_angles(magnitude[:1], SETTINGS)
    assert torch.equal(together[:1], first)  # the generator's first numbers

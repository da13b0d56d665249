"""The transform without new memory gives what torch's own gives."""

from __future__ import annotations

import math

import pytest
import torch

from anyonenet.audio.frames import Frames
from anyonenet.audio.mel import MelSettings


@pytest.mark.parametrize("settings", [MelSettings(), MelSettings(sample_rate=24000), MelSettings(hop_seconds=0.015)])
def test_there_and_back_as_torch(settings: MelSettings) -> None:
    """Any spectrum, also one that no sound has; the second time too, when the buffers are not new."""
    count, bins = 9, settings.fft_samples // 2 + 1
    window = torch.hann_window(settings.window_samples)
    sizes = (settings.fft_samples, settings.hop_samples, settings.window_samples, window)
    length = (count - 1) * settings.hop_samples
    # torch's window stands in the middle of its frame, ours at the beginning
    left = (settings.fft_samples - settings.window_samples) // 2
    turn = torch.polar(
        torch.ones(bins), (torch.arange(bins) * left % settings.fft_samples) * (2 * math.pi / settings.fft_samples)
    )
    frames = Frames(2, count, settings, torch.device("cpu"))
    got = torch.empty(2, count, bins, dtype=torch.complex64)
    for seed in (0, 1):
        given = torch.randn(2, bins, count, dtype=torch.complex64, generator=torch.Generator().manual_seed(seed))
        given.imag[:, [0, -1]] = 0  # as no real sound has them
        sound = torch.istft(given, *sizes, length=length)
        again = torch.stft(sound, *sizes, pad_mode="constant", return_complex=True)
        frames.synthesise(given.transpose(1, 2) * turn)
        frames.analyse(out=got)
        assert torch.allclose(frames.waveform(), sound, atol=1e-6)
        assert torch.allclose(got, again.transpose(1, 2) * turn, atol=1e-4)

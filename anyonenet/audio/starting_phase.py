"""Phases to begin Griffin-Lim with, from magnitudes alone.

Single pass spectrogram inversion (Beauregard, Harish and Wyse 2015): every peak of a frame is taken for a sinusoid. Its
phase goes on from the frame before by the frequency of the peak, and the bins around it turn with it.
"""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor

from anyonenet.audio.mel import MelSettings


def starting_angles(magnitude: Tensor, settings: MelSettings, generator: Generator | None = None) -> Tensor:
    """Phases that go on from frame to frame; twice as good as random ones before the first iteration.

    Args:
        magnitude: `(B, frames, bins)`, not negative.
        settings: hop, window and transform.
        generator: of the first frame's phases, on the CPU; a fixed one when None.

    Returns:
        `(B, frames, bins)` radians, counted from the window's first sample.
    """
    batch, frames, bins = magnitude.shape
    device, size = magnitude.device, settings.fft_samples
    nearest, frequency = _peaks(magnitude)
    turns = frequency * (settings.hop_samples / size)  # of each bin's peak, in a hop
    # a peak moves on by the mean of where it is and where it was
    turns[:, 1:] = (turns[:, 1:] + turns[:, :-1].gather(-1, nearest[:, 1:])) / 2
    turns = turns.remainder(1)  # small numbers stay exact
    generator = generator or torch.Generator().manual_seed(0)
    phase = torch.rand((batch, bins), generator=generator).to(device).gather(-1, nearest[:, 0])
    phases = [phase]
    for near, turn in zip(nearest[:, 1:].unbind(1), turns[:, 1:].unbind(1)):
        phase = phase.gather(-1, near) + turn
        phases.append(phase)
    # a sinusoid has one phase in all of its bins in the middle of the window
    middle = torch.arange(bins, device=device) * (settings.window_samples // 2) % size / size
    return (torch.stack(phases, 1) - middle) * (2 * math.pi)


def _peaks(magnitude: Tensor) -> tuple[Tensor, Tensor]:
    """`(B, frames, bins)`: bin of the peak nearest to each bin, and its frequency in bins."""
    bins = magnitude.shape[-1]
    left, middle, right = magnitude[..., :-2], magnitude[..., 1:-1], magnitude[..., 2:]
    index = torch.arange(bins, device=magnitude.device)
    peak = torch.zeros_like(magnitude, dtype=torch.bool)
    peak[..., 1:-1] = (middle > left) & (middle >= right)
    peak[..., 0] |= ~peak.any(-1)  # a frame without any
    before = torch.where(peak, index, -bins).cummax(-1).values
    after = torch.where(peak, index, 2 * bins).flip(-1).cummin(-1).values.flip(-1)
    nearest = torch.where(index - before <= after - index, before, after)
    # the top of a parabola through the peak and its neighbours
    curvature = (left - 2 * middle + right).clamp_max(-1e-12)
    offset = (0.5 * (left - right) / curvature).clamp(-0.5, 0.5)
    frequency = index + torch.nn.functional.pad(offset, (1, 1))
    return nearest, frequency.gather(-1, nearest)

"""Short-time Fourier transform and its inverse for one shape of sound, many times over, without new memory.

`torch.stft` and `torch.istft` give the same numbers; they allocate all they need at each call, and lay frequencies out
before frames, so that whatever is done to their result goes through memory in strides.
"""

from __future__ import annotations

import torch
from torch import Tensor

from anyonenet.audio.mel import MelSettings


class Frames:
    """Transforms of `batch` sounds of `frames` frames, the first and the last centred on their ends.

    A frame's phases count from its window's first sample. The sound itself is kept here between the two transforms.

    Args:
        batch: sounds.
        frames: of each; sounds have `(frames - 1) * hop_samples` samples.
        settings: window, hop and transform.
        device: of all tensors.
    """

    def __init__(self, batch: int, frames: int, settings: MelSettings, device: torch.device):
        self._hop, self._width = settings.hop_samples, settings.window_samples
        self._transform = settings.fft_samples
        self._samples = (frames - 1) * self._hop
        self._window = torch.hann_window(self._width, device=device)
        self._pieces = [
            (first, min(first + self._hop, self._width)) for first in range(0, self._width, self._hop)
        ]  # of a window, a hop each
        self._frames = torch.zeros(batch, frames, self._transform, device=device)
        self._spoken = torch.empty(batch, frames, self._transform, device=device)
        self._hops = torch.zeros(batch, frames - 1 + len(self._pieces), self._hop, device=device)
        self._signal = self._hops.view(batch, -1)  # padded by half a window before
        self._view = self._signal.as_strided(
            (batch, frames, self._width), (self._signal.shape[1], self._hop, 1)
        )  # frames that overlap
        self._gain = self._levels()

    def _levels(self) -> Tensor:
        """`(samples of the padded signal,)`: 1 / the sum of squared windows, and 0 beyond the sound."""
        self._spoken[..., : self._width] = self._window.square()
        self._add_up()
        gain = 1 / self._signal[0].clamp_min(1e-11)
        begin = self._width // 2
        gain[:begin] = 0
        gain[begin + self._samples :] = 0
        return gain

    def _add_up(self) -> None:
        """Overlapping frames in `_spoken` -> `_signal`."""
        count = self._spoken.shape[1]
        self._hops.zero_()
        for place, (first, end) in enumerate(self._pieces):
            self._hops[:, place : place + count, : end - first] += self._spoken[..., first:end]

    def synthesise(self, spectrum: Tensor) -> None:
        """Hold the sound whose spectrum is nearest to `(B, frames, bins)` complex, by least squares."""
        torch.fft.irfft(spectrum, n=self._transform, out=self._spoken)
        self._spoken[..., : self._width] *= self._window
        self._add_up()
        self._signal.mul_(self._gain)

    def analyse(self, out: Tensor) -> None:
        """The spectrum of the sound held, into `(B, frames, bins)` complex."""
        torch.mul(self._view, self._window, out=self._frames[..., : self._width])
        torch.fft.rfft(self._frames, out=out)

    def waveform(self) -> Tensor:
        """The sound held, a copy: `(B, (frames - 1) * hop_samples)`."""
        begin = self._width // 2
        return self._signal[:, begin : begin + self._samples].clone()

"""What the vocoder makes of speech: spectra and sound, beside the recordings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from lightning_modules.logging.media import Medium, picture_of

_WINDOW = 512


@dataclass(frozen=True)
class CopiedSounds:
    """Recordings turned to mels and back."""

    copied: Sequence[np.ndarray]  # (samples,) each
    true: Sequence[np.ndarray]  # (samples,) each
    rate: int
    """samples a second"""

    def media(self) -> Iterator[Medium]:
        """One picture of all spectra, then the sounds."""
        yield self._picture()
        for number, (copied, true) in enumerate(zip(self.copied, self.true, strict=True), 1):
            yield Medium(f"copied_{number}", "sound", waveform=copied, rate=self.rate)
            yield Medium(f"recording_{number}", "sound", waveform=true, rate=self.rate)

    def _picture(self) -> Medium:
        from matplotlib.figure import Figure

        figure = Figure(figsize=(5 * len(self.true), 6), dpi=80, layout="constrained")
        axes = figure.subplots(2, len(self.true), squeeze=False)
        for column, (copied, true) in enumerate(zip(self.copied, self.true, strict=True)):
            spectra = [_decibels(sound) for sound in (copied, true)]
            highest = spectra[1].max()  # of the recording, so that a level that is off is seen
            for row, (name, spectrum) in enumerate(zip(("copied", "recording"), spectra, strict=True)):
                extent = (0, len(true) / self.rate, 0, self.rate / 2000)
                axes[row, column].imshow(
                    spectrum.T,
                    origin="lower",
                    aspect="auto",
                    cmap="magma",
                    vmin=highest - 80,
                    vmax=highest,
                    extent=extent,
                )
                axes[row, column].set_title(name, fontsize=9)
                axes[row, column].tick_params(labelsize=7)
        axes[1, 0].set(xlabel="seconds", ylabel="kHz")
        return picture_of("sounds", figure)


def _decibels(sound: np.ndarray) -> np.ndarray:
    """`(samples,)` -> `(frames, bins)` magnitude in dB."""
    padded = np.pad(sound, (0, max(0, _WINDOW - len(sound))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[:: _WINDOW // 4]
    return np.asarray(20 * np.log10(np.abs(np.fft.rfft(frames * np.hanning(_WINDOW))) + 1e-6))

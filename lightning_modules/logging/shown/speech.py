"""What the TTS says: alignment, mels and sound of a few sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from anyonenet.audio.griffin_lim import griffin_lim
from anyonenet.audio.mel import MelSettings
from lightning_modules.logging.media import Medium, picture_of

HEARD = 2
"""items that become sound"""


@dataclass(frozen=True)
class SpokenItems:
    """Sentences synthesised freely, beside their recordings."""

    alignments: Sequence[np.ndarray]  # (steps, symbols) each
    said: Sequence[np.ndarray]  # (frames, 80) each, standardised log-mel
    true: Sequence[np.ndarray]  # (frames, 80) each
    stopped: Sequence[bool]
    """False where the limit of frames ended it"""

    def media(self) -> Iterator[Medium]:
        """One picture of all, then the sound of the first, synthesised and as the recording's mel gives it."""
        yield self._picture()
        settings = MelSettings()
        for number, (said, true) in enumerate(zip(self.said[:HEARD], self.true[:HEARD], strict=True), 1):
            for name, mel in ((f"said_{number}", said), (f"recording_{number}", true)):
                if len(mel):
                    waveform = griffin_lim(torch.from_numpy(mel)[None], settings)[0].numpy()
                    yield Medium(name, "sound", waveform=waveform, rate=settings.sample_rate)

    def _picture(self) -> Medium:
        from matplotlib.figure import Figure

        columns = len(self.alignments)
        figure = Figure(figsize=(4 * columns, 7), dpi=80, layout="constrained")
        axes = figure.subplots(3, columns, squeeze=False)
        rate = MelSettings().frame_rate
        for column in range(columns):
            said, true = self.said[column], self.true[column]
            ended = "" if self.stopped[column] else ", never stopped"
            titles = (
                f"alignment{ended}",
                f"synthesised, {len(said) / rate:.2f} s",
                f"recording, {len(true) / rate:.2f} s",
            )
            for row, picture in enumerate((self.alignments[column], said, true)):
                axis = axes[row, column]
                # both mels in the recording's colours, so that a level that is off is seen
                how = {"cmap": "magma", "vmin": true.min(), "vmax": true.max()} if row else {"cmap": "Greys"}
                axis.imshow(picture.T, origin="lower", aspect="auto", interpolation="nearest", **how)
                axis.set_title(titles[row], fontsize=9)
                axis.tick_params(labelsize=7)
        axes[0, 0].set(xlabel="decoder steps", ylabel="symbols")
        axes[1, 0].set(xlabel="frames", ylabel="mel bands")
        return picture_of("speech", figure)

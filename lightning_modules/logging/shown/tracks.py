"""How generated parameters of a face run beside the recorded ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from anyonenet.face.blendshapes import RATE
from lightning_modules.logging.media import Medium, picture_of

SHOWN = 8
"""parameters: those that move most in the recording"""


@dataclass(frozen=True)
class MovingParameters:
    """One utterance."""

    predicted: np.ndarray  # (T, P)
    true: np.ndarray  # (T, P)
    names: tuple[str, ...]

    def media(self) -> Iterator[Medium]:
        """A picture: the curves of the parameters that move most."""
        from matplotlib.figure import Figure

        chosen = np.argsort(-self.true.std(axis=0), kind="stable")[:SHOWN]
        figure = Figure(figsize=(9, 1.3 * len(chosen)), dpi=80, layout="constrained")
        axes: Any = figure.subplots(len(chosen), 1, sharex=True, squeeze=False)
        seconds = np.arange(len(self.true)) / RATE
        for axis, place in zip(axes[:, 0], chosen, strict=True):
            axis.plot(seconds, self.true[:, place], color="black", linewidth=1.2, label="true")
            axis.plot(seconds, self.predicted[:, place], color="C3", linewidth=1.2, label="predicted")
            axis.set_ylabel(self.names[place], fontsize=7)
            axis.grid(alpha=0.3)
        axes[0, 0].legend(fontsize=8, loc="upper right")
        axes[-1, 0].set(xlabel="seconds", xlim=(0, max(seconds[-1], 1 / RATE)))
        yield picture_of("parameters", figure)

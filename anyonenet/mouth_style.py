"""A person's mouth style and shape of the face from a reference video (Write-a-Speaker, landmark generator).

On one hand the mouth generator says what the actor's mouth does for the video's text, on the other the fitted 3-D face
says what this person's did: pairs that say the same, from which the mapping is learned.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from anyonenet.errors import InputError
from anyonenet.face.blendshapes import RATE, UPPER
from anyonenet.face.face_fit import FitSettings
from anyonenet.face.video_fit import fit_video
from anyonenet.networks.mouth_style import MouthStyle, fit_style
from anyonenet.video_rate import sampled
from anyonenet.voice import Spoken
from anyonenet.weights import WeightsCard, save_weights

STYLE = "write_a_speaker_style"
"""folder and stage of a person's style"""
VIDEO_FIT = FitSettings(identity_weight=3e-4, expression_weight=1e-3)
"""over many frames the person is known well, so expressions are held less than in one photo"""


class Generators(Protocol):
    """Sounds and words to motion; `anyonenet.face_text.TextMotion`."""

    def animate(self, spoken: Spoken, emotion: str = "neutral") -> Any: ...


def learn_style(
    clips: Sequence[tuple[NDArray[np.floating], float, Spoken]], generators: Generators, seed: int = 0
) -> tuple[MouthStyle, NDArray[np.float64]]:
    """One person's style, and who it is.

    Args:
        clips: of one person, for each: landmarks `(F, 68, 2 or 3)` pixels, frames a second, and what is said in it with
            its times (`anyonenet.alignment`), from the first frame on.
        generators: with their weights.
        seed: of the mapping's initial weights.

    Returns:
        the mapping, and the identity `(60,)` of all clips together.

    Raises:
        InputError: there is no clip.
    """
    if not clips:
        raise InputError("no reference clip; give at least one video with its text")
    fits = [fit_video(landmarks, settings=VIDEO_FIT) for landmarks, _, _ in clips]
    generated, observed = [], []
    for (_, fps, spoken), fit in zip(clips, fits, strict=True):
        said = np.asarray(generators.animate(spoken).parameters, dtype=np.float64)
        times = np.arange(min(len(said), int(len(fit.expressions) / fps * RATE))) / RATE
        generated.append(said[: len(times), len(UPPER) :])
        observed.append(sampled(fit.expressions[:, len(UPPER) :], fps, times))
    pairs: list[Tensor] = [torch.from_numpy(np.concatenate(parts)) for parts in (generated, observed)]
    identity = np.average([fit.identity for fit in fits], axis=0, weights=[len(fit.expressions) for fit in fits])
    return fit_style(pairs[0], pairs[1], seed=seed), identity


def save_style(folder: Path, style: MouthStyle, identity: NDArray[np.float64], whose: str) -> None:
    """Write it beside the other stages' weights, where the system looks for it.

    Args:
        folder: `WEIGHTS/write_a_speaker_style`.
        style, identity: from `learn_style`.
        whose: the person, in words.
    """
    save_weights(folder, style, WeightsCard(STYLE, whose, extra={"identity": [float(value) for value in identity]}))

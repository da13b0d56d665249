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

from anyonenet.errors import InputError, WeightsError
from anyonenet.face.blendshapes import RATE, UPPER
from anyonenet.face.face_fit import FitSettings
from anyonenet.face.identity_basis import IDENTITIES
from anyonenet.face.video_fit import fit_video
from anyonenet.networks.mouth_style import MouthStyle, fit_style
from anyonenet.video_rate import sampled
from anyonenet.voice import Spoken
from anyonenet.weights import WeightsCard, load_weights, save_weights

STYLE = "write_a_speaker_style"
"""folder and stage of a person's style"""
VIDEO_FIT = FitSettings(identity_weight=3e-4, expression_weight=1e-3)
"""over many frames the person is known well, so expressions are held less than in one photo"""

Clip = tuple[NDArray[np.floating], float, Spoken]
"""landmarks `(F, 68, 2 or 3)` pixels, frames a second, and what is said with its times, from the first frame on"""


class Generators(Protocol):
    """Sounds and words to motion; `anyonenet.face_text.TextMotion`."""

    def animate(self, spoken: Spoken, emotion: str = "neutral") -> Any: ...


def learn_style(clips: Sequence[Clip], generators: Generators, seed: int = 0) -> tuple[MouthStyle, NDArray[np.float64]]:
    """One person's style, and who it is.

    Args:
        clips: of one person.
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
    """Write it.

    Args:
        folder: any; of one named `STYLE` beside the other stages' weights the system takes it by itself.
        style, identity: from `learn_style`.
        whose: the person, in words.
    """
    save_weights(folder, style, WeightsCard(STYLE, whose, extra={"identity": [float(value) for value in identity]}))


def load_style(folder: Path) -> tuple[MouthStyle, NDArray[np.float64]]:
    """What `save_style` wrote: the mapping, and the identity `(60,)`.

    Raises:
        WeightsError: there is none, or it is damaged.
    """
    style, card = load_weights(folder, STYLE)
    identity = np.asarray(card.extra.get("identity", ()), dtype=np.float64)
    if not isinstance(style, MouthStyle) or identity.shape != (IDENTITIES,):
        raise WeightsError(f"{folder} holds no mouth style; make it again: anyonenet style")
    return style, identity

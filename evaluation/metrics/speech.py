"""How near the sound of synthesised speech comes to a recording: mel-cepstral distance along the best warping.

Pitch along the same warping is in `metrics.prosody`, what can be understood in `metrics.transcription`, and the
criterion by which a synthesis has failed in `metrics.attention`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.fft
import torch
from torch import Tensor

from anyonenet.audio.mel import MelSettings
from evaluation.metrics.aggregates import ItemMean

CEPSTRA = 24
"""coefficients compared, from the first on: the zeroth is loudness"""


def mel_cepstra(mel: np.ndarray, settings: MelSettings | None = None, count: int = CEPSTRA) -> np.ndarray:
    """Coefficients c_1 … c_count of ln|S| = c_0 + sum c_m cos(m w): `(T, bands)` log-mel -> `(T, count)`."""
    settings = settings or MelSettings()
    logarithm = np.asarray(mel, dtype=np.float64) * settings.scale + settings.centre
    transformed = scipy.fft.dct(logarithm, type=2, norm="ortho", axis=-1)
    return transformed[:, 1 : count + 1] * math.sqrt(2 / mel.shape[-1])


def mel_cepstral_distance(one: np.ndarray, other: np.ndarray, settings: MelSettings | None = None) -> float:
    """Mean mel-cepstral distance of two utterances along their best warping, dB (Kubichek 1993).

    `10 / ln 10 * sqrt(2 sum (c_m - c'_m)^2)` for each pair of frames on the path of dynamic time warping.

    Args:
        one, other: `(T, bands)` and `(T', bands)` standardised log-mels.
        settings: of both.

    Raises:
        ValueError: a mel is empty or not `(T, bands)`, or the bands differ.
    """
    distances = cepstral_distances(one, other, settings)
    path = warping_path(distances)
    return float(distances[path[:, 0], path[:, 1]].mean())


def cepstral_distances(one: np.ndarray, other: np.ndarray, settings: MelSettings | None = None) -> np.ndarray:
    """`(T, T')` dB between each two frames; arguments and errors as of `mel_cepstral_distance`."""
    if one.ndim != 2 or other.ndim != 2 or not len(one) or not len(other) or one.shape[1] != other.shape[1]:
        raise ValueError(f"mels are {one.shape} and {other.shape}; expected (T, bands) and (T', bands), none empty")
    a, b = mel_cepstra(one, settings), mel_cepstra(other, settings)
    squared = np.square(a).sum(1)[:, None] + np.square(b).sum(1)[None] - 2 * a @ b.T
    return 10 / math.log(10) * np.sqrt(2 * np.maximum(squared, 0.0))


def warping_path(distances: np.ndarray) -> np.ndarray:
    """The cheapest way from corner to corner of `(T, T')` distances, each step one down, right, or both.

    Returns:
        `(L, 2)` int64 pairs of frames, from (0, 0) to (T - 1, T' - 1).
    """
    rows, columns = distances.shape
    total = np.full((rows + 1, columns + 1), np.inf)
    total[0, 0] = 0.0
    for diagonal in range(2, rows + columns + 1):  # cells of one antidiagonal do not depend on each other
        i = np.arange(max(1, diagonal - columns), min(rows, diagonal - 1) + 1)
        j = diagonal - i
        best = np.minimum(np.minimum(total[i - 1, j], total[i, j - 1]), total[i - 1, j - 1])
        total[i, j] = best + distances[i - 1, j - 1]
    path = [(rows, columns)]
    while path[-1] != (1, 1):
        i, j = path[-1]
        path.append(min((i - 1, j - 1), (i - 1, j), (i, j - 1), key=lambda cell: total[cell]))
    return np.array(path[::-1]) - 1


class MelCepstralDistance(ItemMean):
    """Mean of `mel_cepstral_distance` over utterances, dB.

    Args:
        settings: of the mels; the project's numbers when None.
    """

    higher_is_better = False

    def __init__(self, settings: MelSettings | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.settings = settings

    def update(self, made: Sequence[Tensor | np.ndarray], reference: Sequence[Tensor | np.ndarray]) -> None:
        """One `(T, bands)` standardised log-mel an utterance, twice; their lengths may differ."""
        if len(made) != len(reference):
            raise ValueError(f"{len(made)} made and {len(reference)} reference mels; expected equally many")
        pairs = [(np.asarray(one), np.asarray(other)) for one, other in zip(made, reference)]
        self.add(torch.tensor([mel_cepstral_distance(one, other, self.settings) for one, other in pairs]))

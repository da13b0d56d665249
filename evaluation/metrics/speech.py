"""How near synthesised speech comes to a recording: mel-cepstral distance along the best warping, phoneme errors.

The criterion by which a synthesis has failed is `anyonenet.metrics.alignment.report`; F0 is in `metrics.pitch`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import scipy.fft

from anyonenet.audio.mel import MelSettings

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
    """
    a, b = mel_cepstra(one, settings), mel_cepstra(other, settings)
    squared = np.square(a).sum(1)[:, None] + np.square(b).sum(1)[None] - 2 * a @ b.T
    distances = 10 / math.log(10) * np.sqrt(2 * np.maximum(squared, 0.0))
    path = warping_path(distances)
    return float(distances[path[:, 0], path[:, 1]].mean())


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


def edit_distance(reference: Sequence[int], heard: Sequence[int]) -> int:
    """Fewest substitutions, insertions and deletions that turn one sequence into the other (Levenshtein 1966)."""
    columns = np.arange(len(heard) + 1)
    row = columns.copy()
    other = np.asarray(heard)
    for number, symbol in enumerate(reference, start=1):
        before = np.minimum(row[:-1] + (other != symbol), row[1:] + 1)
        row = np.concatenate([[number], before])
        # insertions run along the row: the least of every earlier cell plus the way from there
        row = np.minimum.accumulate(row - columns) + columns
    return int(row[-1])


def phoneme_error_rate(references: Sequence[Sequence[int]], heard: Sequence[Sequence[int]]) -> float:
    """Errors of all utterances over the symbols of all references; more than 1 is possible.

    Raises:
        ValueError: the numbers of utterances differ, or there is no symbol.
    """
    if len(references) != len(heard):
        raise ValueError(f"{len(references)} references and {len(heard)} recognised; expected equally many")
    symbols = sum(len(reference) for reference in references)
    if symbols == 0:
        raise ValueError("the references have no symbols")
    return sum(edit_distance(reference, said) for reference, said in zip(references, heard)) / symbols

"""How well Write-a-Speaker's mouth generator follows unseen utterances (its Table 1: MSE and LMD).

Beside it stand what is trivial: the mean mouth of each emotion, held; and another utterance's mouth, real but of other
words.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from anyonenet.face import blendshapes
from anyonenet.face.blendshapes import LIP_POINTS, MOUTH, UPPER
from anyonenet.text.symbols import INDEX
from anyonenet.types import FacialMotionBatch
from evaluation.bootstrap import Figure, mean_of, ratio_of
from evaluation.facial_motion import (
    CORPUS,
    Track,
    emotions_told,
    generated,
    generator_of,
    mean_by_emotion,
    others,
    utterances,
)
from evaluation.landmarks import correlation
from evaluation.measurement import Measurement, corpus_in_words

STAGE = "write_a_speaker_mouth"
_CLOSING = tuple(INDEX[symbol] for symbol in ("p", "b", "m", "zh_p", "zh_b", "zh_m"))
_TOUCHING = 0.02
"""outer-eye distances: lips nearer than this are seen as closed"""


def evaluate(weights: Path, root: Path, features: Path = Path("data/features")) -> Measurement:
    """Measure `weights/write_a_speaker_mouth` on the test utterances.

    Args:
        weights: folder of the exported stages.
        root: folder of the corpora.
        features: folder of the feature stores.

    Returns:
        `mse`, mean squared error of the 28 parameters, in percent of a blendshape squared; `lmd`, mean distance of the
        20 lip landmarks on the mean face, outer-eye distances; each also `NAME_mean` (mean mouth of the emotion) and
        `NAME_other` (another utterance's), and `NAME_of_mean`, the ratio; `opening_correlation`, of generated and true
        gaps between the lips over all frames; `closed` and `closed_true`, share of the utterances' lip closures (p, b,
        m) in which lips touch; `emotion_told`, see `evaluation.facial_motion`. Intervals are over utterances.

    Raises:
        WeightsError: no usable weights.
        CorpusError: the corpus is missing or has no test utterance.
    """
    network, words = generator_of(weights, STAGE)
    training, test = utterances(root, features, words)

    real = test.tracks(mouth)
    means = mean_by_emotion(training.tracks(mouth), training.emotions)
    rows = {
        "": [np.clip(track, 0, 1) for track in generated(network, test, spoken_symbols)],
        "_mean": [
            np.repeat(means[label][None], len(track), 0) for label, track in zip(test.emotions, real, strict=True)
        ],
        "_other": others(real, test.emotions),
    }
    values: dict[str, list[float]] = {}
    for kind, tracks in rows.items():
        for made, true in zip(tracks, real, strict=True):
            values.setdefault(f"mse{kind}", []).append(float(np.square(100 * (made - true)).mean()))
            distance = np.linalg.norm(lips(made) - lips(true), axis=-1).mean()
            values.setdefault(f"lmd{kind}", []).append(float(distance))
    figures: dict[str, Figure] = {name: mean_of(found, "utterances") for name, found in values.items()}
    for name in ("mse", "lmd"):
        figures[f"{name}_of_mean"] = ratio_of(values[name], values[f"{name}_mean"], "utterances")
    gaps = [np.stack([gap(made), gap(true)]) for made, true in zip(rows[""], real, strict=True)]
    figures["opening_correlation"] = correlation(gaps, "utterances")
    for name, row in (("closed", 0), ("closed_true", 1)):
        counted = [
            closures(pair[row], batch.symbols[0].numpy()) for pair, batch in zip(gaps, test.batches, strict=True)
        ]
        shut, of = np.array(counted, dtype=np.float64).reshape(-1, 2).T
        figures[name] = ratio_of(shut, np.where(of > 0, of, np.nan), "utterances")
    figures |= emotions_told(network, training, test, mouth, spoken_symbols)
    figures["utterances"] = Figure(len(real))
    return Measurement(corpus_in_words(root, [CORPUS]), figures)


def mouth(batch: FacialMotionBatch) -> torch.Tensor:
    return batch.parameters[..., len(UPPER) :]


def spoken_symbols(batch: FacialMotionBatch) -> torch.Tensor:
    return batch.symbols


def lips(track: Track) -> Track:
    """`(T, 28)` parameters of the mouth -> `(T, 20, 3)` lip landmarks of the mean face, outer-eye distances."""
    return _face(track)[:, list(LIP_POINTS)]


def gap(track: Track) -> Track:
    """`(T,)`: how far the inner lips are apart in their middle, outer-eye distances; below 0 where they cross."""
    face = _face(track)
    return face[:, 66, 1] - face[:, 62, 1]


def closures(gaps: Track, symbols: NDArray[np.integer]) -> tuple[int, int]:
    """Of how many sounds that close the lips the gap `(T,)` does close, and how many there are.

    A sound counts as closed where the lips touch in one of its frames or of their neighbours.
    """
    places = np.isin(symbols, _CLOSING)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], places, [False]]).astype(np.int8))).reshape(-1, 2)
    shut = sum(bool((gaps[max(begin - 1, 0) : end + 1] < _TOUCHING).any()) for begin, end in edges.tolist())
    return shut, len(edges)


def _face(track: Track) -> Track:
    parameters = np.zeros((len(track), len(UPPER) + len(MOUTH)))
    parameters[:, len(UPPER) :] = track
    face: Track = blendshapes.landmarks(parameters)
    return face

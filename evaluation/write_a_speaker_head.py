"""How Write-a-Speaker's head generator moves heads in unseen utterances.

A head may move in many ways to the same words, so beside SSIM, which wants the recorded one, stand what any good motion
has: its spread and speed, and how far its statistics lie from those of recorded heads (a Frechet distance).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from anyonenet.face.blendshapes import RATE
from anyonenet.types import FacialMotionBatch
from evaluation.bootstrap import Figure, mean_of
from evaluation.facial_motion import CORPUS, Track, emotions_told, generator_of, utterances
from evaluation.landmarks import correlation
from evaluation.measurement import Measurement, corpus_in_words
from evaluation.metrics.frechet import frechet_inception_distance
from evaluation.write_a_speaker_upper import likeness, rows_of, spoken_words

STAGE = "write_a_speaker_head"
UNIT = 0.05
"""radians and outer-eye distances: about the spread of the parameters"""
_WINDOW = 25
"""frames, a second, whose statistics are compared"""


def evaluate(weights: Path, root: Path, features: Path = Path("data/features")) -> Measurement:
    """Measure `weights/write_a_speaker_head` on the test utterances.

    Args:
        weights: folder of the exported stages.
        root: folder of the corpora.
        features: folder of the feature stores.

    Returns:
        `ssim` of the six parameters over time, also `ssim_mean` (mean pose of the emotion) and `ssim_other` (another
        utterance's); `nod_correlation`, of generated and true nods about each utterance's mean; `spread_degrees` and
        `speed_degrees` (a second), of the head's rotation within an utterance, each also `NAME_true`; `frechet`,
        distance of the statistics of stretches of a second from those of the recorded test utterances, also
        `frechet_mean` and, of the training utterances, `frechet_training`; `emotion_told`, see
        `evaluation.facial_motion`. Intervals are over utterances.

    Raises:
        WeightsError: no usable weights.
        CorpusError: the corpus is missing or has no test utterance.
    """
    network, words = generator_of(weights, STAGE)
    training, test = utterances(root, features, words)
    rows = rows_of(network, training, test, head, UNIT)
    figures = {f"ssim{kind}": mean_of(likeness(made, rows["_true"]), "utterances") for kind, made in rows.items()}
    del figures["ssim_true"]
    pairs = zip(rows[""], rows["_true"], strict=True)
    nods = [np.stack([a[:, 0] - a[:, 0].mean(), b[:, 0] - b[:, 0].mean()]) for a, b in pairs]
    figures["nod_correlation"] = correlation(nods, "utterances")
    for kind in ("", "_true"):
        figures[f"spread_degrees{kind}"] = mean_of([spread(track) for track in rows[kind]], "utterances")
        figures[f"speed_degrees{kind}"] = mean_of([speed(track) for track in rows[kind]], "utterances")
    true = statistics(rows["_true"])
    others = {"": rows[""], "_mean": rows["_mean"], "_training": [t / UNIT for t in training.tracks(head)]}
    for kind, tracks in others.items():
        figures[f"frechet{kind}"] = Figure(float(frechet_inception_distance(statistics(tracks), true)))
    figures |= emotions_told(network, training, test, head, spoken_words)
    figures["utterances"] = Figure(len(rows[""]))
    return Measurement(corpus_in_words(root, [CORPUS]), figures)


def spread(track: Track) -> float:
    """Root mean square of the rotation about the mean of a track `(T, 6)` in `UNIT`, degrees."""
    turned = track[:, :3] - track[:, :3].mean(axis=0)
    return float(np.degrees(UNIT * np.sqrt(np.square(turned).sum(axis=1).mean())))


def speed(track: Track) -> float:
    """Mean speed of the rotation, degrees a second; `(T, 6)` in `UNIT`."""
    return float(np.degrees(UNIT * RATE * np.linalg.norm(np.diff(track[:, :3], axis=0), axis=1).mean()))


def statistics(tracks: list[Track]) -> torch.Tensor:
    """`(stretches, 18)`: mean, standard deviation and mean speed of each parameter in stretches of a second."""
    rows = []
    for track in tracks:
        for begin in range(0, max(len(track) - _WINDOW, 0) + 1, _WINDOW):
            part = track[begin : begin + _WINDOW]
            speeds = np.abs(np.diff(part, axis=0)).mean(axis=0) * 5  # of the size of the others
            rows.append(np.concatenate([part.mean(axis=0), part.std(axis=0), speeds]))
    return torch.from_numpy(np.stack(rows))


def head(batch: FacialMotionBatch) -> torch.Tensor:
    return batch.head

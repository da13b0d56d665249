"""How well Write-a-Speaker's generator of the upper face follows unseen utterances (its Table 1: SSIM), and whether its
emotions can be told apart.

Beside it stand what is trivial: the mean face of each emotion, held; and another utterance's face in the same emotion,
real but of other words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from anyonenet.face.blendshapes import RATE, UPPER, columns
from anyonenet.losses.ssim_seq import ssim_seq
from anyonenet.types import FacialMotionBatch
from evaluation.bootstrap import Figure, mean_of
from evaluation.facial_motion import (
    CORPUS,
    Track,
    Utterances,
    emotions_told,
    generated,
    generator_of,
    mean_by_emotion,
    others,
    utterances,
)
from evaluation.measurement import Measurement, corpus_in_words

STAGE = "write_a_speaker_upper"
_SHUT = 0.6
"""of eyeBlink: more is a blink"""


def evaluate(weights: Path, root: Path, features: Path = Path("data/features")) -> Measurement:
    """Measure `weights/write_a_speaker_upper` on the test utterances.

    Args:
        weights: folder of the exported stages.
        root: folder of the corpora.
        features: folder of the feature stores.

    Returns:
        `ssim` of the 23 parameters over time, also `ssim_mean` (mean face of the emotion) and `ssim_other` (another
        utterance's); `brow_spread`, standard deviation of the brows within an utterance, and `blinks_a_minute`, each
        also `NAME_true`; `emotion_told`, see `evaluation.facial_motion`. Intervals are over utterances.

    Raises:
        WeightsError: no usable weights.
        CorpusError: the corpus is missing or has no test utterance.
    """
    network, words = generator_of(weights, STAGE)
    training, test = utterances(root, features, words)
    rows = rows_of(network, training, test, upper, 1.0)
    rows[""] = [np.clip(track, 0, 1) for track in rows[""]]
    figures = {f"ssim{kind}": mean_of(likeness(made, rows["_true"]), "utterances") for kind, made in rows.items()}
    del figures["ssim_true"]
    brows = [place for place, name in enumerate(UPPER) if name.startswith("brow")]
    for kind in ("", "_true"):
        figures[f"brow_spread{kind}"] = mean_of([t[:, brows].std(axis=0).mean() for t in rows[kind]], "utterances")
        figures[f"blinks_a_minute{kind}"] = mean_of([60 * blinks(t) * RATE / len(t) for t in rows[kind]], "utterances")
    figures |= emotions_told(network, training, test, upper, spoken_words)
    figures["utterances"] = Figure(len(rows[""]))
    return Measurement(corpus_in_words(root, [CORPUS]), figures)


def rows_of(
    network: object,
    training: Utterances,
    test: Utterances,
    real: Callable[[FacialMotionBatch], torch.Tensor],
    scale: float,
) -> dict[str, list[Track]]:
    """The test utterances' tracks, divided by `scale`: '' generated, '_mean', '_other' and '_true'."""
    true = test.tracks(real)
    means = mean_by_emotion(training.tracks(real), training.emotions)
    held = [np.repeat(means[label][None], len(track), 0) for label, track in zip(test.emotions, true, strict=True)]
    rows = {
        "": generated(network, test, spoken_words),
        "_mean": held,
        "_other": others(true, test.emotions),
        "_true": true,
    }
    return {kind: [track / scale for track in tracks] for kind, tracks in rows.items()}


def likeness(made: Sequence[Track], true: Sequence[Track]) -> list[float]:
    """SSIM-Seq of each pair of tracks `(T, P)`, in the unit of the constants."""
    found = []
    for one, other in zip(made, true, strict=True):
        mask = torch.ones(1, len(one), dtype=torch.bool)
        found.append(float(ssim_seq(torch.from_numpy(one)[None], torch.from_numpy(other)[None], mask)))
    return found


def blinks(track: Track) -> int:
    """How often the lids of a track of the upper face `(T, 23)` shut."""
    shut = track[:, columns("eyeBlink")].mean(axis=1) > _SHUT
    return int(np.diff(np.concatenate([[False], shut]).astype(np.int8)).clip(0).sum())


def upper(batch: FacialMotionBatch) -> torch.Tensor:
    return batch.parameters[..., : len(UPPER)]


def spoken_words(batch: FacialMotionBatch) -> torch.Tensor:
    return batch.words

"""What the evaluations of Write-a-Speaker's generators share: test utterances, what is generated for them, what is
trivial, and a judge that tells emotions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from anyonenet.errors import CorpusError, WeightsError
from anyonenet.face.blendshapes import EMOTIONS
from anyonenet.text.frames import vocabulary_of
from anyonenet.types import FacialMotionBatch
from anyonenet.weights import load_weights
from datamodules.write_a_speaker import FacialMotionDataModule, FacialMotions, collate
from evaluation.bootstrap import Figure, share_of

Track = NDArray[np.float64]
"""(T, P)"""
CORPUS = "write_a_speaker"
_RIDGE = 0.1
"""share of the pooled covariance's mean variance that is added to it"""


@dataclass(frozen=True)
class Utterances:
    """Some utterances: what is said, and how the face moves."""

    batches: tuple[FacialMotionBatch, ...]
    """one utterance each"""
    emotions: NDArray[np.int64]
    """(N,) places in EMOTIONS"""

    def tracks(self, of: Callable[[FacialMotionBatch], torch.Tensor]) -> list[Track]:
        """The recorded tracks, one an utterance."""
        return [of(batch)[0].double().numpy() for batch in self.batches]


def utterances(root: Path, features: Path, vocabulary: Sequence[str]) -> tuple[Utterances, Utterances]:
    """Those of the training split and those of the test split.

    Args:
        root: folder of the corpora.
        features: folder of the feature stores.
        vocabulary: of the weights that read them.

    Raises:
        CorpusError: the corpus is missing or too small to have both.
    """
    data = FacialMotionDataModule(str(root), str(features), (CORPUS,), batch_size=1)
    data.prepare_data()
    data.setup()
    found = []
    for split, dataset in (("training", data.training), ("test", data.test)):
        if not len(dataset):
            raise CorpusError(f"no utterance of {CORPUS} in {root} falls into the {split} split; add recordings")
        whole = FacialMotions(dataset.tracks, dataset.mixture, vocabulary_of(vocabulary))
        batches = tuple(collate([whole[place]]) for place in range(len(whole)))
        found.append(Utterances(batches, np.array([int(batch.emotions[0]) for batch in batches])))
    return found[0], found[1]


def generator_of(weights: Path, stage: str) -> tuple[Any, list[str]]:
    """An exported generator and its vocabulary.

    Raises:
        WeightsError: no usable weights.
    """
    network, card = load_weights(Path(weights) / stage, stage)
    if "words" not in card.extra:
        raise WeightsError(f"{Path(weights) / stage}/config.json has no vocabulary; export the weights again")
    return network, list(card.extra["words"])


@torch.inference_mode()
def generated(
    network: Any, said: Utterances, ids: Callable[[FacialMotionBatch], torch.Tensor], emotion: int | None = None
) -> list[Track]:
    """What a generator makes of each utterance, in its own emotion or, all of them, in another."""
    made = []
    for batch in said.batches:
        if emotion is not None:
            batch = replace(batch, emotions=torch.full_like(batch.emotions, emotion))
        made.append(network(ids(batch), batch.emotions, batch.lengths)[0].double().numpy())
    return made


def mean_by_emotion(tracks: Sequence[Track], emotions: NDArray[np.int64]) -> Track:
    """`(4, P)`: the mean over all frames of each emotion; of all where there is none of it."""
    whole = np.concatenate(list(tracks)).mean(axis=0)
    rows = []
    for emotion in range(len(EMOTIONS)):
        own = [track for track, label in zip(tracks, emotions, strict=True) if label == emotion]
        rows.append(np.concatenate(own).mean(axis=0) if own else whole)
    return np.stack(rows)


def others(tracks: Sequence[Track], emotions: NDArray[np.int64]) -> list[Track]:
    """For each utterance the next one's track in the same emotion, stretched to its length: real, but of other words.

    An utterance that is alone in its emotion gets the next one of any.
    """
    found = []
    for place, track in enumerate(tracks):
        order = np.roll(np.arange(len(tracks)), -place - 1)[:-1]
        same = [other for other in order if emotions[other] == emotions[place]]
        other = tracks[(same or list(order) or [place])[0]]
        at = np.linspace(0, len(other) - 1, len(track))
        found.append(np.stack([np.interp(at, np.arange(len(other)), line) for line in other.T], axis=1))
    return found


class EmotionJudge:
    """Tells the emotion of a track from the means and spreads of its parameters: a linear discriminant (Fisher 1936)
    with one covariance for all emotions.

    Args:
        tracks: recorded ones, to learn from.
        emotions: `(N,)` places in EMOTIONS.
    """

    def __init__(self, tracks: Sequence[Track], emotions: NDArray[np.int64]):
        seen = np.stack([_summary(track) for track in tracks])
        self.labels = np.unique(emotions)
        self._means = np.stack([seen[emotions == label].mean(axis=0) for label in self.labels])
        rest = seen - self._means[np.searchsorted(self.labels, emotions)]
        covariance = rest.T @ rest / max(1, len(rest) - len(self.labels))
        ridge = _RIDGE * max(float(np.trace(covariance)) / len(covariance), 1e-12)
        self._inverse = np.linalg.inv(covariance + ridge * np.eye(len(covariance)))

    def __call__(self, tracks: Sequence[Track]) -> NDArray[np.int64]:
        """`(N,)` the emotion that each track looks like most."""
        seen = np.stack([_summary(track) for track in tracks])
        off = seen[:, None] - self._means
        distances = np.einsum("nkp,pq,nkq->nk", off, self._inverse, off)
        told: NDArray[np.int64] = self.labels[distances.argmin(axis=1)]
        return told


def emotions_told(
    network: Any,
    training: Utterances,
    test: Utterances,
    real: Callable[[FacialMotionBatch], torch.Tensor],
    ids: Callable[[FacialMotionBatch], torch.Tensor],
) -> dict[str, Figure]:
    """How often a judge that has learned from recorded tracks tells the emotion: of the recorded ones of the test
    split (`emotion_told_true`), and of generated ones, each sentence in each emotion (`emotion_told`); a guess is right
    in a quarter."""
    judge = EmotionJudge(training.tracks(real), training.emotions)
    true = judge(test.tracks(real)) == test.emotions
    right, sentences = [], []
    for emotion in range(len(EMOTIONS)):
        right.append(judge(generated(network, test, ids, emotion)) == emotion)
        sentences.append(np.arange(len(test.batches)))
    return {
        "emotion_told": share_of(np.concatenate(right), "utterances", np.concatenate(sentences)),
        "emotion_told_true": share_of(true, "utterances"),
    }


def _summary(track: Track) -> Track:
    return np.concatenate([track.mean(axis=0), track.std(axis=0)])

"""Metrics of voices as a speaker encoder hears them: likeness to a target, sex, and how much voices differ."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from evaluation.metrics.aggregates import NUMBERS, VECTORS, Gathered, ItemMean

SEX_BOUNDARY_HZ = 165.0
"""F0 between most men's and most women's speaking voices (Titze 1994: means near 120 and 210 Hz)"""


def speaker_similarity(made: Tensor, target: Tensor) -> Tensor:
    """SECS: cosine of speaker embeddings, `(..., D)` twice -> `(...)` in [-1, 1].

    Raises:
        ValueError: the shapes differ.
    """
    if made.shape != target.shape or made.dim() < 1:
        raise ValueError(f"made is {tuple(made.shape)}, target {tuple(target.shape)}; expected (..., D) twice")
    return torch.nn.functional.cosine_similarity(made, target, dim=-1)


def gender_consistency(scores: Tensor, sexes: Tensor) -> Tensor:
    """Whether voices are of the sex of their faces.

    Args:
        scores: `(N,)`, above 0 for a voice taken for a man's, below for a woman's: of a probe of speaker embeddings
            (`evaluation.face.sex_probe`) or `sex_by_pitch`.
        sexes: `(N,)` of the faces: 0 female, 1 male, negative where unknown.

    Returns:
        `(N,)` 1 where they agree, 0 where not (also at a score of exactly 0), nan where a side is unknown.

    Raises:
        ValueError: the shapes differ, or a sex above 1.
    """
    if scores.shape != sexes.shape or scores.dim() != 1:
        raise ValueError(f"scores are {tuple(scores.shape)}, sexes {tuple(sexes.shape)}; expected (N,) twice")
    if (sexes > 1).any():
        raise ValueError(f"a sex is {int(sexes.max())}; expected 0 (female), 1 (male) or negative (unknown)")
    agree = (scores.sign() == 2 * sexes - 1).to(torch.float32)
    return torch.where((sexes < 0) | scores.isnan(), torch.nan, agree)


def sex_by_pitch(f0_hz: Tensor, boundary_hz: float = SEX_BOUNDARY_HZ) -> Tensor:
    """Octaves by which median F0s lie below the boundary, as scores of `gender_consistency`; nan stays nan."""
    return torch.log2(boundary_hz / f0_hz)


def voice_diversity(embeddings: Tensor, persons: Tensor) -> Tensor:
    """How much voices differ: 1 minus the mean cosine over all pairs of items of different persons.

    Args:
        embeddings: `(N, D)` of any length but zero.
        persons: `(N,)` int64.

    Returns:
        scalar in [0, 2]; 0 where everybody has one voice. It means something beside the same of real voices.

    Raises:
        ValueError: shapes do not fit, or there is only one person.
    """
    if embeddings.dim() != 2 or persons.shape != embeddings.shape[:1]:
        raise ValueError(
            f"embeddings are {tuple(embeddings.shape)}, persons {tuple(persons.shape)}; expected (N, D) and (N,)"
        )
    kinds, number = persons.unique(return_inverse=True)
    if len(kinds) < 2:
        raise ValueError(f"there are {len(kinds)} persons; diversity needs at least two")
    unit = torch.nn.functional.normalize(embeddings.double(), dim=1)
    sums = unit.new_zeros(len(kinds), unit.shape[1]).index_add(0, number, unit)
    counts = number.bincount().double()
    # all ordered pairs less those of one person
    cosines = sums.sum(0).square().sum() - sums.square().sum()
    pairs = counts.sum() ** 2 - counts.square().sum()
    return (1 - cosines / pairs).to(embeddings.dtype)


class SpeakerSimilarity(ItemMean):
    """SECS: mean of `speaker_similarity` over utterances."""

    higher_is_better = True

    def update(self, made: Tensor, target: Tensor) -> None:
        """`(batch, D)` speaker embeddings, twice."""
        self.add(speaker_similarity(made, target))


class GenderConsistency(ItemMean):
    """Mean of `gender_consistency` over voices; `undefined` counts those left out."""

    higher_is_better = True

    def update(self, scores: Tensor, sexes: Tensor) -> None:
        """`(batch,)` scores and `(batch,)` sexes."""
        self.add(gender_consistency(scores, sexes))


class VoiceDiversity(Gathered):
    """`voice_diversity` over all voices seen, on any number of processes."""

    higher_is_better = True

    def __init__(self, **kwargs: Any):
        super().__init__({"embeddings": VECTORS, "persons": NUMBERS}, **kwargs)

    def update(self, embeddings: Tensor, persons: Tensor) -> None:
        """`(batch, D)` and `(batch,)` int64."""
        if embeddings.dim() != 2 or persons.shape != embeddings.shape[:1]:
            raise ValueError(
                f"embeddings are {tuple(embeddings.shape)}, persons {tuple(persons.shape)}; expected (N, D) and (N,)"
            )
        self.add(embeddings, persons)

    def compute(self) -> Tensor:
        return voice_diversity(*self.all())

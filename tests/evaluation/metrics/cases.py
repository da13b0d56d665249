"""One case for each metric class: how it is made, and the arguments of a few updates; for one rank and for two."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torchmetrics import Metric

from anyonenet.metrics.alignment import AttentionReport
from evaluation.metrics import (
    attention,
    frechet,
    head,
    identity,
    image,
    landmarks,
    lip_sync,
    lips,
    prosody,
    retrieval,
    sharpness,
    speech,
    sync,
    transcription,
    voices,
)

Arguments = tuple[Any, ...]


@dataclass(frozen=True)
class Case:
    make: Callable[[], Metric]
    updates: Callable[[], list[Arguments]]
    """three, so that one of two ranks has more than the other"""


def _random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def _clips(*shape: int) -> Callable[[], list[Arguments]]:
    def updates() -> list[Arguments]:
        lengths = [torch.tensor([6, 4]), torch.tensor([2, 6]), torch.tensor([5])]
        return [
            (_random(len(n), 6, *shape, seed=i), _random(len(n), 6, *shape, seed=10 + i), n)
            for i, n in enumerate(lengths)
        ]

    return updates


def _trials() -> list[Arguments]:
    return [(_random(n, seed=n) + (torch.arange(n) % 3 == 0), torch.arange(n) % 3 == 0) for n in (12, 9, 8)]


def _retrieval(groups: bool = False) -> Callable[[], list[Arguments]]:
    def updates() -> list[Arguments]:
        batches = []
        for i, (queries, gallery) in enumerate([(4, 6), (4, 3), (5, 4)]):
            # persons of one batch turn up as others of the next
            sides = [(_random(n, 5, seed=10 * i + n), torch.arange(n) + i) for n in (queries, gallery)]
            if groups:
                batches.append(tuple(value for side in sides for value in (*side, side[1] % 2)))
            else:
                batches.append(tuple(value for side in sides for value in side))
        last = torch.arange(12)  # everybody is in the gallery
        everybody = (_random(1, 5, seed=99), last[:1]), (_random(12, 5, seed=98), last)
        if groups:
            batches[2] = tuple(value for side in everybody for value in (*side, side[1] % 2))
        else:
            batches[2] = tuple(value for side in everybody for value in side)
        return batches

    return updates


def _pictures(size: int = 16, seeds: tuple[int, ...] = (0, 1, 2)) -> list[Arguments]:
    return [tuple(_random(2 + i % 2, 3, size, size, seed=10 * i + s).clamp(-1, 1) for s in (0, 1)) for i in seeds]


def _mels() -> list[Arguments]:
    return [([_random(9 + i, 80, seed=i).numpy()], [_random(12, 80, seed=20 + i).numpy()]) for i in range(3)]


def _tones() -> list[Arguments]:
    def tone(hertz: float) -> np.ndarray:
        time = np.arange(4800) / 16000
        return sum(np.sin(2 * np.pi * hertz * k * time) / k for k in range(1, 12)).astype(np.float32) * 0.1

    return [([tone(100 + 20 * i)], [tone(110 + 10 * i)]) for i in range(3)]


def _reports() -> list[Arguments]:
    fine = AttentionReport(False, (), False, False)
    return [
        ([fine, AttentionReport(True, (), False, False)],),
        ([fine],),
        ([AttentionReport(False, (2,), True, False)],),
    ]


def _openings() -> list[Arguments]:
    batches = []
    for i, frames in enumerate((60, 50, 70)):
        sound = np.cumsum(_random(2, frames + 5, seed=i).numpy(), axis=1)
        mouth = sound[:, 5 - i : 5 - i + frames]  # late by i frames
        batches.append((torch.from_numpy(mouth.copy()), torch.from_numpy(sound[:, 5 : 5 + frames].copy())))
    return batches


class FlatFeatures(nn.Module):
    """Means of the colours and of two corners: features of a width that tests can afford."""

    def forward(self, pictures: Tensor) -> Tensor:
        return torch.cat([pictures.mean((2, 3)), pictures[:, :2, 0, 0]], dim=1)


class HalfSyncNet(nn.Module):
    """Stands in for SyncNet where only the gathering is tested."""

    def features(self, faces: np.ndarray, waveform: np.ndarray) -> tuple[Tensor, Tensor]:
        seed = int(faces.sum())
        return _random(40, 8, seed=seed), _random(40, 8, seed=seed + 1)


def first_channel(picture: Tensor) -> Tensor | None:
    """A detector: 'finds' landmarks that the picture spells out; no face where it starts with a negative number."""
    return None if picture[0, 0, 0] < 0 else picture.flatten()[: 68 * 2].view(68, 2)


def identity_recogniser(heard: list[Any]) -> list[Any]:
    return heard


CASES: dict[str, Case] = {
    "LandmarkDistance": Case(landmarks.LandmarkDistance, _clips(68, 2)),
    "VelocityDistance": Case(lambda: landmarks.VelocityDistance("lips"), _clips(68, 2)),
    "OpenAreaDifference": Case(landmarks.OpenAreaDifference, _clips(68, 2)),
    "FaceLandmarkDistance": Case(head.FaceLandmarkDistance, _clips(68, 3)),
    "FaceVelocityDistance": Case(head.FaceVelocityDistance, _clips(68, 2)),
    "HeadPositionDifference": Case(head.HeadPositionDifference, _clips(68, 2)),
    "HeadRotationDifference": Case(head.HeadRotationDifference, _clips(4)),
    "EqualErrorRate": Case(identity.EqualErrorRate, _trials),
    "MinimumDetectionCost": Case(lambda: identity.MinimumDetectionCost(prior=0.4), _trials),
    "RecallAt": Case(lambda: retrieval.RecallAt(3), _retrieval()),
    "MedianRank": Case(retrieval.MedianRank, _retrieval()),
    "MatchingAccuracy": Case(lambda: retrieval.MatchingAccuracy(4), _retrieval()),
    "AreaUnderCurve": Case(retrieval.AreaUnderCurve, _retrieval()),
    "WithinGroupAuc": Case(retrieval.WithinGroupAuc, _retrieval(groups=True)),
    "SpeakerSimilarity": Case(
        voices.SpeakerSimilarity, lambda: [(_random(n, 5, seed=n), _random(n, 5, seed=9)) for n in (3, 2, 4)]
    ),
    "GenderConsistency": Case(
        voices.GenderConsistency, lambda: [(_random(n, seed=n), torch.arange(n) % 3 - 1) for n in (3, 5, 4)]
    ),
    "VoiceDiversity": Case(
        voices.VoiceDiversity, lambda: [(_random(n, 5, seed=n), torch.arange(n)) for n in (3, 5, 4)]
    ),
    "MelCepstralDistance": Case(speech.MelCepstralDistance, _mels),
    "F0Error": Case(prosody.F0Error, _tones),
    "VoicingError": Case(prosody.VoicingError, _tones),
    "AttentionFailureRate": Case(attention.AttentionFailureRate, _reports),
    "PhonemeErrorRate": Case(
        lambda: transcription.PhonemeErrorRate(identity_recogniser),
        lambda: [([[1, 2, 3]], [[1, 3]]), ([[4]], [[4]]), ([[5, 6], [7]], [[6, 5], [7]])],
    ),
    "CharacterErrorRate": Case(
        transcription.CharacterErrorRate,
        lambda: [(["a fine day"], ["fine days"]), (["你好"], ["您好"]), (["no"], ["no"])],
    ),
    "WordErrorRate": Case(
        transcription.WordErrorRate,
        lambda: [(["a fine day"], ["fine days"]), (["你好吗"], ["您好吗"]), (["no"], ["no"])],
    ),
    "L1Distance": Case(image.L1Distance, _pictures),
    "StructuralSimilarity": Case(image.StructuralSimilarity, _pictures),
    "PeakSignalToNoiseRatio": Case(image.PeakSignalToNoiseRatio, _pictures),
    "PerceptualDistance": Case(lambda: image.PerceptualDistance("gabor"), lambda: _pictures(32)),
    "FrechetInceptionDistance": Case(
        lambda: frechet.FrechetInceptionDistance(features=FlatFeatures(), width=5),
        lambda: [(_random(n, 3, 4, 4, seed=n), real) for n, real in ((7, True), (8, False), (5, True))],
    ),
    "CumulativeBlurProbability": Case(
        sharpness.CumulativeBlurProbability, lambda: [(made,) for made, _ in _pictures(64)]
    ),
    "RedetectedLandmarkDistance": Case(
        lambda: lips.RedetectedLandmarkDistance(first_channel),
        lambda: [(made, _random(len(made), 68, 2, seed=5)) for made, _ in _pictures()],
    ),
    "SpeechMouthSync": Case(lambda: sync.SpeechMouthSync(25.0, 0.4), _openings),
    "LipSyncError": Case(
        lambda: lip_sync.LipSyncError(network=HalfSyncNet()),
        lambda: [([np.full((1, 1, 1, 3), i, np.uint8)], [np.zeros(4)]) for i in range(3)],
    ),
}

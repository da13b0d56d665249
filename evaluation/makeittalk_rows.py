"""The rows of MakeItTalk's Tables 2 and 3: what is measured of each test cut, by row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from anyonenet.types import VoicedLandmarkBatch
from evaluation.landmarks import clip_errors, head_errors
from evaluation.metrics.retrieved import Retrieval, poses_for

RETRIEVED = {
    "retrieve_same": (True, False),
    "retrieve_random": (False, False),
    "retrieve_same_from_photo": (True, True),
    "retrieve_random_from_photo": (False, True),
}
"""row -> whether the clip is of the same person, and whether its poses are turned as a whole so that they begin as the
photo holds its head"""


@dataclass(frozen=True)
class TrainingClips:
    """What may be retrieved: one entry a cut of the training set."""

    retrieval: Retrieval
    quaternions: list[np.ndarray]  # (T, 4) each
    voices: Tensor  # (N, 1024)


@dataclass
class Rows:
    """Errors by row and figure, one value a cut; nan where a row says nothing of a cut."""

    draws: int
    """clips that are retrieved, or speakers that are injected, for each cut; their errors are averaged"""
    seed: int
    errors: dict[str, dict[str, list[float]]] = field(default_factory=dict)

    def add(
        self,
        batch: VoicedLandmarkBatch,
        persons: list[str],
        names: list[str],
        models: Mapping[str, Any],
        training: TrainingClips,
    ) -> None:
        """Measure one batch.

        Args:
            batch: test cuts.
            persons, names: who speaks in each, and the cuts' names.
            models: row -> what predicts; 'full' also gives 'random_id', and 'no_speaker' the faces of the retrieved
                heads.
            training: the training set.
        """
        said = {row: self._motion(model, batch) for row, model in models.items()}
        random = [np.random.default_rng([self.seed, number]) for number in self._numbers(len(persons))]
        for item, frames in enumerate(batch.lengths.tolist()):
            truth, turned = batch.landmarks[item, :frames], batch.quaternions[item, :frames]
            base = batch.base_landmarks[item].expand(frames, -1, -1)
            held = batch.base_quaternions[item].expand(frames, -1)
            self._note("still", [(base, held)], truth, turned)
            faces = {row: base + motion.displacements[item, :frames] for row, motion in said.items()}
            for row, motion in said.items():
                self._note(row, [(faces[row], motion.quaternions[item, :frames])], truth, turned)
            speaking = faces.get("no_speaker", base)
            for row, (same, from_photo) in RETRIEVED.items():
                begin = batch.base_quaternions[item].numpy() if from_photo else None
                found = [
                    (speaking, _tensor(poses_for(training.quaternions[clip], frames, begin), held))
                    for clip in self._drawn(training, persons[item], names[item], same, random[item])
                ]
                self._note(row, found, truth, turned)
        if "full" in models:
            self._random_identity(models["full"], batch, persons, names, training, random)

    def _random_identity(
        self,
        model: Any,
        batch: VoicedLandmarkBatch,
        persons: list[str],
        names: list[str],
        training: TrainingClips,
        random: list[np.random.Generator],
    ) -> None:
        """The full model with somebody else's manner."""
        drawn = [
            self._drawn(training, person, name, False, source)
            for person, name, source in zip(persons, names, random, strict=True)
        ]
        tries = []
        for number in range(self.draws):
            clips = [found[number] if found else 0 for found in drawn]
            tries.append(self._motion(model, batch, training.voices[clips]))
        for item, frames in enumerate(batch.lengths.tolist()):
            base = batch.base_landmarks[item].expand(frames, -1, -1)
            moved = [
                (base + motion.displacements[item, :frames], motion.quaternions[item, :frames]) for motion in tries
            ]
            truth, turned = batch.landmarks[item, :frames], batch.quaternions[item, :frames]
            self._note("random_id", moved if drawn[item] else [], truth, turned)

    def _motion(self, model: Any, batch: VoicedLandmarkBatch, identity: Tensor | None = None) -> Any:
        with torch.inference_mode():
            inputs = (batch.mels, batch.base_landmarks, batch.base_quaternions, batch.lengths)
            if not getattr(model, "knows_speakers", True):
                return model(*inputs)
            return model(*inputs, speakers=batch.speaker_embeddings, identity=identity)

    def _numbers(self, count: int) -> Iterator[int]:
        """Of the cuts of this batch among all: random numbers do not depend on the batches' size."""
        before = len(self.errors["still"]["d_ll"]) if self.errors else 0
        return iter(range(before, before + count))

    def _drawn(
        self, training: TrainingClips, person: str, name: str, same: bool, random: np.random.Generator
    ) -> list[int]:
        found = [training.retrieval.draw(person, name, same, random) for _ in range(self.draws)]
        return [clip for clip in found if clip is not None]

    def _note(self, row: str, said: list[tuple[Tensor, Tensor]], truth: Tensor, turned: Tensor) -> None:
        errors = [clip_errors(face, truth) | head_errors(face, pose, truth, turned) for face, pose in said]
        known = self.errors.setdefault(row, {})
        for name in FIGURES:
            values = [one[name] for one in errors]
            known.setdefault(name, []).append(float(np.mean(values)) if values else float("nan"))


FIGURES = ("d_ll", "d_vl", "d_a", "d_l", "d_v", "d_rot", "d_pos")


def _tensor(poses: np.ndarray, like: Tensor) -> Tensor:
    return torch.from_numpy(poses).to(like)

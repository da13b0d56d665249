"""Batches as the DataModules give them, drawn from noise: shapes, lengths and padding are real, contents are not."""

from __future__ import annotations

import numpy as np
import torch

from anyonenet.face.template import frontal_template
from anyonenet.text.symbols import SYMBOLS
from anyonenet.types import Batch, FaceVoiceBatch, ImageBatch, LandmarkBatch, SpeakerBatch, TTSBatch
from datamodules.batching import LengthBatchSampler

FRAMES_A_SECOND = 80
SYMBOLS_A_SECOND = 12


def batch_of(stage: str, size: int, seed: int = 0, face_size: int = 512, side: int = 256) -> tuple[Batch, int]:
    """A batch of a stage, and how many frames in it count (pictures for images, pairs for faces and voices).

    Args:
        stage: as the folders of `configs`.
        size: items.
        seed: of everything drawn.
        face_size: length of the face embeddings.
        side: of the pictures, pixels.
    """
    rng = np.random.default_rng(seed)
    makers = {"speaker_encoder": speakers, "tts": utterances, "landmarks": clips}
    if stage == "face_encoder":
        return pairs(size, rng, face_size), size
    if stage == "images":
        return pictures(size, rng, side), size
    return makers[stage](size, rng)


def speakers(size: int, rng: np.random.Generator, people: int = 400) -> tuple[SpeakerBatch, int]:
    """Crops of two seconds."""
    frames = 2 * FRAMES_A_SECOND
    numbers = torch.from_numpy(rng.integers(people, size=size))
    return SpeakerBatch(_normal(rng, size, frames, 80), torch.full((size,), frames), numbers), size * frames


def pairs(size: int, rng: np.random.Generator, face_size: int) -> FaceVoiceBatch:
    voices = torch.nn.functional.normalize(_normal(rng, size, 1024), dim=1)
    people = torch.from_numpy(rng.integers(10 * size, size=size))
    return FaceVoiceBatch(_normal(rng, size, face_size), voices, people, people % 2)


def utterances(size: int, rng: np.random.Generator) -> tuple[TTSBatch, int]:
    """The middle one of the batches that `LengthBatchSampler` makes of many utterances.

    Their lengths are log-normal about 3.3 s, 1 to 10 s, as in VCTK and AISHELL-3; longest text first.
    """
    seconds = np.exp(rng.normal(np.log(3.3), 0.35, 40 * size)).clip(1, 10)
    lengths = (seconds * FRAMES_A_SECOND).astype(int)
    drawn = [[draw.index for draw in batch] for batch in LengthBatchSampler(lengths, size)]
    middle = sorted(drawn, key=lambda items: lengths[items].max())[len(drawn) // 2]
    frames = lengths[middle]
    counts = np.maximum(4, frames / FRAMES_A_SECOND * SYMBOLS_A_SECOND * rng.uniform(0.9, 1.1, size)).astype(int)
    order = np.argsort(-counts, kind="stable")
    frames, counts = frames[order], counts[order]
    symbols = torch.from_numpy(rng.integers(1, len(SYMBOLS), (size, counts.max())))
    symbols[torch.arange(counts.max()) >= torch.from_numpy(counts)[:, None]] = 0
    voices = torch.nn.functional.normalize(_normal(rng, size, 1024), dim=1)
    mels = _normal(rng, size, frames.max(), 80)
    lengths_of = torch.from_numpy(frames)
    return TTSBatch(symbols, torch.from_numpy(counts), mels, lengths_of, voices), int(frames.sum())


def clips(size: int, rng: np.random.Generator) -> tuple[LandmarkBatch, int]:
    """Cuts of three seconds, a fifth of them shorter (what remains of a video)."""
    lengths = np.where(rng.random(size) < 0.2, rng.uniform(1, 3, size), 3.0) * FRAMES_A_SECOND
    lengths[0] = 3 * FRAMES_A_SECOND
    frames = torch.from_numpy(lengths.astype(int))
    longest = int(frames.max())
    face = torch.from_numpy(frontal_template()[:, :2]).float()
    landmarks = face + 0.01 * _normal(rng, size, longest, 68, 2)
    turned = torch.nn.functional.normalize(torch.tensor([1.0, 0, 0, 0]) + 0.05 * _normal(rng, size, longest, 4), dim=-1)
    batch = LandmarkBatch(_normal(rng, size, longest, 80), frames, landmarks, turned, landmarks[:, 0], turned[:, 0])
    return batch, int(frames.sum())


def pictures(size: int, rng: np.random.Generator, side: int) -> ImageBatch:
    photos, sketches, targets = (_normal(rng, size, 3, side, side).clamp(-1, 1) for _ in range(3))
    points = torch.from_numpy(frontal_template()[:, :2]).float() * side / 6 + side / 2
    both = points.expand(size, -1, -1)
    return ImageBatch(photos, sketches, targets, both, both, sketches)


def _normal(rng: np.random.Generator, *shape: int) -> torch.Tensor:
    return torch.from_numpy(rng.standard_normal(shape, dtype=np.float32))

"""What travels between the stages: batches and results, as frozen dataclasses of tensors.

`lightning_modules` and `datamodules` meet here and nowhere else. Shapes use B items, T mel frames (80 Hz),
N symbols, E the face-embedding size.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import torch
from torch import Tensor

BatchT = TypeVar("BatchT", bound="Batch")


@dataclass(frozen=True)
class Batch:
    """Base of the batches: moves all its tensors together (Lightning calls `to` and `pin_memory`)."""

    items: Sequence[str] = field(default=(), kw_only=True)
    """names of the B items, where the loader knows them"""

    def to(self: BatchT, device: torch.device | str, non_blocking: bool = False) -> BatchT:
        return self._mapped(lambda tensor: tensor.to(device, non_blocking=non_blocking))

    def pin_memory(self: BatchT) -> BatchT:
        return self._mapped(lambda tensor: tensor.pin_memory())

    def _mapped(self: BatchT, function: Any) -> BatchT:
        values = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return dataclasses.replace(
            self, **{name: function(value) for name, value in values.items() if isinstance(value, Tensor)}
        )


@dataclass(frozen=True)
class SpeakerBatch(Batch):
    """Utterances for the speaker encoder."""

    mels: Tensor  # (B, T, 80) float32, standardised log-mel
    lengths: Tensor  # (B,) int64, frames
    speakers: Tensor  # (B,) int64, speaker index


@dataclass(frozen=True)
class FaceVoiceBatch(Batch):
    """Pairs of a face and a voice of one person, for the face encoder."""

    face_embeddings: Tensor  # (B, E) float32
    speaker_embeddings: Tensor  # (B, 1024) float32, unit length
    persons: Tensor  # (B,) int64, person index: equal numbers are masked as negatives
    sexes: Tensor  # (B,) int64, 0 female, 1 male, -1 unknown


@dataclass(frozen=True)
class TTSBatch(Batch):
    """Transcribed utterances for the TTS."""

    symbols: Tensor  # (B, N) int64, 0 = padding
    symbol_lengths: Tensor  # (B,) int64
    mels: Tensor  # (B, T, 80) float32, standardised log-mel
    mel_lengths: Tensor  # (B,) int64, frames
    speaker_embeddings: Tensor  # (B, 1024) float32, unit length


@dataclass(frozen=True)
class SoundBatch(Batch):
    """Pieces of speech for the vocoder."""

    samples: Tensor  # (B, N) float32 in [-1, 1], N a whole number of hops


@dataclass(frozen=True)
class LandmarkBatch(Batch):
    """Clips for the landmark predictor; landmarks frontal, in outer-eye distances."""

    mels: Tensor  # (B, T, 80) float32, standardised log-mel
    lengths: Tensor  # (B,) int64, frames
    landmarks: Tensor  # (B, T, 68, 2) float32
    quaternions: Tensor  # (B, T, 4) float32, (w, x, y, z), unit, sign-continuous
    base_landmarks: Tensor  # (B, 68, 2) float32
    base_quaternions: Tensor  # (B, 4) float32


@dataclass(frozen=True)
class VoicedLandmarkBatch(LandmarkBatch):
    """Clips with the voice that speaks in them, for MakeItTalk."""

    speaker_embeddings: Tensor  # (B, 1024) float32, unit length


@dataclass(frozen=True)
class ConversionBatch(Batch):
    """Utterances and voices of one speaker each, for the voice conversion."""

    mels: Tensor  # (B, T, 80) float32, standardised log-mel
    lengths: Tensor  # (B,) int64, frames
    speaker_embeddings: Tensor  # (B, 1024) float32, unit length, of another utterance of the same speaker


@dataclass(frozen=True)
class ImageBatch(Batch):
    """Pairs of frames of one person for the image translation; pictures in [-1, 1], RGB."""

    photos: Tensor  # (B, 3, H, W) float32
    sketches: Tensor  # (B, 3, H, W) float32, drawn from the target's landmarks
    targets: Tensor  # (B, 3, H, W) float32
    target_landmarks: Tensor  # (B, 68, 2) float32, pixels
    photo_landmarks: Tensor  # (B, 68, 2) float32, pixels
    motion_fields: Tensor  # (B, 3, H, W) float32, from `anyonenet.face.motion_field`


@dataclass(frozen=True)
class SpaceTimeBatch(ImageBatch):
    """Frames with the sketches around them, for Write-a-Speaker's video generator; `sketches` are the targets' own."""

    volumes: Tensor  # (B, 3 V, H, W) float32, sketches of a window of V frames around the target, oldest first


@dataclass(frozen=True)
class HeardFaceBatch(Batch):
    """Clips at video rate for ATVGnet's AT-net; landmarks registered, in outer-eye distances."""

    audio: Tensor  # (B, F, W, C) float32, W frames of C cepstral coefficients around each of F video frames
    lengths: Tensor  # (B,) int64, video frames
    landmarks: Tensor  # (B, F, 68, 2) float32
    examples: Tensor  # (B, 68, 2) float32, one face of the same person


@dataclass(frozen=True)
class MovingPhotoBatch(Batch):
    """Consecutive frames of one person beside another for ATVGnet's VG-net; heads are aligned to the photo's.

    Pictures in [-1, 1], RGB; landmarks from -1 (left, top) to 1 of the picture.
    """

    photos: Tensor  # (B, 3, H, W) float32
    photo_landmarks: Tensor  # (B, 68, 2) float32
    frames: Tensor  # (B, F, 3, H, W) float32
    landmarks: Tensor  # (B, F, 68, 2) float32


@dataclass(frozen=True)
class SpokenFaceBatch(Batch):
    """A window of speech, stills of a person and the frame in the window's middle, for Speech2Vid; pictures in [-1, 1],
    RGB, registered to the canonical face."""

    mfccs: Tensor  # (B, 35, 12) float32
    stills: Tensor  # (B, 3 * stills, S, S) float32
    targets: Tensor  # (B, 3, S, S) float32
    target_landmarks: Tensor  # (B, 68, 2) float32, pixels


@dataclass(frozen=True)
class BlurredBatch(Batch):
    """Faces and the same blurred; RGB in [-1, 1]."""

    blurred: Tensor  # (B, 3, H, W) float32
    sharp: Tensor  # (B, 3, H, W) float32


@dataclass(frozen=True)
class FacialMotionBatch(Batch):
    """Utterances with the motion of a face, at `anyonenet.face.blendshapes.RATE`, for Write-a-Speaker's generators."""

    symbols: Tensor  # (B, T) int64, what is said at each frame
    words: Tensor  # (B, T) int64, rows of the word table
    emotions: Tensor  # (B,) int64, places in EMOTIONS
    parameters: Tensor  # (B, T, 51) float32, blendshapes
    head: Tensor  # (B, T, 6) float32
    lengths: Tensor  # (B,) int64, frames


@dataclass(frozen=True)
class LandmarkMotion:
    """What the landmark predictor says: frontal displacements and head orientations, at 80 Hz."""

    displacements: Tensor  # (B, T, 68, 2) float32, outer-eye distances
    quaternions: Tensor  # (B, T, 4) float32, (w, x, y, z), unit


@dataclass(frozen=True)
class TacotronOutput:
    """Teacher-forced output of the TTS network."""

    mels: Tensor  # (B, T, 80) before the post-net
    refined_mels: Tensor  # (B, T, 80) after the post-net
    stop_logits: Tensor  # (B, S) one a decoder step
    alignments: Tensor  # (B, S, N)


@dataclass(frozen=True)
class Synthesis:
    """Free-running output of the TTS network."""

    mels: Tensor  # (B, T, 80) standardised log-mel after the post-net, zero-padded
    lengths: Tensor  # (B,) int64, frames
    alignments: Tensor  # (B, S, N) one row a decoder step
    stopped: Tensor  # (B,) bool: False where the frame limit ended it

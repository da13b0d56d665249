"""What a model says about a moving face, and the face as the model says it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from anyonenet.face import quaternion
from anyonenet.video_rate import FaceMotion, VideoRate, sampled

JOIN_SECONDS = 0.1
"""in which the end of one sentence's motion fades out of the next one's"""


@dataclass(frozen=True)
class RawMotion:
    """One sentence's motion at the model's own rate, from the sentence's first sample on."""

    displacements: np.ndarray  # (N, 68, 2 or 3) away from the photo's frontal landmarks, outer-eye distances
    quaternions: np.ndarray  # (N, 4) head orientations (w, x, y, z), unit; the photo's own where nothing turns
    rate: float
    """frames a second"""


class Liven(Protocol):
    """Turns what a model says into video frames; remembers what it needs from one sentence to the next."""

    def move(self, mels: np.ndarray, raw: RawMotion, closures: np.ndarray | None = None) -> FaceMotion:
        """The video frames that fall into the next `T` mel frames.

        Args:
            mels: (T, 80) standardised log-mel of the next sentence with its silence.
            raw: what the model says about it.
            closures: (T,) from 0 to 1 where the sounds want the lips together (b, m, p).
        """
        ...


class PlainMotion:
    """The face as the model says it: nothing is added, nothing is smoothed, but sentences are joined without a jump.

    Args:
        frontal: (68, 3) the photo's landmarks, frontal, outer-eye distances.
        fps: video frames a second.
        mel_rate: mel frames a second.
    """

    def __init__(self, frontal: np.ndarray, fps: float, mel_rate: float):
        self._frontal = np.asarray(frontal, dtype=np.float64)
        self._mel_rate, self._rate = mel_rate, VideoRate(fps, mel_rate)
        self._last: tuple[np.ndarray, np.ndarray] | None = None

    def move(self, mels: np.ndarray, raw: RawMotion, closures: np.ndarray | None = None) -> FaceMotion:
        """As of `Liven`; `closures` are not looked at."""
        first, at = self._rate.next(len(mels))
        since = at - first / self._mel_rate
        displacements = raw.displacements.astype(np.float64)
        turned = quaternion.make_continuous(raw.quaternions.astype(np.float64))
        if self._last is not None:
            fading = np.clip(1 - np.arange(len(displacements)) / (JOIN_SECONDS * raw.rate), 0, 1)
            displacements = displacements - fading[:, None, None] * (displacements[0] - self._last[0])
            if turned[0] @ self._last[1] < 0:
                turned = -turned
            turned = turned - fading[:, None] * (turned[0] - self._last[1])
        self._last = displacements[-1], turned[-1]
        landmarks = np.repeat(self._frontal[None], len(at), axis=0)
        landmarks[..., : displacements.shape[-1]] += sampled(displacements, raw.rate, since)
        orientations = quaternion.normalise(sampled(turned, raw.rate, since))
        return FaceMotion(landmarks.astype(np.float32), orientations.astype(np.float32))

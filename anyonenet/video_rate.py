"""Motion at a rate of its own -> the frames of a video that fall into it, over any number of stretches."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class FaceMotion:
    """A stretch of video frames."""

    landmarks: np.ndarray  # (F, 68, 3) float32, frontal, outer-eye distances
    quaternions: np.ndarray  # (F, 4) float32, (w, x, y, z), unit


class VideoRate:
    """Which frames of a video fall into each stretch of sound, one stretch after another.

    After `T` mel frames in all, `ceil(T / mel rate * fps)` video frames have been asked for.

    Args:
        fps: video frames a second.
        mel_rate: mel frames a second.
    """

    def __init__(self, fps: float, mel_rate: float):
        self._fps, self._mel_rate = fps, mel_rate
        self._mel_frames = 0  # of the video so far
        self._video_frames = 0

    def next(self, mel_frames: int) -> tuple[int, np.ndarray]:
        """The next stretch, so many mel frames long: how many there were before it, and `(F,)` the seconds from the
        start of the video at which its video frames are shown."""
        first = self._mel_frames
        self._mel_frames += mel_frames
        end = self._mel_frames / self._mel_rate
        frames = np.arange(self._video_frames, math.ceil(end * self._fps - 1e-9))
        self._video_frames += len(frames)
        return first, frames / self._fps


def sampled(values: np.ndarray, rate: float, seconds: np.ndarray) -> np.ndarray:
    """Values at other times, linearly between their neighbours; the ends are held.

    Args:
        values: `(N, ...)`, N at least 1, the first at second 0.
        rate: values a second.
        seconds: `(F,)`.

    Returns:
        `(F, ...)`.
    """
    position = np.clip(seconds * rate, 0, len(values) - 1)
    before = np.floor(position).astype(int)
    after = np.minimum(before + 1, len(values) - 1)
    share = (position - before).reshape(-1, *[1] * (values.ndim - 1))
    return values[before] * (1 - share) + values[after] * share

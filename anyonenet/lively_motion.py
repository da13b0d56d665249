"""What a model says about a moving face, made to live: joined, smoothed, kept within what a photo can bear, and given
blinks and sway.

A model says how the frontal landmarks move and how the head turns, one sentence at a time, and as a rule says the mean
of all that could happen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from anyonenet.audio.mel import MelSettings
from anyonenet.face import quaternion
from anyonenet.face.template import EYES, JAW, LIPS
from anyonenet.liveliness import (
    Blinks,
    Sway,
    close_lids,
    close_lips,
    resting_level,
    smooth,
    speech_activity,
    uncross_lips,
)
from anyonenet.raw_motion import RawMotion
from anyonenet.video_rate import FaceMotion, VideoRate, sampled


@dataclass(frozen=True)
class MotionSettings:
    """How lively the face is."""

    head_gain: float = 1.0
    """multiplies the predicted head rotation"""
    largest_turn_degrees: float = 10.0
    """soft limit of the head's rotation away from the photo's pose"""
    lip_gain: float = 1.35
    """multiplies the displacements of mouth and jaw: the mean that a predictor gives is flatter than speech"""
    lip_sigma: float = 1.0
    """mel frames of smoothing of mouth and jaw; the other points are smoothed over four times as many"""
    join_seconds: float = 0.6
    """in which the head goes over from one sentence's prediction to the next"""
    sway_gain: float = 1.0
    """multiplies the sway that is laid over the prediction; 0 for models whose heads sway by themselves"""


class LivelyMotion:
    """One face that moves through one video; ask `move` for each sentence in turn.

    Args:
        mel: the audio settings of the sound.
        frontal: (68, 3) the photo's landmarks, frontal, outer-eye distances.
        base_quaternion: (4,) the photo's head orientation.
        fps: video frames a second.
        seed: of blinks and sway.
        settings: how lively the face is.
    """

    def __init__(
        self,
        mel: MelSettings,
        frontal: np.ndarray,
        base_quaternion: np.ndarray,
        fps: float = 25.0,
        seed: int = 0,
        settings: MotionSettings | None = None,
    ):
        self._mel = mel
        self._frontal = np.asarray(frontal, dtype=np.float32)
        self._base = quaternion.normalise(np.asarray(base_quaternion, dtype=np.float64))
        self._settings = settings or MotionSettings()
        self._blinks = Blinks(seed)
        self._sway = Sway(seed)
        self._rate = VideoRate(fps, mel.frame_rate)
        self._turn = np.zeros((2, 3))  # the two stages of the head's smoothing filter
        self._last_raw_turn: np.ndarray | None = None
        self._last_displacement: np.ndarray | None = None

    def move(self, mels: np.ndarray, raw: RawMotion, closures: np.ndarray | None = None) -> FaceMotion:
        """The video frames that fall into the next `T` mel frames.

        Args:
            mels: (T, 80) standardised log-mel of the next sentence with its silence.
            raw: what a model says about it.
            closures: (T,) from 0 to 1 where the sounds want the lips together (b, m, p).
        """
        first, at = self._rate.next(len(mels))
        times = (first + np.arange(len(mels))) / self._mel.frame_rate
        displacements, turns = self._smoothed(self._at_mel_rate(raw, len(mels)))
        activity = speech_activity(mels, resting_level(mels, self._mel.silence))
        quiet = activity < 0.05
        if quiet.any():
            # the face at rest is the photo's: what the predictor says about silence is the zero of its motion
            displacements = displacements - displacements[quiet].mean(axis=0)
        displacements = displacements * activity[:, None, None]
        turns = self._joined_turns(turns, times)
        displacements = self._joined_displacements(displacements)
        shut = 1 - activity
        if closures is not None:
            shut = np.maximum(shut, smooth(np.asarray(closures, dtype=np.float64)[:, None], 1.5)[:, 0])
        landmarks = np.repeat(self._frontal[None].astype(np.float64), len(mels), axis=0)
        # opening is measured from a closed mouth, whatever the photo's mouth does
        landmarks = close_lips(landmarks, np.ones(len(mels)))
        landmarks[..., : displacements.shape[-1]] += displacements
        landmarks = close_lips(uncross_lips(landmarks), shut)
        since = at - times[0]
        moved = close_lids(sampled(landmarks, self._mel.frame_rate, since), self._blinks.closure(at))
        turned = quaternion.from_rotation_vector(sampled(turns, self._mel.frame_rate, since))
        orientations = quaternion.normalise(quaternion.multiply(turned, self._base[None]))
        return FaceMotion(moved.astype(np.float32), orientations.astype(np.float32))

    def _at_mel_rate(self, raw: RawMotion, frames: int) -> RawMotion:
        rate = self._mel.frame_rate
        if raw.rate == rate and len(raw.displacements) == frames:
            return raw
        at = np.arange(frames) / rate
        continuous = quaternion.make_continuous(raw.quaternions.astype(np.float64))
        turned = quaternion.normalise(sampled(continuous, raw.rate, at))
        return RawMotion(sampled(raw.displacements, raw.rate, at), turned, rate)

    def _smoothed(self, raw: RawMotion) -> tuple[np.ndarray, np.ndarray]:
        """Smoothed displacements `(T, 68, 2 or 3)` and rotation vectors `(T, 3)` away from the photo's pose."""
        settings = self._settings
        said = raw.displacements.astype(np.float64)
        displacements = smooth(said, 4 * settings.lip_sigma)
        quick = smooth(said, settings.lip_sigma)
        speaking = [*JAW, *LIPS]
        displacements[:, speaking] = settings.lip_gain * quick[:, speaking]
        displacements[:, list(EYES)] = 0  # lids follow the blinks alone
        away = quaternion.multiply(raw.quaternions.astype(np.float64), quaternion.conjugate(self._base)[None])
        return displacements, settings.head_gain * quaternion.to_rotation_vector(away)

    def _joined_turns(self, turns: np.ndarray, times: np.ndarray) -> np.ndarray:
        """Rotation vectors without jump or kink at the join, softly limited, sway included."""
        settings = self._settings
        rate = self._mel.frame_rate
        jump = turns[0] if self._last_raw_turn is None else turns[0] - self._last_raw_turn
        fading = np.clip(1 - np.arange(len(turns)) / (settings.join_seconds * rate), 0, 1)
        turns = turns - (fading**2 * (3 - 2 * fading))[:, None] * jump
        self._last_raw_turn = turns[-1].copy()
        turns = turns + settings.sway_gain * self._sway.rotation_vectors(times)
        limit = math.radians(settings.largest_turn_degrees)
        size = np.linalg.norm(turns, axis=1, keepdims=True)
        turns = turns * np.where(size > 1e-9, limit * np.tanh(size / limit) / np.maximum(size, 1e-9), 1.0)
        # two one-pole filters in a row, their state carried across the join: speed is continuous too
        kept = math.exp(-1 / (0.05 * rate))
        joined = np.empty_like(turns)
        first, second = self._turn
        for i, turn in enumerate(turns):
            first = kept * first + (1 - kept) * turn
            second = kept * second + (1 - kept) * first
            joined[i] = second
        self._turn = np.stack([first, second])
        return joined

    def _joined_displacements(self, displacements: np.ndarray) -> np.ndarray:
        """The last sentence's final displacement fades out of the first tenth of a second of this one."""
        if self._last_displacement is not None:
            fading = np.clip(1 - np.arange(len(displacements)) / (0.1 * self._mel.frame_rate), 0, 1)
            jump = displacements[0] - self._last_displacement
            displacements = displacements - fading[:, None, None] * jump
        self._last_displacement = displacements[-1].copy()
        return displacements

"""Mel spectrogram and a photographed face -> moving landmarks at the video's rate (AnyoneNet section III-D1).

The landmark predictor says how the frontal landmarks move and how the head turns, 80 times a second and one sentence
at a time. Here its sentences are joined, smoothed, kept within what a photo can bear, and given blinks and sway.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from anyonenet.audio.mel import MelSettings
from anyonenet.face import quaternion
from anyonenet.face.template import EYES, JAW, LIPS
from anyonenet.liveliness import (
    Blinks,
    Sway,
    close_lids,
    close_lips,
    smooth,
    speech_activity,
    uncross_lips,
)
from anyonenet.weights import load_weights

LIP_CLOSING = frozenset({"b", "p", "m", "zh_b", "zh_p", "zh_m"})
"""symbols whose sound needs closed lips"""


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


@dataclass(frozen=True)
class FaceMotion:
    """A stretch of video frames."""

    landmarks: np.ndarray  # (F, 68, 3) float32, frontal, outer-eye distances
    quaternions: np.ndarray  # (F, 4) float32, (w, x, y, z), unit


class Motion:
    """One face that moves through one video; ask `move` for each sentence in turn.

    Args:
        predictor: the landmark predictor, in evaluation mode.
        mel: the audio settings it was trained with.
        frontal: (68, 3) the photo's landmarks, frontal, outer-eye distances.
        base_quaternion: (4,) the photo's head orientation.
        fps: video frames a second.
        seed: of blinks and sway.
        settings: how lively the face is.
        precision: of the predictor on a CPU, 'fp32' or 'bf16'; 'auto' is float32, or bfloat16 where the predictor is
            large and the processor multiplies it.

    Raises:
        ValueError: unknown precision.
    """

    def __init__(
        self,
        predictor: Any,
        mel: MelSettings,
        frontal: np.ndarray,
        base_quaternion: np.ndarray,
        fps: float = 25.0,
        seed: int = 0,
        settings: MotionSettings | None = None,
        precision: str = "auto",
    ):
        if precision not in ("auto", "fp32", "bf16"):
            raise ValueError(f"precision is '{precision}'; expected auto, fp32 or bf16")
        self._predictor = predictor
        self._device = next(predictor.parameters()).device
        self._rounded = precision == "bf16" or (precision == "auto" and _wants_bfloat16(predictor, self._device))
        self._mel = mel
        self._frontal = np.asarray(frontal, dtype=np.float32)
        self._base = quaternion.normalise(np.asarray(base_quaternion, dtype=np.float64))
        self._fps = fps
        self._settings = settings or MotionSettings()
        self._blinks = Blinks(seed)
        self._sway = Sway(seed)
        self._mel_frames = 0  # of the video so far
        self._video_frames = 0
        self._turn = np.zeros((2, 3))  # the two stages of the head's smoothing filter
        self._last_raw_turn: np.ndarray | None = None
        self._last_displacement: np.ndarray | None = None

    def move(self, mels: np.ndarray, closures: np.ndarray | None = None) -> FaceMotion:
        """The video frames that fall into the next `T` mel frames.

        Args:
            mels: (T, 80) standardised log-mel of the next sentence with its silence.
            closures: (T,) from 0 to 1 where the sounds want the lips together (b, m, p).
        """
        times = (self._mel_frames + np.arange(len(mels))) / self._mel.frame_rate
        displacements, turns = self._predict(mels)
        activity = speech_activity(mels, self._mel.silence)
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
        landmarks[..., :2] += displacements
        landmarks = close_lips(uncross_lips(landmarks), shut)
        return self._at_video_rate(times, landmarks, turns)

    def _predict(self, mels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Smoothed displacements `(T, 68, 2)` and rotation vectors `(T, 3)` away from the photo's pose."""
        settings = self._settings
        device = self._device
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=self._rounded):
            said = self._predictor(
                torch.from_numpy(mels)[None].to(device),
                torch.from_numpy(self._frontal[None, :, :2]).to(device),
                torch.from_numpy(self._base[None].astype(np.float32)).to(device),
            )
        raw = said.displacements[0].cpu().numpy().astype(np.float64)
        slow = smooth(raw, 4 * settings.lip_sigma)
        quick = smooth(raw, settings.lip_sigma)
        displacements = slow
        speaking = [*JAW, *LIPS]
        displacements[:, speaking] = settings.lip_gain * quick[:, speaking]
        displacements[:, list(EYES)] = 0  # lids follow the blinks alone
        quaternions = said.quaternions[0].cpu().numpy().astype(np.float64)
        away = quaternion.multiply(quaternions, quaternion.conjugate(self._base)[None])
        return displacements, settings.head_gain * quaternion.to_rotation_vector(away)

    def _joined_turns(self, turns: np.ndarray, times: np.ndarray) -> np.ndarray:
        """Rotation vectors without jump or kink at the join, softly limited, sway included."""
        settings = self._settings
        rate = self._mel.frame_rate
        jump = turns[0] if self._last_raw_turn is None else turns[0] - self._last_raw_turn
        fading = np.clip(1 - np.arange(len(turns)) / (settings.join_seconds * rate), 0, 1)
        turns = turns - (fading**2 * (3 - 2 * fading))[:, None] * jump
        self._last_raw_turn = turns[-1].copy()
        turns = turns + self._sway.rotation_vectors(times)
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

    def _at_video_rate(self, times: np.ndarray, landmarks: np.ndarray, turns: np.ndarray) -> FaceMotion:
        self._mel_frames += len(times)
        end = self._mel_frames / self._mel.frame_rate
        frames = np.arange(self._video_frames, math.ceil(end * self._fps - 1e-9))
        self._video_frames += len(frames)
        at = frames / self._fps
        position = np.clip((at - times[0]) * self._mel.frame_rate, 0, len(times) - 1)
        before = np.floor(position).astype(int)
        after = np.minimum(before + 1, len(times) - 1)
        share = position - before
        moved = landmarks[before] * (1 - share)[:, None, None] + landmarks[after] * share[:, None, None]
        turned = turns[before] * (1 - share)[:, None] + turns[after] * share[:, None]
        moved = close_lids(moved, self._blinks.closure(at))
        orientations = quaternion.multiply(quaternion.from_rotation_vector(turned), self._base[None])
        return FaceMotion(moved.astype(np.float32), quaternion.normalise(orientations).astype(np.float32))


def _wants_bfloat16(predictor: Any, device: torch.device) -> bool:
    """Whether so many products are wanted that their speed matters, and the processor has them for bfloat16."""
    large = sum(value.numel() for value in predictor.parameters()) > _LARGE
    return large and device.type == "cpu" and torch.cpu._is_avx512_bf16_supported()


_LARGE = 4_000_000
"""parameters; the paper's predictor has 39 million, that of the default weights 0.8"""


def lip_closures(symbols: tuple[str, ...], symbol_of_frame: np.ndarray) -> np.ndarray:
    """`(T,)` 1 where the sound of a mel frame, or of a neighbour, needs closed lips, else 0.

    Args:
        symbols: of the sentence.
        symbol_of_frame: `(T,)` index into `symbols`, -1 in silence.
    """
    wants = np.array([symbol in LIP_CLOSING for symbol in symbols] + [False])
    now = wants[symbol_of_frame]
    # one frame earlier and later: the shortest closure must not fall between two frames of the video
    held = now.copy()
    held[1:] |= now[:-1]
    held[:-1] |= now[1:]
    return held.astype(np.float64)


def load_predictor(weights: Path, device: torch.device | str = "cpu") -> tuple[Any, MelSettings]:
    """The landmark predictor in `weights/landmarks` and its audio settings.

    Raises:
        WeightsError: missing, corrupt or of another stage.
    """
    predictor, card = load_weights(Path(weights) / "landmarks", "landmarks", device)
    return predictor, card.mel

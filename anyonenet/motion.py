"""Mel spectrogram and a photographed face -> moving landmarks at the video's rate (AnyoneNet section III-D1).

The landmark predictor says how the frontal landmarks move and how the head turns, 80 times a second and one sentence
at a time; `LivelyMotion` makes that a living face.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from anyonenet.audio.mel import MelSettings
from anyonenet.face import quaternion
from anyonenet.lively_motion import LivelyMotion, MotionSettings
from anyonenet.raw_motion import RawMotion
from anyonenet.video_rate import FaceMotion
from anyonenet.weights import load_weights

LIP_CLOSING = frozenset({"b", "p", "m", "zh_b", "zh_p", "zh_m"})
"""symbols whose sound needs closed lips"""


class PredictedMotion:
    """What a landmark predictor says about one face.

    Args:
        predictor: maps `(1, T, 80)` mels, `(1, 68, 2)` landmarks and `(1, 4)` orientations to a `LandmarkMotion`; in
            evaluation mode.
        mel_rate: mel frames a second.
        frontal: (68, 3) the photo's landmarks, frontal, outer-eye distances.
        base_quaternion: (4,) the photo's head orientation.
        precision: of the predictor on a CPU, 'fp32' or 'bf16'; 'auto' is float32, or bfloat16 where the predictor is
            large and the processor multiplies it.

    Raises:
        ValueError: unknown precision.
    """

    def __init__(
        self,
        predictor: Any,
        mel_rate: float,
        frontal: np.ndarray,
        base_quaternion: np.ndarray,
        precision: str = "auto",
    ):
        if precision not in ("auto", "fp32", "bf16"):
            raise ValueError(f"precision is '{precision}'; expected auto, fp32 or bf16")
        self._predictor, self._rate = predictor, mel_rate
        self._device = next(predictor.parameters()).device
        self._rounded = precision == "bf16" or (precision == "auto" and _wants_bfloat16(predictor, self._device))
        self._frontal = np.asarray(frontal, dtype=np.float32)
        self._base = quaternion.normalise(np.asarray(base_quaternion, dtype=np.float64)).astype(np.float32)

    def predict(self, mels: np.ndarray) -> RawMotion:
        """One sentence's motion: `(T, 80)` standardised log-mel -> `T` frames."""
        device = self._device
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=self._rounded):
            said = self._predictor(
                torch.from_numpy(mels)[None].to(device),
                torch.from_numpy(self._frontal[None, :, :2]).to(device),
                torch.from_numpy(self._base[None]).to(device),
            )
        return RawMotion(said.displacements[0].cpu().numpy(), said.quaternions[0].cpu().numpy(), self._rate)


class Motion:
    """A landmark predictor's face that moves through one video; ask `move` for each sentence in turn.

    Args:
        predictor: the landmark predictor, in evaluation mode.
        mel: the audio settings it was trained with.
        frontal, base_quaternion, precision: as of `PredictedMotion`.
        fps, seed, settings: as of `LivelyMotion`.

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
        self._predicted = PredictedMotion(predictor, mel.frame_rate, frontal, base_quaternion, precision)
        self._lively = LivelyMotion(mel, frontal, base_quaternion, fps, seed, settings)

    def move(self, mels: np.ndarray, closures: np.ndarray | None = None) -> FaceMotion:
        """The video frames that fall into the next `T` mel frames.

        Args:
            mels: (T, 80) standardised log-mel of the next sentence with its silence.
            closures: (T,) from 0 to 1 where the sounds want the lips together (b, m, p).
        """
        return self._lively.move(mels, self._predicted.predict(mels), closures)


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

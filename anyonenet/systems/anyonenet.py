"""AnyoneNet itself: mel -> moving landmarks and head rotation (section III-D1), made to live, drawn by a renderer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from anyonenet.engine_use import EngineUse
from anyonenet.lively_motion import MotionSettings
from anyonenet.motion import PredictedMotion, load_predictor
from anyonenet.portrait import Portrait
from anyonenet.raw_motion import RawMotion
from anyonenet.systems.landmark_performer import LandmarkSystem
from anyonenet.voice import Spoken


class PredictorMover:
    """A landmark predictor that hears the sentence's mel.

    Args:
        predictor: in evaluation mode, see `PredictedMotion`.
        mel_rate: mel frames a second.
        portrait: whose face.
    """

    def __init__(self, predictor: Any, mel_rate: float, portrait: Portrait):
        self._predicted = PredictedMotion(predictor, mel_rate, portrait.frontal, portrait.quaternion)

    def hear(self, spoken: Spoken) -> RawMotion:
        """The sentence's motion, a frame a mel frame."""
        return self._predicted.predict(spoken.mel)


def load(weights: Path, device: torch.device, engine: EngineUse) -> LandmarkSystem:
    """As of `anyonenet.systems.system.Load`."""
    predictor, mel = load_predictor(weights, device)

    def mover(portrait: Portrait, seed: int) -> PredictorMover:
        return PredictorMover(predictor, mel.frame_rate, portrait)

    return LandmarkSystem("anyonenet", mover, weights, device, engine, liveliness=MotionSettings(), mel=mel)

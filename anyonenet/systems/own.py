"""The project's own landmark model: dilated convolutions for the face, a sampled track for the head."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from anyonenet.engine_use import EngineUse
from anyonenet.lively_motion import MotionSettings
from anyonenet.networks.dilated_predictor import DilatedPredictor
from anyonenet.networks.pose_flow import drawn_noise, turned
from anyonenet.portrait import Portrait
from anyonenet.raw_motion import RawMotion
from anyonenet.systems.landmark_performer import LandmarkSystem
from anyonenet.voice import Spoken
from anyonenet.weights import load_weights

STAGE = "own_landmarks"


class SampledMover:
    """Hears a sentence's mel; the head goes on from where the last sentence left it.

    Args:
        predictor: in evaluation mode.
        mel_rate: mel frames a second.
        portrait: whose face.
        seed: of the head's track: the same seed, portrait and speech turn it the same way.
    """

    def __init__(self, predictor: DilatedPredictor, mel_rate: float, portrait: Portrait, seed: int):
        self._predictor, self._rate, self._seed = predictor, mel_rate, seed
        device = next(predictor.parameters()).device
        self._face = torch.from_numpy(np.asarray(portrait.frontal[None, :, :2], dtype=np.float32)).to(device)
        self._base = torch.from_numpy(np.asarray(portrait.quaternion, dtype=np.float32)[None]).to(device)
        self._past: torch.Tensor | None = None
        self._sentences = 0

    @torch.inference_mode()
    def hear(self, spoken: Spoken) -> RawMotion:
        """The sentence's motion, a frame a mel frame."""
        mel = torch.from_numpy(spoken.mel)[None].to(self._base.device)
        displacements = self._predictor.displacements(mel, self._face)
        noise = drawn_noise((self._seed, self._sentences), 1, mel.shape[1]).to(mel.device)
        turns, self._past = self._predictor.pose.sample(mel, noise=noise, past=self._past)
        self._sentences += 1
        return RawMotion(displacements[0].cpu().numpy(), turned(self._base, turns)[0].cpu().numpy(), self._rate)


def load(weights: Path, device: torch.device, engine: EngineUse) -> LandmarkSystem:
    """As of `anyonenet.systems.system.Load`."""
    predictor, card = load_weights(Path(weights) / STAGE, STAGE, device)
    assert isinstance(predictor, DilatedPredictor)

    def mover(portrait: Portrait, seed: int) -> SampledMover:
        return SampledMover(predictor, card.mel.frame_rate, portrait, seed)

    # the head sways by itself: no sinusoids on top of it
    settings = MotionSettings(sway_gain=0.0)
    return LandmarkSystem("own", mover, weights, device, engine, liveliness=settings, mel=card.mel)

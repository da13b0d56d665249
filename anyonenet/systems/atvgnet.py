"""ATVGnet (Chen et al. 2019): sound -> landmarks in PCA coordinates -> attention and colour over the photo.

The head stays as it is in the photo: the method takes head motion out of the landmarks before it learns.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from anyonenet.audio.mfcc import MFCCSettings, mfcc, windows
from anyonenet.engine_use import AUTO, EngineUse
from anyonenet.portrait import Portrait
from anyonenet.raw_motion import RawMotion
from anyonenet.render.renderer import Renderer
from anyonenet.renderers import Renderers
from anyonenet.systems.known import LANDMARK_RENDERERS, OWN
from anyonenet.systems.landmark_performer import LandmarkSystem
from anyonenet.voice import Spoken
from anyonenet.weights import load_weights

RATE = 25
"""landmarks a second, as AT-net is trained"""
_BEYOND_SECONDS = 0.2
"""of sound around a sentence that its first and last windows reach into"""


class ATMover:
    """AT-net on one face; its LSTM goes on from sentence to sentence.

    Args:
        network: an `ATNet` in evaluation mode.
        settings: of the cepstral coefficients it was trained with.
        portrait: whose face.
    """

    def __init__(self, network: Any, settings: MFCCSettings, portrait: Portrait):
        self._network, self._settings, self._portrait = network, settings, portrait
        self._device = next(network.parameters()).device
        self._example = torch.from_numpy(np.asarray(portrait.frontal[:, :2], dtype=np.float32))[None].to(self._device)
        self._beyond = round(_BEYOND_SECONDS * settings.frame_rate)  # cepstral frames
        self._samples = round(self._beyond * settings.hop_seconds * settings.sample_rate)
        self._before = np.zeros(self._samples, dtype=np.float32)
        self._state: Any = None

    def hear(self, spoken: Spoken) -> RawMotion:
        """One sentence's motion. What was heard last is before it, silence after."""
        waveform = np.asarray(spoken.waveform, dtype=np.float32)
        sound = np.concatenate([self._before, waveform, np.zeros(self._samples, dtype=np.float32)])
        self._before = np.concatenate([self._before, waveform])[-self._samples :]
        frames = max(1, round(len(waveform) / self._settings.sample_rate * RATE))
        coefficients = mfcc(torch.from_numpy(sound), self._settings)
        centres = self._beyond + (torch.arange(frames) * (self._settings.frame_rate / RATE)).round().long()
        audio = windows(coefficients, centres, self._network.window)[None].to(self._device)
        with torch.inference_mode():
            said = self._network(audio, self._example, self._state)
        self._state = said.state
        displacements = (said.landmarks - self._example.unsqueeze(1))[0].float().cpu().numpy()
        turned = np.repeat(np.asarray(self._portrait.quaternion)[None], frames, axis=0)
        return RawMotion(displacements, turned, RATE)


class ATVGnetRenderers(Renderers):
    """Renderers that move landmarks are shared; ATVGnet's own is added."""

    def __init__(self, weights: Path, device: torch.device, engine: EngineUse = AUTO):
        super().__init__(weights, device, engine)
        self._frames: Any = None

    def load(self, name: str) -> None:
        """As of `Renderers`."""
        if name != OWN:
            super().load(name)
        elif self._frames is None:
            self._frames, _ = load_weights(self._weights / "atvgnet_frames", "atvgnet_frames", self._device)

    def make(self, name: str, portrait: Portrait) -> Renderer:
        """As of `Renderers`; 'own' draws with VG-net."""
        if name != OWN:
            return super().make(name, portrait)
        from anyonenet.render.attend import AttentiveRenderer

        self.load(name)
        return AttentiveRenderer(portrait.image, portrait.landmarks, self._frames)


class ATVGnet(LandmarkSystem):
    """AT-net that moves landmarks, drawn by VG-net or by what draws AnyoneNet."""

    def __init__(self, network: Any, settings: MFCCSettings, weights: Path, device: torch.device, engine: EngineUse):
        def mover(portrait: Portrait, seed: int) -> ATMover:
            return ATMover(network, settings, portrait)

        super().__init__("atvgnet", mover, weights, device, engine, renderers=(OWN, *LANDMARK_RENDERERS))
        self._drawing = ATVGnetRenderers(Path(weights), device, engine)


def load(weights: Path, device: torch.device, engine: EngineUse) -> ATVGnet:
    """As of `anyonenet.systems.system.Load`."""
    network, card = load_weights(Path(weights) / "atvgnet_landmarks", "atvgnet_landmarks", device)
    return ATVGnet(network, MFCCSettings(**card.extra["mfcc"]), weights, device, engine)

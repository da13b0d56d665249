"""MakeItTalk (Zhou et al. 2020): lips by what is said, head and face by who says it, drawn by a renderer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from anyonenet.audio.mel import log_mel
from anyonenet.engine_use import EngineUse
from anyonenet.errors import InputError
from anyonenet.liveliness import smooth
from anyonenet.lively_motion import MotionSettings
from anyonenet.makeittalk import MakeItTalk
from anyonenet.portrait import Portrait
from anyonenet.raw_motion import RawMotion
from anyonenet.systems.landmark_performer import LandmarkSystem
from anyonenet.voice import Spoken

SMOOTHING_SECONDS = 0.02
"""width of the Gaussian over the landmarks: each frame is predicted from a window of its own, and neighbours tremble"""
FEWEST_SECONDS = 0.5
"""of speech; in less a voice is not recognised"""


class MakeItTalkMover:
    """Both branches on one portrait. Who speaks is heard from the sentences: the mean of all so far.

    Args:
        model: the branches.
        portrait: whose face.
        identity: `(1024,)` unit embedding of whose manner the head takes; None: who speaks.
    """

    def __init__(self, model: MakeItTalk, portrait: Portrait, identity: np.ndarray | None = None):
        self._model, self._portrait = model, portrait
        self._identity = None if identity is None else torch.from_numpy(identity)[None].float()
        self._heard: list[torch.Tensor] = []

    def hear(self, spoken: Spoken) -> RawMotion:
        """The sentence's motion, a frame a mel frame of the content encoder."""
        mel = self._mel(spoken)
        lengths = torch.tensor([mel.shape[1]])
        if not self._heard or len(spoken.waveform) >= FEWEST_SECONDS * self._model.codes.mel.sample_rate:
            self._heard.append(self._model.hear_speakers(mel, lengths))
        speaker = torch.nn.functional.normalize(torch.stack(self._heard).mean(0), dim=-1)
        identity = self._identity if self._identity is None else self._identity.to(mel)
        base = torch.from_numpy(self._portrait.frontal[None, :, :2]).to(mel)
        turned = torch.from_numpy(np.asarray(self._portrait.quaternion, dtype=np.float32))[None].to(mel)
        said = self._model(mel, base, turned, lengths.to(mel.device), speaker, identity)
        rate = self._model.codes.mel.frame_rate
        sigma = SMOOTHING_SECONDS * rate
        displacements = smooth(said.displacements[0].cpu().numpy().astype(np.float64), sigma)
        quaternions = smooth(said.quaternions[0].cpu().numpy().astype(np.float64), sigma)
        return RawMotion(displacements, quaternions / np.linalg.norm(quaternions, axis=1, keepdims=True), rate)

    def _mel(self, spoken: Spoken) -> torch.Tensor:
        """`(1, T, bands)`; of another hop than the project's it is made of the sound."""
        settings = self._model.codes.mel
        device = self._model.device
        if settings.frame_rate == 80.0:
            return torch.from_numpy(spoken.mel)[None].to(device)
        return log_mel(torch.from_numpy(spoken.waveform), settings)[None].to(device)


def load(
    weights: Path,
    device: torch.device,
    engine: EngineUse,
    variant: str = "full",
    identity: np.ndarray | None = None,
    speaker: Path | None = None,
    liveliness: MotionSettings | None = None,
) -> LandmarkSystem:
    """As of `anyonenet.systems.system.Load`; the further arguments are for evaluations.

    Args:
        weights, device, engine: of every system.
        variant: 'full', 'no_speaker' or 'no_content', see `anyonenet.makeittalk`.
        identity: `(1024,)` unit embedding of whose manner the head takes, the paper's 'random ID'; None: who speaks.
        speaker: another folder of the speaker-aware branch.
        liveliness: what is added to what the branches say; None: nothing.

    Raises:
        InputError: unknown variant, or an identity that is no embedding.
        WeightsError: weights are missing, corrupt, of another stage, or not trained with each other.
    """
    if identity is not None and np.shape(identity) != (1024,):
        raise InputError(f"the identity has the shape {np.shape(identity)}; expected a speaker embedding, (1024,)")
    model = MakeItTalk.load(weights, variant, device, speaker=speaker)

    def mover(portrait: Portrait, seed: int) -> MakeItTalkMover:
        return MakeItTalkMover(model, portrait, identity)

    return LandmarkSystem("makeittalk", mover, weights, device, engine, liveliness=liveliness)

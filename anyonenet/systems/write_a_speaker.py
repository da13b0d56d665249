"""Write-a-Speaker (Li et al. 2021): sounds and words -> animation parameters -> landmarks of the person -> frames.

Mouth, upper face and head come from three generators (`anyonenet.face_text`), the photo's landmarks are driven by them
(`anyonenet.face.rig`), and the video generator draws ('own'), or a renderer of landmarks.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from anyonenet.engine_use import AUTO, EngineUse
from anyonenet.face.blendshapes import RATE, UPPER
from anyonenet.face.rig import FaceRig
from anyonenet.mouth_style import STYLE, load_style
from anyonenet.portrait import Portrait
from anyonenet.raw_motion import PlainMotion, RawMotion
from anyonenet.render.renderer import Renderer
from anyonenet.render.space_time import STAGE, SpaceTimeRenderer, VideoGenerator
from anyonenet.systems.known import LANDMARK_RENDERERS, OWN
from anyonenet.systems.landmark_performer import LandmarkPerformer, LandmarkSystem
from anyonenet.systems.manner import Manner
from anyonenet.voice import Spoken

BEGIN_SECONDS = 0.5
"""in which the video's first head pose goes over from the photo's"""


class Tracks(Protocol):
    """A sentence's motion at `RATE`."""

    @property
    def parameters(self) -> NDArray[np.float32]:
        """`(F, 51)`."""
        ...

    @property
    def head(self) -> NDArray[np.float32]:
        """`(F, 6)`."""
        ...


class Generators(Protocol):
    """Sounds and words to motion; `anyonenet.face_text.TextMotion`."""

    def animate(self, spoken: Spoken, emotion: str = "neutral") -> Tracks: ...


class ParameterMover:
    """One person's face moved by animation parameters; a `Mover`.

    Args:
        generators: from sounds and words to parameters.
        portrait: whose face.
        style: the person's mouth style; None: the actor's.
        identity: `(60,)` who it is, where a reference video told.
        emotion: of the upper face, see `anyonenet.face.blendshapes.EMOTIONS`.
    """

    def __init__(
        self,
        generators: Generators,
        portrait: Portrait,
        style: Any = None,
        identity: NDArray[np.floating] | None = None,
        emotion: str = "neutral",
    ):
        self._generators, self._style, self._emotion = generators, style, emotion
        self._rig = FaceRig(
            portrait.landmarks, portrait.frontal, portrait.quaternion, portrait.scale, identity=identity
        )
        self._begun = False

    def hear(self, spoken: Spoken) -> RawMotion:
        """One sentence's motion."""
        tracks = self._generators.animate(spoken, self._emotion)
        parameters, head = np.array(tracks.parameters), np.array(tracks.head, dtype=np.float64)
        if self._style is not None:
            with torch.inference_mode():
                mapped = self._style(torch.from_numpy(parameters[:, len(UPPER) :]))
            parameters[:, len(UPPER) :] = mapped.numpy()
        if not self._begun and len(head):
            share = np.clip(np.arange(len(head)) / (BEGIN_SECONDS * RATE), 0, 1)
            head -= (1 - share**2 * (3 - 2 * share))[:, None] * head[0]
            self._begun = True
        return RawMotion(self._rig.displacements(parameters, head), self._rig.quaternions(head), RATE)


class WriteASpeaker(LandmarkSystem):
    """The system; see `anyonenet.systems.system.System`.

    Args:
        generators: from sounds and words to parameters.
        weights: folder that holds one folder of exported weights a stage.
        device: where networks run.
        engine: of the image network, for renderer 'unet'.
    """

    def __init__(
        self,
        generators: Generators,
        weights: Path,
        device: torch.device,
        engine: EngineUse = AUTO,
    ):
        self.emotion = "neutral"
        """of performers made from now on"""
        self.style: Any = None
        """the mouth style of performers made from now on; None: the actor's"""
        self.identity: NDArray[np.floating] | None = None
        """`(60,)` who that person is"""
        self._weights, self._device = Path(weights), device
        self._video: VideoGenerator | None = None

        def mover(portrait: Portrait, seed: int) -> ParameterMover:
            return ParameterMover(generators, portrait, self.style, self.identity, self.emotion)

        super().__init__(
            "write_a_speaker",
            mover,
            weights,
            device,
            engine,
            reads_symbols=True,
            renderers=(OWN, *LANDMARK_RENDERERS),
        )

    def follow(self, manner: Manner) -> None:
        """As of `anyonenet.systems.manner.Mannered`; without a style it is the one beside the other weights, if any."""
        self.emotion, folder = manner.emotion, manner.style
        beside = self._weights / STYLE
        if folder is None and not (beside / "config.json").is_file():
            self.style = self.identity = None
        else:
            self.style, self.identity = load_style(folder or beside)

    def prepare(self, renderer: str) -> None:
        """As of `LandmarkSystem`."""
        if renderer != OWN:
            super().prepare(renderer)
        elif self._video is None:
            self._video = VideoGenerator(self._weights / STAGE, self._device)

    def performer(self, portrait: Portrait, fps: float, seed: int, renderer: str) -> LandmarkPerformer:
        """As of `LandmarkSystem`."""
        if renderer != OWN:
            return super().performer(portrait, fps, seed, renderer)

        def make() -> Renderer:
            self.prepare(OWN)
            assert self._video is not None
            return SpaceTimeRenderer(portrait.image, portrait.landmarks, self._video)

        motion = PlainMotion(portrait.frontal, fps, self._mel.frame_rate)
        return LandmarkPerformer(portrait, self._mover(portrait, seed), motion, make)


def load(weights: Path, device: torch.device, engine: EngineUse) -> WriteASpeaker:
    """As of `anyonenet.systems.system.Load`. A person's style is used where `weights` holds one; most have none."""
    from anyonenet.face_text import TextMotion

    system = WriteASpeaker(TextMotion(weights, device), weights, device, engine)
    system.follow(Manner())
    return system

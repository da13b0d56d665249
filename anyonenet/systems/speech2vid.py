"""Speech2Vid: each frame drawn by itself from a third of a second of sound and one still (Jamaludin, Chung and
Zisserman, "You said that?"). The head stays where the photo has it; only the lower face is exchanged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from anyonenet.audio.mel import MelSettings
from anyonenet.audio.mfcc import MFCCSettings, mfcc, windows
from anyonenet.engine_use import EngineUse
from anyonenet.errors import InputError
from anyonenet.face.canonical import canonical_matrix, moved, registered
from anyonenet.face.stills import stills_of
from anyonenet.networks.speech2vid import STEPS, Identity, Speech2Vid
from anyonenet.portrait import Portrait
from anyonenet.render.lower_face import Ground, LowerFace
from anyonenet.side_by_side import SideBySide
from anyonenet.stopwatch import Stopwatch
from anyonenet.systems.known import OWN
from anyonenet.systems.system import Performance
from anyonenet.video_rate import VideoRate
from anyonenet.voice import Spoken
from anyonenet.weights import load_weights

TOGETHER = 4
"""frames that a thread draws at once"""
_REACH_SECONDS = 0.2
"""sound before a sentence that its first windows reach into"""
_HOP = MFCCSettings().mel.hop_samples
_STEADY_FRAMES = 1.0
"""standard deviation, in frames, over which the place of the face in a video is averaged: detection trembles"""


class Speech2VidSystem:
    """Both networks, for any number of portraits; see `anyonenet.systems.system.System`.

    Args:
        generator: what draws faces.
        sharpener: the deblurring network; None leaves it out.
        device: where they run.
    """

    name = "speech2vid"
    renderers = (OWN,)
    reads_symbols = False

    def __init__(self, generator: Speech2Vid, sharpener: Any, device: torch.device):
        self._generator, self._sharpener, self._device = generator, sharpener, device
        self.side, self.stills = generator.side, generator.stills

    def prepare(self, renderer: str) -> None:
        """Raises InputError: another renderer than its own."""
        if renderer != OWN:
            raise InputError(f"speech2vid draws its own frames; its renderer is '{OWN}', not '{renderer}'")

    def performer(self, portrait: Portrait, fps: float, seed: int, renderer: str) -> Speech2VidPerformer:
        """See `System`; nothing in it is random."""
        self.prepare(renderer)
        return Speech2VidPerformer(self, portrait, fps)

    @torch.inference_mode()
    def identify(self, pictures: Iterable[NDArray[np.uint8]]) -> Identity:
        """Who is to speak.

        Args:
            pictures: registered stills `(S, S, 3)` uint8; where there are fewer than the network takes they come again,
                which the paper, whose five are of one video, does not speak of.
        """
        given = list(pictures)
        stack = np.concatenate([given[number % len(given)] for number in range(self.stills)], axis=-1)
        stills = torch.from_numpy(stack).permute(2, 0, 1)[None].float() / 127.5 - 1
        return self._generator.identify(stills.to(self._device))

    @torch.inference_mode()
    def faces(self, heard: NDArray[np.float32], identity: Identity) -> NDArray[np.float32]:
        """Windows `(F, 35, 12)` of sound -> canonical faces `(F, S, S, 3)`, grey levels."""
        made = self._generator.draw(torch.from_numpy(heard).to(self._device), identity.repeated(len(heard)))
        if self._sharpener is not None:
            made = self._sharpener(made)
        return grey_levels(made)

    def redub(
        self, frames: Callable[[], Iterable[NDArray[np.uint8]]], landmarks: ArrayLike, waveform: NDArray, fps: float
    ) -> Iterator[NDArray[np.uint8]]:
        """A video whose lower faces say something else (section 4.3).

        Args:
            frames: called for each pass over the frames `(H, W, 3)` uint8 RGB; two passes are made.
            landmarks: `(F, 68, 2 or 3)` pixels, one a frame.
            waveform: `(N,)` float32 at 16 kHz, what is to be said; silence follows it.
            fps: frames a second.

        Returns:
            as many frames as there are landmarks, in order.

        Raises:
            InputError: no landmarks, no sound, or fewer frames than landmarks.
        """
        points = np.asarray(landmarks, dtype=np.float64)
        if not len(points) or not len(waveform):
            raise InputError("a video without frames, or without sound to say, cannot be dubbed")
        matrices = steady(canonical_matrix(points, self.side))
        inside = moved(points, matrices)
        wanted = stills_of(inside, self.stills)
        seen: dict[int, NDArray[np.uint8]] = {}
        for number, frame in enumerate(frames()):
            if number in wanted:
                seen[number] = registered(frame, matrices[number], self.side)
        if len(seen) < len(set(wanted.tolist())):
            raise InputError(f"the video has fewer frames than the {len(points)} whose landmarks were given")
        identity = self.identify([seen[number] for number in wanted.tolist()])
        lower_face = LowerFace(inside.mean(0), self.side)
        heard = windows_at(waveform, np.arange(len(points)) / fps)
        for number, frame in zip(range(len(points)), frames()):
            face = self.faces(heard[number : number + 1], identity)[0]
            yield Ground(frame, matrices[number], lower_face).frame(face)


class Speech2VidPerformer:
    """One person through one video; see `anyonenet.systems.system.Performer`."""

    def __init__(self, system: Speech2VidSystem, portrait: Portrait, fps: float):
        self._system, self._portrait = system, portrait
        self._rate = VideoRate(fps, MelSettings().frame_rate)
        self._before, self._begin = np.zeros(0, np.float32), 0  # the last of the sound, and its first sample's number
        self._prepared: tuple[Identity, Ground] | None = None

    def ready(self) -> tuple[Identity, Ground]:
        """Read the photo; done by itself at the first call of `draw`."""
        if self._prepared is None:
            portrait, side = self._portrait, self._system.side
            matrix = canonical_matrix(portrait.landmarks, side)
            lower_face = LowerFace(moved(portrait.landmarks, matrix), side)
            ground = Ground(np.asarray(portrait.image, np.uint8), matrix, lower_face)
            self._prepared = self._system.identify([ground.canonical]), ground
        return self._prepared

    def perform(self, spoken: Spoken) -> Performance:
        _, seconds = self._rate.next(len(spoken.mel))
        rate = MFCCSettings.sample_rate
        sound = np.concatenate([self._before, spoken.waveform])
        heard = windows_at(sound, seconds - self._begin / rate)
        # what is kept begins on the coefficients' own clock, so that they come out as of one long sound
        kept = max(len(sound) - round(_REACH_SECONDS * rate), 0) // _HOP * _HOP
        self._before, self._begin = sound[kept:].astype(np.float32), self._begin + kept
        count = len(seconds)
        return Performance(
            landmarks=np.repeat(self._portrait.landmarks[None].astype(np.float32), count, 0),
            quaternions=np.repeat(self._portrait.quaternion[None].astype(np.float32), count, 0),
            driving=heard,
        )

    def draw(self, performance: Performance, pool: SideBySide, watch: Stopwatch) -> Iterator[NDArray[np.uint8]]:
        heard = np.asarray(performance.driving, dtype=np.float32)
        identity, ground = self.ready()

        def drawn(some: NDArray[np.float32]) -> list[NDArray[np.uint8]]:
            with watch.of("render"):
                return [ground.frame(face) for face in self._system.faces(some, identity)]

        for frames in pool.map(drawn, [heard[at : at + TOGETHER] for at in range(0, len(heard), TOGETHER)]):
            yield from frames


def windows_at(waveform: NDArray[np.floating], seconds: NDArray[np.floating]) -> NDArray[np.float32]:
    """`(F, 35, 12)` float32 MFCC windows whose middles are at `(F,)` seconds of a sound `(N,)` at 16 kHz."""
    if not len(seconds):
        return np.zeros((0, STEPS, MFCCSettings.coefficients), np.float32)
    settings = MFCCSettings()
    features = mfcc(torch.from_numpy(np.asarray(waveform, dtype=np.float32)), settings)
    centres = torch.from_numpy(np.rint(np.asarray(seconds) * settings.frame_rate).astype(np.int64))
    return np.asarray(windows(features, centres, STEPS).numpy(), dtype=np.float32)


def steady(matrices: NDArray[np.float64]) -> NDArray[np.float64]:
    """`(F, 2, 3)` similarities, averaged over neighbouring frames (their numbers are linear in scaled rotations)."""
    flat = matrices.reshape(len(matrices), -1)
    smooth = cv2.GaussianBlur(flat, (1, 0), sigmaX=0.01, sigmaY=_STEADY_FRAMES, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(smooth, dtype=np.float64).reshape(matrices.shape)


def grey_levels(pictures: Tensor) -> NDArray[np.float32]:
    """`(B, 3, S, S)` in [-1, 1] -> `(B, S, S, 3)` in 0 to 255."""
    levels = ((pictures.clamp(-1, 1) + 1) * 127.5).permute(0, 2, 3, 1)
    return np.ascontiguousarray(levels.float().cpu().numpy())


def load(weights: Path, device: torch.device, engine: EngineUse) -> Speech2VidSystem:
    """See `anyonenet.systems.system.Load`; engines are for the image network, which this system has not."""
    generator, _ = load_weights(weights / "speech2vid", "speech2vid", device)
    sharpener, _ = load_weights(weights / "speech2vid_deblur", "speech2vid_deblur", device)
    assert isinstance(generator, Speech2Vid)
    return Speech2VidSystem(generator, sharpener, device)

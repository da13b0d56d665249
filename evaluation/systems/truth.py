"""What really happened in a clip: its frames at 25 a second, the face in them, the sound, and the photo taken of it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from anyonenet.audio.files import read_audio
from anyonenet.audio.level import levelled
from anyonenet.audio.mel import MelSettings
from anyonenet.errors import FaceError, InputError
from anyonenet.face.embedding import FaceEmbedder
from anyonenet.face.mouth import mouth_opening
from anyonenet.face.registration import outer_eye_distance, register
from anyonenet.face.template import STABLE
from anyonenet.face.tracking import track_face
from anyonenet.portrait import Portrait, portrait_of
from anyonenet.render.video import read_video
from datamodules.prepare.face_models import FaceModels
from evaluation.systems.clips import HeldBack

FPS = 25.0
SHORTEST_SECONDS = 1.5


@dataclass(frozen=True)
class Face:
    """One face through the frames of a video, as a detector finds it."""

    landmarks: NDArray[np.float32]  # (F, 68, 3) pixels; frames without a face lie between their neighbours
    frontal: NDArray[np.float32]  # (F, 68, 2) outer-eye distances, registered to the true person's mean face
    quaternions: NDArray[np.float32]  # (F, 4)
    found: NDArray[np.bool_]  # (F,) where the face was seen


@dataclass(frozen=True)
class Truth:
    """A clip that a system is to come close to."""

    clip: HeldBack
    frames: list[NDArray[np.uint8]]  # (H, W, 3) RGB each
    waveform: NDArray[np.float32]  # (N,) as long as the frames, levelled as the voice's
    face: Face
    reference: NDArray[np.float64]  # (68, 3) the person's mean face, frontal, outer-eye distances
    photo_frame: int
    """where the mouth is most closed"""
    portrait: Portrait
    embedding: NDArray[np.float32]  # (128,) who is on the photo


class Finder:
    """The one detector that looks at true and made frames alike: dlib's, faces followed through the clip."""

    def __init__(self, models: FaceModels | None = None):
        self.models = models or FaceModels()

    @property
    def embedder(self) -> FaceEmbedder:
        """Says who is seen."""
        return self.models.identifier

    def find(self, frames: list[NDArray[np.uint8]], reference: NDArray[np.float64] | None = None) -> Face:
        """The face through a clip.

        Args:
            frames: (H, W, 3) each.
            reference: (68, 3) the person's face to register to; None: the mean of what is found.

        Raises:
            FaceError: no frame shows one.
        """
        track = track_face(lambda: frames, self.models.detector, self.models.identifier)
        return face_of(track.landmarks, track.found, mean_face(track.landmarks) if reference is None else reference)


def face_of(landmarks: NDArray[np.floating], found: NDArray[np.bool_], reference: NDArray[np.float64]) -> Face:
    """Landmarks `(F, 68, 3)` taken apart."""
    taken = register(landmarks, reference=reference)
    return Face(landmarks.astype(np.float32), taken.frontal[..., :2], taken.quaternions, found)


def mean_face(landmarks: NDArray[np.floating]) -> NDArray[np.float64]:
    """The person's own face in `(F, 68, 3)` landmarks: frontal, outer-eye distance 1, stable points around zero."""
    mean = register(landmarks).frontal.astype(np.float64).mean(axis=0)
    mean -= mean[list(STABLE)].mean(axis=0)
    return np.asarray(mean / outer_eye_distance(mean))


def read_truth(
    clip: HeldBack, finder: Finder, settings: MelSettings, seconds: float = 3.0, size: int = 384, photo: str = "closed"
) -> Truth:
    """Read a clip.

    Args:
        clip: which.
        finder: of faces.
        settings: of the mel; the sound gets their rate.
        seconds: of the clip from its start, at most.
        size: pixels of the longest side at most.
        photo: 'closed', the frame with the most closed mouth, or 'first', the first one with a face.

    Raises:
        InputError: the clip cannot be read, is shorter than `SHORTEST_SECONDS`, or silent.
        FaceError: no face is seen in it.
    """
    frames = frames_at_25(clip, seconds, size)
    rate = settings.sample_rate
    waveform = read_audio(clip.audio, rate)[: round(len(frames) / FPS * rate)]
    frames = frames[: int(len(waveform) / rate * FPS + 1e-6)]
    if len(frames) < SHORTEST_SECONDS * FPS:
        raise InputError(f"{clip.video} has {len(frames) / FPS:.2f} s of picture and sound; {SHORTEST_SECONDS} needed")
    waveform = waveform[: round(len(frames) / FPS * rate)]
    if not np.abs(waveform).max(initial=0) > 1e-4:
        raise InputError(f"{clip.audio} is silent")
    try:
        face = finder.find(frames)
    except FaceError as error:
        raise FaceError(f"{clip.video}: {error}") from None
    seen = np.flatnonzero(face.found)
    place = int(seen[mouth_opening(face.frontal[seen]).argmin()] if photo == "closed" else seen[0])
    portrait = portrait_of(frames[place], face.landmarks[place])
    return Truth(
        clip,
        frames,
        levelled(waveform, settings),
        face,
        mean_face(face.landmarks),
        place,
        portrait,
        finder.embedder(frames[place], face.landmarks[place]),
    )


def frames_at_25(clip: HeldBack, seconds: float, size: int) -> list[NDArray[np.uint8]]:
    """A clip's frames at 25 a second, each the one that is shown then; sides even, as a video's.

    Raises:
        InputError: the clip cannot be read.
    """
    frames: list[NDArray[np.uint8]] = []
    last: NDArray[np.uint8] | None = None
    for shown, frame in read_video(clip.video).timed_frames():
        while last is not None and len(frames) / FPS < shown - 1e-6 and len(frames) < round(seconds * FPS):
            frames.append(last)
        if len(frames) >= round(seconds * FPS):
            return frames
        last = _fitted(frame, size)
    if last is not None and len(frames) < round(seconds * FPS):
        frames.append(last)
    return frames


def _fitted(frame: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    height, width = frame.shape[:2]
    factor = min(1.0, size / max(height, width))
    even = tuple(max(2, round(side * factor / 2) * 2) for side in (width, height))
    if even == (width, height):
        return frame
    return np.asarray(cv2.resize(frame, even, interpolation=cv2.INTER_AREA), dtype=np.uint8)

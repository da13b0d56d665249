"""The landmarks of a video: those that lie beside it, else detected frame by frame."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from anyonenet.errors import AnyoneNetError, CorpusError
from anyonenet.face.embedding import FaceEmbedder
from anyonenet.face.landmarks import LandmarkDetector
from anyonenet.face.tracking import track_face
from anyonenet.render.video import read_video
from datamodules.corpora.manifest import Clip

MAXIMUM_MISSED = 0.2
"""share of frames without a face from which a video cannot be used"""


@dataclass(frozen=True)
class FaceTrack:
    """One face through one video."""

    landmarks: np.ndarray
    """(F, 68, 3) float32, image landmarks, pixels"""
    fps: float


def read_track(clip: Clip, backend: str = "dlib") -> FaceTrack:
    """A clip's landmarks; `NAME.landmarks.npz` where it is there, else detection.

    Raises:
        CorpusError: the file is not what it should be, or the face is missed in more than a fifth of the frames.
    """
    return _stored(clip.landmarks) if clip.landmarks is not None else _detected(clip.video, backend)


def _stored(path: Path) -> FaceTrack:
    try:
        with np.load(path) as arrays:
            landmarks, fps = arrays["landmarks"].astype(np.float32), float(arrays["fps"])
    except (OSError, KeyError, ValueError) as error:
        raise CorpusError(f"{path} is not a landmarks file ({error}); build the corpus again") from None
    if landmarks.ndim != 3 or landmarks.shape[1:] != (68, 3) or not len(landmarks):
        raise CorpusError(f"{path} holds landmarks of shape {landmarks.shape}, expected (frames, 68, 3)")
    return FaceTrack(landmarks, fps)


def _detected(path: Path, backend: str) -> FaceTrack:
    try:
        video = read_video(path)
        track = track_face(lambda: video.frames, LandmarkDetector(backend), FaceEmbedder())
    except AnyoneNetError as error:
        raise CorpusError(f"{path}: {error}") from None
    if track.found.mean() < 1 - MAXIMUM_MISSED:
        raise CorpusError(
            f"{path}: a face in {track.found.sum()} of {len(track.found)} frames; expected at least four fifths"
        )
    return FaceTrack(track.landmarks, video.fps)

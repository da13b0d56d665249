"""The landmarks of a video: those that lie beside it, else detected frame by frame."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from anyonenet.errors import AnyoneNetError, CorpusError
from anyonenet.face.detection import detect_faces
from anyonenet.face.landmarks import LandmarkDetector
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
        detector = LandmarkDetector(backend)
    except AnyoneNetError as error:
        raise CorpusError(str(error)) from None
    found, faces = [], []
    count = 0
    for frame in video.frames:
        boxes = detect_faces(frame, backend)
        if boxes:
            found.append(count)
            faces.append(detector(frame, boxes[0]))
        count += 1
    if len(found) < max(1, (1 - MAXIMUM_MISSED) * count):
        raise CorpusError(f"{path}: a face in {len(found)} of {count} frames; expected at least four fifths")
    landmarks = np.stack(faces)
    # missed frames lie between their neighbours
    filled = np.empty((count, 68, 3), dtype=np.float32)
    for point in range(68):
        for axis in range(3):
            filled[:, point, axis] = np.interp(np.arange(count), found, landmarks[:, point, axis])
    return FaceTrack(filled, video.fps)

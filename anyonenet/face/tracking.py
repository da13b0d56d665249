"""One face through a video: landmarks of every frame, gaps filled, never jumping to another person."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anyonenet.errors import FaceError
from anyonenet.face.detection import FaceBox, detect_faces
from anyonenet.face.landmarks import LandmarkDetector, square_of


@dataclass(frozen=True)
class Track:
    """Landmarks of one person over time."""

    landmarks: NDArray[np.float32]  # (F, 68, 3) pixels; frames without a face lie between their neighbours
    found: NDArray[np.bool_]  # (F,) where the face was seen


def track_face(
    frames: Iterable[NDArray[np.uint8]], detector: LandmarkDetector, redetect_every: int = 10, backend: str = "dlib"
) -> Track:
    """Follow the face that is the largest where one is first seen.

    Between detections the last landmarks say where to look, which is faster than detecting and steadier too; every
    `redetect_every` frames, and after a lost frame, the detector must find a face there.

    Args:
        frames: `(H, W, 3)` uint8 RGB each.
        detector: finds the landmarks.
        redetect_every: frames between two detections.
        backend: the face detector's.

    Raises:
        FaceError: no frame shows a usable face.
    """
    found: list[bool] = []
    seen: list[NDArray[np.float32]] = []
    last: FaceBox | None = None
    for index, frame in enumerate(frames):
        follow = last is not None and found[-1] and index % redetect_every != 0
        box = last if follow else _near(detect_faces(frame, backend), last)
        landmarks = None if box is None else _landmarks(detector, frame, box)
        found.append(landmarks is not None)
        if landmarks is not None:
            seen.append(landmarks)
            (x, y), side, roll = square_of(landmarks[:, :2])
            half = side / 2
            last = FaceBox(x - half, y - half, x + half, y + half, 1.0, math.degrees(roll))
    if not seen:
        raise FaceError(f"no face found in any of {len(found)} frames; give a video where one looks towards the camera")
    known = np.flatnonzero(found)
    points = np.stack(seen).reshape(len(seen), -1)
    times = np.arange(len(found))
    filled = np.stack([np.interp(times, known, column) for column in points.T], axis=-1)
    return Track(filled.reshape(-1, 68, 3).astype(np.float32), np.array(found))


def _near(boxes: list[FaceBox], last: FaceBox | None) -> FaceBox | None:
    """The largest box at first, later the nearest to where the face was, if it is near at all."""
    if not boxes:
        return None
    if last is None:
        return boxes[0]
    box = min(boxes, key=lambda other: math.dist(other.centre, last.centre))
    return box if math.dist(box.centre, last.centre) < last.side else None


def _landmarks(detector: LandmarkDetector, frame: NDArray[np.uint8], box: FaceBox) -> NDArray[np.float32] | None:
    try:
        return detector(frame, box)
    except FaceError:  # a moment in profile: a gap, which the track counts
        return None

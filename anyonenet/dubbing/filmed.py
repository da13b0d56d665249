"""The person in a video: where the head is in every frame, and one frame that stands for a photograph."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anyonenet.dubbing.timing import SteadyFrames
from anyonenet.errors import FaceError, InputError
from anyonenet.face import quaternion
from anyonenet.face.embedding import FaceEmbedder
from anyonenet.face.landmarks import LandmarkDetector
from anyonenet.face.mouth import mouth_opening
from anyonenet.face.registration import register_clip
from anyonenet.face.tracking import track_face
from anyonenet.liveliness import smooth
from anyonenet.portrait import Portrait, portrait_of
from anyonenet.render.video import Video, read_video

_SIGMA = 1.5
"""frames over which the head's pose is smoothed: detectors tremble"""
_JUMP = 0.35
"""outer-eye distances from one frame to the next: the scene was cut"""
_SHARE_OF_POSE = 2.0
"""what a radian away from the usual pose counts beside an outer-eye distance of opening"""


@dataclass(frozen=True)
class Poses:
    """The head in each of F frames: `pixels = scale * R(quaternion) @ frontal + translation`."""

    scale: NDArray[np.float64]  # (F,) pixels an outer-eye distance
    quaternions: NDArray[np.float64]  # (F, 4)
    translation: NDArray[np.float64]  # (F, 3) pixels


@dataclass(frozen=True)
class Filmed:
    """One person through one video."""

    video: Video
    frames: SteadyFrames
    poses: Poses
    found: NDArray[np.bool_]  # (F,) where the face is seen
    landmarks: NDArray[np.float32]  # (F, 68, 3) pixels
    frontal: NDArray[np.float32]  # (F, 68, 3) outer-eye distances
    reference: int
    """which frame stands for the photograph: the mouth shut, the head as it usually is"""
    portrait: Portrait
    """of that frame, in its own pixels"""

    @property
    def count(self) -> int:
        """Frames of the video."""
        return len(self.found)


def film(
    path: Path, detector: LandmarkDetector, embedder: FaceEmbedder, report: Callable[[int, int], Any] | None = None
) -> Filmed:
    """Follow the person who is seen longest and largest.

    Args:
        path: a video file.
        detector, embedder: see `anyonenet.face.tracking.track_face`.
        report: told how many frames have been gone through, and how many there are, about.

    Raises:
        InputError: no video, or one of a single frame.
        FaceError: no frame shows a usable face.
    """
    video = read_video(path)
    frames = SteadyFrames(video)
    done = 0

    def opened() -> Iterator[NDArray[np.uint8]]:
        nonlocal done
        for frame in frames:
            done += 1
            if report is not None:
                report(done, max(2 * video.frame_count, done))
            yield frame

    try:
        track = track_face(opened, detector, embedder)
    except FaceError as error:
        raise FaceError(f"{path}: {error}") from None
    if len(track.found) < 2:
        raise InputError(f"{path} has a single frame; use: anyonenet generate --image")
    registered = register_clip(track.landmarks)
    scale, turned, place = registered.scale, registered.quaternions, registered.translation
    poses = steadied(Poses(scale.astype(np.float64), turned.astype(np.float64), place.astype(np.float64)))
    reference = _reference(registered.frontal, poses.quaternions, track.found)
    image = next(frame for place, frame in enumerate(frames) if place == reference)
    portrait = portrait_of(image, track.landmarks[reference])
    return Filmed(video, frames, poses, track.found, track.landmarks, registered.frontal, reference, portrait)


def steadied(poses: Poses) -> Poses:
    """Without the tremor of detection; where the scene is cut, each side by itself."""
    steps = np.linalg.norm(np.diff(poses.translation[:, :2], axis=0), axis=1) / poses.scale[:-1]
    cuts = [0, *(np.flatnonzero(steps > _JUMP) + 1).tolist(), len(poses.scale)]
    parts = []
    for begin, end in zip(cuts, cuts[1:]):
        turned = quaternion.make_continuous(poses.quaternions[begin:end])
        parts.append(
            (
                smooth(poses.scale[begin:end, None], _SIGMA)[:, 0],
                quaternion.normalise(smooth(turned, _SIGMA)),
                smooth(poses.translation[begin:end], _SIGMA),
            )
        )
    scale, quaternions, translation = (np.concatenate(column) for column in zip(*parts))
    return Poses(scale, quaternions, translation)


def _reference(frontal: NDArray[np.float32], quaternions: NDArray[np.float64], found: NDArray[np.bool_]) -> int:
    """The frame whose mouth is shut most, among those where the head is as usual."""
    usual = quaternion.normalise(np.median(quaternion.make_continuous(quaternions)[found], axis=0))
    away = quaternion.angle_between(quaternions, np.broadcast_to(usual, quaternions.shape))
    cost = np.abs(mouth_opening(frontal)) + _SHARE_OF_POSE * away
    return int(np.where(found, cost, np.inf).argmin())

"""The landmarks of a video and when each of its pictures is shown: those that lie beside it, else detected."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from anyonenet.errors import CorpusError, FaceError
from anyonenet.face.tracking import track_face
from anyonenet.render.video import Video, read_video
from datamodules.corpora.manifest import Clip
from datamodules.prepare.face_models import FaceModels

LONGEST_GAP_SECONDS = 0.25
"""a face that has not been seen for longer is no longer taken to lie between where it was and where it will be"""


@dataclass(frozen=True)
class FaceTrack:
    """One face through one video."""

    landmarks: np.ndarray
    """(F, 68, 3) float32, image landmarks, pixels"""
    times: np.ndarray
    """(F,) float64, seconds from the first picture, rising"""
    found: np.ndarray
    """(F,) bool: where the face was seen; elsewhere the landmarks lie between those of the neighbours"""

    def seen_at(self, times: np.ndarray) -> np.ndarray:
        """`(T,)` seconds -> `(T,)` bool: whether a picture with the face is near."""
        known = self.times[self.found]
        after = np.searchsorted(known, times).clip(1, max(len(known) - 1, 1))
        neighbours = np.stack([known[after - 1], known[after.clip(0, len(known) - 1)]])
        return np.abs(neighbours - times).min(axis=0) <= LONGEST_GAP_SECONDS / 2


def read_track(clip: Clip, models: FaceModels, kept: Path | None = None) -> FaceTrack:
    """A clip's landmarks; `NAME.landmarks.npz` where it is there, else detection.

    Args:
        clip: with the paths of both.
        models: for detection.
        kept: folder that keeps what detection found, so that a second stage need not do it again; None keeps nothing.

    Raises:
        CorpusError: the file is not what it should be.
        InputError: the video is damaged.
        FaceError: no face in it.
    """
    if clip.landmarks is not None:
        return _stored(clip.landmarks)
    if kept is None:
        return _detected(clip.video, models)
    path = kept / f"{_made_of(clip.video, models)}.npz"
    track = _kept(path)
    if track is None:
        track = _detected(clip.video, models)
        _keep(track, path)
    return track


def _stored(path: Path) -> FaceTrack:
    try:
        with np.load(path) as arrays:
            landmarks, fps = arrays["landmarks"].astype(np.float32), float(arrays["fps"])
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise CorpusError(f"{path} is not a landmarks file ({error}); build the corpus again") from None
    if landmarks.ndim != 3 or landmarks.shape[1:] != (68, 3) or not len(landmarks) or not fps > 0:
        raise CorpusError(f"{path} holds landmarks of shape {landmarks.shape} at {fps} fps, expected (frames, 68, 3)")
    if not np.isfinite(landmarks).all():
        raise CorpusError(f"{path} holds landmarks that are not numbers; build the corpus again")
    return FaceTrack(landmarks, np.arange(len(landmarks)) / fps, np.ones(len(landmarks), dtype=bool))


class _Timed:
    """The frames of a video, as often as wanted; notes on the way when each is shown.

    Somebody who has seen enough leaves a later pass early, so the times are those of the longest one.
    """

    def __init__(self, video: Video):
        self.video = video
        self.times: list[float] = []

    def frames(self) -> Iterator[NDArray[np.uint8]]:
        times: list[float] = []
        for seconds, frame in self.video.timed_frames():
            times.append(seconds)
            if len(times) > len(self.times):
                self.times = times
            yield frame


def _detected(path: Path, models: FaceModels) -> FaceTrack:
    timed = _Timed(read_video(path))
    try:
        track = track_face(timed.frames, models.detector, models.identifier, backend=models.search)
    except FaceError as error:
        raise FaceError(f"{path}: {error}") from None
    return FaceTrack(track.landmarks, np.array(timed.times), track.found)


def _made_of(video: Path, models: FaceModels) -> str:
    """A name that changes with the video's content, as far as the disk tells of it, and with the models."""
    if not video.is_file():
        raise CorpusError(f"{video} is not a file that can be read")
    status = video.stat()
    told = f"{video.resolve()}\n{status.st_size}\n{status.st_mtime_ns}\n{models.landmarks}"
    return hashlib.sha256(told.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def _kept(path: Path) -> FaceTrack | None:
    try:
        with np.load(path) as arrays:
            track = FaceTrack(arrays["landmarks"], arrays["times"], arrays["found"])
            return track if len(track.times) == len(track.landmarks) == len(track.found) else None
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile):  # not there, or cut short by a full disk
        return None


def _keep(track: FaceTrack, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.stem}.{os.getpid()}.npz")
    np.savez(beside, landmarks=track.landmarks, times=track.times, found=track.found)
    os.replace(beside, path)

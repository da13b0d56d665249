"""One video as it is in its file: frames decoded, faces and lips detected again, the sound read back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.ndimage
import torch
from torch import Tensor

from anyonenet.audio.files import read_audio
from anyonenet.errors import WeightsError
from anyonenet.face.mouth import mouth_opening
from anyonenet.render.video import read_video
from evaluation.metrics.lip_sync import face_crops, lip_sync_error
from evaluation.metrics.lips import Detector, redetected_landmark_distance
from evaluation.metrics.sharpness import BLOCK, cumulative_blur_probability
from evaluation.metrics.sync import LONGEST_LAG_SECONDS, speech_loudness, speech_mouth_sync
from evaluation.metrics.syncnet import FPS, SAMPLE_RATE, WINDOW_FRAMES, SyncNet, load_syncnet

FROZEN = 0.05
"""mean difference of two frames, of 255 grey levels, below which nothing has moved"""
SYNCNET_SECONDS = 20.0
"""of a video are shown to SyncNet, from its start: enough for its means, and little memory"""
_SMOOTHED = 13
"""frames of 1/25 s over which the median of the face's box is taken"""


@dataclass(frozen=True)
class Seen:
    """One video as it was found."""

    lips: float
    """mean distance of lips from those asked for, in eye distances; nan where no face was found"""
    landmarks: float
    """the same of all points"""
    lip_motion: float
    """mean distance of the lips asked for from their middle over the video, in the same unit"""
    opening_correlation: float
    faces_found: float
    lag: float
    """seconds, positive where the mouth is late; nan where mouth or sound does not move"""
    sync_correlation: float
    lip_sync: tuple[float, float, float]
    """LSE-D, LSE-C and offset (seconds) by SyncNet; nan without it"""
    cpbd: float
    """sharpness of one frame a second; nan where frames are too small or have no edges"""
    seconds: float
    length_difference: float
    """of picture and sound, seconds"""
    frozen: float
    """share of frames that equal the one before"""


def look(video: Path, asked: np.ndarray, detector: Detector, network: SyncNet | None = None) -> Seen:
    """Measure one video against the landmarks `(F, 68, 2)` that it was drawn from, pixels.

    Args:
        video: its file.
        asked: the landmarks.
        detector: what finds landmarks again.
        network: SyncNet; None: without it.
    """
    opened = read_video(video)
    found: list[np.ndarray | None] = []
    differences, sharpness = [], []
    before: np.ndarray | None = None
    for number, frame in enumerate(opened.frames):
        picture = as_tensor(frame)
        landmarks = detector(picture)
        found.append(None if landmarks is None else landmarks.numpy())
        if number % max(1, round(opened.fps)) == 0:
            sharpness.append(cpbd(picture))
        if before is not None:
            differences.append(float(np.abs(frame.astype(np.int16) - before).mean()))
        before = frame.astype(np.int16)
    count = min(len(found), len(asked))  # the last frame may be held a little longer
    pairs = [(points, asked[place]) for place, points in enumerate(found[:count]) if points is not None]
    tensors = [(torch.from_numpy(one), torch.from_numpy(other)) for one, other in pairs]
    apart = {name: [float(redetected_landmark_distance(*pair, name)) for pair in tensors] for name in ("lips", "all")}
    openings = np.array([[float(mouth_opening(points)) for points in pair] for pair in pairs]).reshape(-1, 2)
    waveform = read_audio(video, SAMPLE_RATE)
    lag, correlation = mouth_sync(found[:count], waveform, opened.fps)
    eyes = np.linalg.norm(asked[:, 36] - asked[:, 45], axis=-1)
    turned = asked[:, 48:68] - asked[:, 27:31].mean(1, keepdims=True)  # the head's own motion is not the lips'
    middle = turned.mean(0)
    return Seen(
        lips=_mean(apart["lips"]),
        landmarks=_mean(apart["all"]),
        lip_motion=float((np.linalg.norm(turned - middle, axis=-1).mean(-1) / eyes).mean()),
        opening_correlation=_correlation(openings),
        faces_found=len(pairs) / max(count, 1),
        lag=lag,
        sync_correlation=correlation,
        lip_sync=lip_sync(network, video, asked, waveform),
        cpbd=_mean(sharpness),
        seconds=len(found) / opened.fps,
        length_difference=abs(len(found) / opened.fps - len(waveform) / SAMPLE_RATE),
        frozen=float(np.mean(np.array(differences) < FROZEN)) if differences else 0.0,
    )


def mouth_sync(found: Sequence[np.ndarray | None], waveform: np.ndarray, fps: float) -> tuple[float, float]:
    """Lag (seconds) and correlation of mouth and speech; frames without a face lie between their neighbours.

    Args:
        found: `(68, 2)` landmarks of each frame, None where no face was found.
        waveform: `(samples,)` at 16 kHz.
        fps: frames a second.
    """
    known = [place for place, points in enumerate(found) if points is not None]
    if len(known) < 2 or len(found) < 4 * LONGEST_LAG_SECONDS * fps + 1:
        return float("nan"), float("nan")
    openings = [float(mouth_opening(found[place])) for place in known]
    opening = np.interp(np.arange(len(found)), known, openings)
    return speech_mouth_sync(opening, speech_loudness(waveform, SAMPLE_RATE, fps, len(found)), fps)


def lip_sync(
    network: SyncNet | None, video: Path, landmarks: np.ndarray, waveform: np.ndarray
) -> tuple[float, float, float]:
    """LSE-D, LSE-C and offset (seconds) of the first `SYNCNET_SECONDS` of a video.

    Frames are taken at 25 a second, whatever the video's rate: the nearest of each time.

    Args:
        network: SyncNet; None gives nan.
        video: its file.
        landmarks: `(F, 68, 2)` pixels of the face in each frame.
        waveform: `(samples,)` at 16 kHz.
    """
    if network is None:
        return float("nan"), float("nan"), float("nan")
    opened = read_video(video)
    times = np.arange(int(min(len(landmarks) / opened.fps, SYNCNET_SECONDS) * FPS)) / FPS
    places = np.minimum(np.round(times * opened.fps).astype(int), len(landmarks) - 1)
    if len(places) <= WINDOW_FRAMES:
        return float("nan"), float("nan"), float("nan")
    shown = landmarks[places]
    boxes = np.concatenate([shown.min(1), shown.max(1)], axis=1)
    boxes = scipy.ndimage.median_filter(boxes, (_SMOOTHED, 1), mode="nearest")
    crops: list[np.ndarray] = []
    for number, frame in enumerate(opened.frames):
        while len(crops) < len(places) and places[len(crops)] == number:
            crops.append(face_crops(frame[None], boxes[len(crops)][None])[0])
        if len(crops) == len(places):
            break
    distance, confidence, offset = lip_sync_error(*network.features(np.stack(crops), waveform))
    return distance, confidence, offset / FPS


def syncnet(weights: Path | None) -> tuple[SyncNet | None, tuple[str, ...]]:
    """SyncNet, or None and a line that says why there is none.

    Raises:
        WeightsError: a file that was named is not there, or another's.
    """
    try:
        return load_syncnet(weights), ()
    except WeightsError as error:
        if weights is not None:
            raise
        return None, (f"lse_d, lse_c and lse_offset not measured: {error} (or name it: --syncnet-weights FILE)",)


def cpbd(picture: Tensor) -> float:
    """Sharpness of a picture `(3, H, W)` in [-1, 1]; nan where it is smaller than the metric's blocks."""
    return float(cumulative_blur_probability(picture[None])) if min(picture.shape[1:]) >= BLOCK else float("nan")


def as_tensor(frame: np.ndarray) -> Tensor:
    """`(H, W, 3)` uint8 -> `(3, H, W)` float32 in [-1, 1]."""
    return torch.from_numpy(np.ascontiguousarray(frame)).permute(2, 0, 1).float() / 127.5 - 1


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if value == value]
    return float(np.mean(known)) if known else float("nan")


def _correlation(pairs: np.ndarray) -> float:
    """Of `(N, 2)`; nan where one does not move."""
    if len(pairs) < 3 or (pairs.std(0) < 1e-9).any():
        return float("nan")
    return float(np.corrcoef(pairs.T)[0, 1])

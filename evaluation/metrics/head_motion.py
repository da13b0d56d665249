"""Whether heads move as speakers' heads do: measures of pose tracks that do not ask for one true track.

The same sentence can be said with many head movements, so D-Rot, which compares with the one that was filmed, is lowest
for a head that keeps to the mean of all of them and hardly moves. These measures compare kinds of movement instead.
Tracks are rotation vectors away from the clip's mean pose, in the head's own frame (pitch, yaw, roll), taken at
`RATE` after a short smoothing, so that neither the steps between video frames nor a detector's tremor count as speed.

- Motion distance: Frechet distance of features of `WINDOW_SECONDS` windows (spread, speed and acceleration about each
  axis, as logarithms) between made and true tracks; each feature in units of its spread in the true ones.
- Speed and spread: of made tracks over that of true ones; 1 is right, 0 still.
- Beat alignment (after Li et al. 2021, there of dances): whether turning points of the head fall on stressed syllables.
- Diversity: mean angle between tracks that were drawn for the same speech, degrees; 0 for what always says the same.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

from anyonenet.face import quaternion
from evaluation.metrics.frechet import frechet_distance
from evaluation.metrics.head import head_rotation_difference

RATE = 20.0
"""Hz at which tracks are looked at"""
SMOOTHING_SECONDS = 0.05
WINDOW_SECONDS = 1.5
HOP_SECONDS = 0.5
STILLEST_DEGREES = 0.01
"""added before logarithms: what moves less is still"""
BEAT_SECONDS = 0.1
"""how near a turning point must be to a stress to be on it (a standard deviation)"""


def pose_track(quaternions: NDArray[np.floating], rate: float) -> NDArray[np.float64]:
    """How a head turns in a clip, at `RATE`.

    Args:
        quaternions: `(frames, 4)` unit (w, x, y, z), at least two.
        rate: frames a second, at least `RATE`.

    Returns:
        `(steps, 3)` degrees away from the clip's mean pose: pitch, yaw, roll as the head itself feels them.

    Raises:
        ValueError: another shape, too few frames or too low a rate.
    """
    given = np.asarray(quaternions, dtype=np.float64)
    if given.ndim != 2 or given.shape[1] != 4 or len(given) < 2:
        raise ValueError(f"quaternions are {given.shape}; expected (frames, 4) with at least two frames")
    if rate < RATE:
        raise ValueError(f"the rate is {rate:g} Hz; at least {RATE:g} Hz are needed")
    signs = np.where((given[1:] * given[:-1]).sum(1) < 0, -1.0, 1.0)
    continuous = given * np.concatenate([[1.0], np.cumprod(signs)])[:, None]
    mean = quaternion.normalise(continuous.mean(0, keepdims=True))
    away = np.rad2deg(quaternion.to_rotation_vector(quaternion.multiply(quaternion.conjugate(mean), continuous)))
    smooth = gaussian_filter1d(away, SMOOTHING_SECONDS * rate, axis=0, mode="nearest")
    times = np.arange(int((len(smooth) - 1) * RATE / rate) + 1) / RATE
    clock = np.arange(len(smooth)) / rate
    return np.stack([np.interp(times, clock, axis) for axis in smooth.T], axis=1)


def window_features(track: NDArray[np.float64]) -> NDArray[np.float64]:
    """`(steps, 3)` from `pose_track` -> `(windows, 9)`: log-spread, log-speed, log-acceleration of each axis.

    A clip shorter than a window is one window.
    """
    length, hop = round(WINDOW_SECONDS * RATE), round(HOP_SECONDS * RATE)
    begins = range(0, max(len(track) - length, 0) + 1, hop)
    features = []
    for begin in begins:
        window = track[begin : begin + length]
        speed = np.diff(window, axis=0) * RATE
        change = np.diff(speed, axis=0) * RATE if len(speed) > 1 else np.zeros((1, 3))
        sizes = np.concatenate([window.std(0), np.abs(speed).mean(0), np.abs(change).mean(0)])
        features.append(np.log(sizes + STILLEST_DEGREES))
    return np.array(features)


def head_motion_distance(made: Sequence[NDArray[np.float64]], true: Sequence[NDArray[np.float64]]) -> float:
    """Frechet distance of window features.

    Few windows bias it upwards, by about the same for all that is compared with the same true tracks: give the
    distance between two halves of true tracks beside it.

    Args:
        made, true: tracks from `pose_track`, `(steps, 3)` each; not the same number of them.

    Returns:
        0 for equal means and covariances; no unit.

    Raises:
        ValueError: fewer than two windows on a side.
    """
    sides = [np.concatenate([window_features(track) for track in tracks]) for tracks in (made, true) if len(tracks)]
    if len(sides) < 2 or min(map(len, sides)) < 2:
        raise ValueError("a distance of head motions needs at least two windows of each side")
    scale = np.maximum(sides[1].std(0, ddof=1), 1e-6)
    normals = []
    for side in sides:
        features = torch.from_numpy(side / scale)
        normals.append((features.mean(0), features.T.cov()))
    return float(frechet_distance(*normals[0], *normals[1]))


def head_speed(track: NDArray[np.float64]) -> float:
    """Mean length of the angular velocity, degrees a second, of a `pose_track`."""
    return float(np.linalg.norm(np.diff(track, axis=0), axis=1).mean() * RATE)


def head_spread(track: NDArray[np.float64]) -> float:
    """Root mean square angle to the mean pose, degrees, of a `pose_track`."""
    return float(np.sqrt(((track - track.mean(0)) ** 2).sum(1).mean()))


def stresses(mel: NDArray[np.floating], rate: float) -> NDArray[np.float64]:
    """Times of stressed syllables: `(frames, bands)` log-mel -> `(count,)` seconds.

    Peaks of the mean over bands, smoothed over 50 ms, that stand out and are at least 0.2 s apart.
    """
    loudness = gaussian_filter1d(np.asarray(mel, dtype=np.float64).mean(1), 0.05 * rate)
    peaks, _ = find_peaks(
        loudness,
        height=float(np.median(loudness)),
        distance=max(round(0.2 * rate), 1),
        prominence=0.1 * np.ptp(loudness),
    )
    return np.asarray(peaks / rate, dtype=np.float64)


def beat_alignment(track: NDArray[np.float64], stressed: NDArray[np.float64]) -> float:
    """How near the head's turning points are to the stresses.

    Turning points are local minima of the angular speed that lie between faster movements.

    Args:
        track: of `pose_track`.
        stressed: `(count,)` seconds from the track's beginning.

    Returns:
        mean over the turning points of exp(-d^2 / (2 * 0.1^2)), d seconds to the nearest stress: 1 where each falls
        on one; nan where there are no turning points or no stresses. A head that turns often without looking at the
        speech has a good part of that by chance: compare with true tracks beside the sound of other clips.
    """
    speed = np.linalg.norm(np.diff(track, axis=0), axis=1) * RATE
    turning, _ = find_peaks(-speed, prominence=0.3 * max(float(speed.mean()), STILLEST_DEGREES))
    if not len(turning) or not len(stressed):
        return float("nan")
    apart = np.abs((turning[:, None] + 0.5) / RATE - stressed[None]).min(1)
    return float(np.exp(-0.5 * (apart / BEAT_SECONDS) ** 2).mean())


def pose_diversity(quaternions: NDArray[np.floating]) -> float:
    """Mean over frames and pairs of draws of the angle between them.

    Args:
        quaternions: `(draws, frames, 4)` unit; at least two draws for the same speech.

    Returns:
        degrees.

    Raises:
        ValueError: another shape, or a single draw.
    """
    given = np.asarray(quaternions, dtype=np.float64)
    if given.ndim != 3 or given.shape[2] != 4 or len(given) < 2:
        raise ValueError(f"quaternions are {given.shape}; expected (draws, frames, 4) with at least two draws")
    unit = torch.from_numpy(quaternion.normalise(given))
    one, other = np.triu_indices(len(given), 1)
    apart = [head_rotation_difference(unit[k], unit[i]) for k, i in zip(one, other, strict=True)]
    return float(torch.stack(apart).mean())

"""Figures of how real made head movements are, with intervals over videos (`evaluation.metrics.head_motion`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from evaluation.bootstrap import Figure, bootstrap, mean_of, ratio_of
from evaluation.metrics.frechet import frechet_distance
from evaluation.metrics.head_motion import (
    beat_alignment,
    head_speed,
    head_spread,
    pose_diversity,
    pose_track,
    stresses,
    window_features,
)

RESAMPLES = 500
"""of the distances, each of which is a decomposition of matrices"""


@dataclass(frozen=True)
class Heard:
    """What all ways of moving a head are measured against: the true cuts."""

    tracks: Sequence[NDArray[np.float64]]
    """`pose_track` of each cut"""
    stressed: Sequence[NDArray[np.float64]]
    """`stresses` of each cut"""
    videos: Sequence[str]
    """which cuts belong together"""


def heard_of(
    quaternions: Sequence[NDArray[np.floating]],
    mels: Sequence[NDArray[np.floating]],
    videos: Sequence[str],
    rate: float,
) -> Heard:
    """True cuts: `(frames, 4)` and `(frames, bands)` each, at `rate` frames a second."""
    return Heard(
        [pose_track(turned, rate) for turned in quaternions], [stresses(mel, rate) for mel in mels], list(videos)
    )


def head_figures(made: Sequence[Sequence[NDArray[np.floating]]], true: Heard, rate: float) -> dict[str, Figure]:
    """How real the heads of all cuts move.

    Args:
        made: for each cut its draws, `(frames, 4)` each; one for what draws nothing.
        true: the same cuts.
        rate: frames a second of both.

    Returns:
        `head_distance`, `head_speed` and `head_spread` (over the true ones), `head_beats` and, of two draws and more,
        `head_diversity`, degrees.
    """
    tracks = [[pose_track(draw, rate) for draw in draws] for draws in made]
    figures = {"head_distance": distance_of(tracks, true)}
    for name, size in (("head_speed", head_speed), ("head_spread", head_spread)):
        above = [float(np.mean([size(track) for track in draws])) for draws in tracks]
        figures[name] = ratio_of(above, [size(track) for track in true.tracks], "videos", true.videos)
    beats = [
        float(np.mean(known)) if (known := [value for value in values if value == value]) else float("nan")
        for values in (
            [beat_alignment(track, stressed) for track in draws]
            for draws, stressed in zip(tracks, true.stressed, strict=True)
        )
    ]
    figures["head_beats"] = mean_of(beats, "videos", true.videos)
    if min(map(len, made)) > 1:
        apart = [pose_diversity(np.stack([np.asarray(draw) for draw in draws])) for draws in made]
        figures["head_diversity"] = mean_of(apart, "videos", true.videos)
    return figures


def distance_of(tracks: Sequence[Sequence[NDArray[np.float64]]], true: Heard) -> Figure:
    """`head_motion_distance` of the draws of all cuts, with its interval: made and true cuts of a video are drawn
    together."""
    _, place = np.unique(true.videos, return_inverse=True)
    videos = int(place.max()) + 1
    made_of: list[list[NDArray[np.float64]]] = [[] for _ in range(videos)]
    true_of: list[list[NDArray[np.float64]]] = [[] for _ in range(videos)]
    for video, draws, track in zip(place.tolist(), tracks, true.tracks, strict=True):
        made_of[video] += [window_features(draw) for draw in draws]
        true_of[video].append(window_features(track))
    scale = np.maximum(np.concatenate([part for parts in true_of for part in parts]).std(0, ddof=1), 1e-6)
    sides = [[np.concatenate(parts) / scale for parts in side] for side in (made_of, true_of)]

    def statistic(counts: NDArray[np.int64]) -> float:
        normals = []
        for side in sides:
            rows = torch.from_numpy(np.concatenate([side[video] for video in np.repeat(np.arange(videos), counts)]))
            normals.append((rows.mean(0), rows.T.cov()))
        return float(frechet_distance(*normals[0], *normals[1]))

    return bootstrap(statistic, videos, "videos", RESAMPLES)

"""Figures of one made clip against the true one: lips, head, pictures, sync."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torchmetrics import Metric

from anyonenet.errors import FaceError
from anyonenet.face import quaternion
from anyonenet.face.mouth import mouth_opening
from anyonenet.render.blend import Square
from anyonenet.systems.system import Performance
from evaluation.landmarks import HEAD_ERRORS, clip_errors
from evaluation.metrics.head import head_rotation_difference
from evaluation.metrics.syncnet import SyncNet
from evaluation.picture_scores import scored, scores_of
from evaluation.seen_video import as_tensor, cpbd, lip_sync, mouth_sync
from evaluation.systems.truth import FPS, Face, Finder, Truth, face_of

_TREMBLE = 0.002
"""outer-eye distances: a mouth that opens and shuts by less does not move, the detector does"""
_PICTURES_EVERY, _FACES_EVERY = 5, 15
"""frames between two that are compared as pictures, and in which it is looked who is seen"""


@dataclass(frozen=True)
class Kind:
    """What a figure is."""

    words: str
    higher: bool | None = False
    """whether more is better; None: neither, it is to be like the truth's"""


FIGURES = {
    "d_ll": Kind("D-LL: jaw and lips, in mouth widths"),
    "d_vl": Kind("D-VL: their velocity, mouth widths a frame at 25 Hz"),
    "d_a": Kind("D-A: area of the open mouth"),
    "said_d_ll": Kind("D-LL of the landmarks that the system says"),
    "said_d_vl": Kind("D-VL of these"),
    "said_d_a": Kind("D-A of these"),
    "opening_correlation": Kind("of the mouth's opening with the true one", True),
    "lip_motion": Kind("spread of the mouth's opening, outer-eye distances", None),
    "d_l": Kind("D-L: all placed landmarks, face widths"),
    "d_v": Kind("D-V: their velocity"),
    "d_rot": Kind("D-Rot: head orientation, degrees"),
    "d_pos": Kind("D-Pos: head position, face widths"),
    "head_motion": Kind("spread of the head's orientation, degrees", None),
    "ssim": Kind("structural similarity, square around the head", True),
    "psnr": Kind("dB, there", True),
    "perceptual_gabor": Kind("perceptual distance on fixed filters, there"),
    "identity": Kind("distance of the face's embedding from the photo's"),
    "faces_found": Kind("share of frames in which a face is found", True),
    "sync_correlation": Kind("of mouth and loudness, at the best lag", True),
    "sync_absolute_lag": Kind("seconds between them there"),
    "lse_d": Kind("SyncNet's distance"),
    "lse_c": Kind("SyncNet's confidence", True),
    "cpbd": Kind("sharpness, square around the head", True),
    "real_time_factor": Kind("seconds of work a second of video, after loading"),
    "processor_factor": Kind("seconds of the processor's time a second of video"),
    "load_seconds": Kind("to load the weights"),
}
"""in the table's order"""
MAIN = ("d_ll", "d_vl", "d_a", "d_l", "d_v", "d_rot", "d_pos", "ssim", "perceptual_gabor", "identity")
"""those by which pairs of systems are compared"""


class Judge:
    """Looks at made clips.

    Args:
        finder: of faces, the one that looked at the truth.
        network: SyncNet; None: without it.
    """

    def __init__(self, finder: Finder, network: SyncNet | None = None):
        self._finder, self._network = finder, network
        self._scores: Mapping[str, Metric] = scores_of()

    @torch.inference_mode()
    def figures(
        self,
        frames: Sequence[NDArray[np.uint8]],
        truth: Truth,
        performances: Sequence[Performance] = (),
        video: Path | None = None,
    ) -> dict[str, float]:
        """All that can be said of a made clip; nan where something cannot.

        Args:
            frames: (H, W, 3) each, of the truth's size; what is longer than the truth is left out.
            truth: the clip.
            performances: that they were drawn from, for the landmarks that the system says.
            video: the frames' file with sound, which SyncNet reads.
        """
        made = list(frames[: len(truth.frames)])
        values = dict.fromkeys(FIGURES, math.nan) | self._pictures(made, truth)
        values |= said_errors(performances, truth)
        try:
            face = self._finder.find(made, truth.reference)
        except FaceError:
            return values | {"faces_found": 0.0}
        values |= face_errors(face, truth.face) | {"faces_found": float(face.found.mean())}
        values["identity"] = self._identity(made, face, truth)
        return values | self.sync(face, truth, video)

    def of_truth(self, truth: Truth) -> dict[str, float]:
        """What can be said of the true clip itself."""
        values = dict.fromkeys(FIGURES, math.nan) | motion_of(truth.face)
        values["identity"] = self._identity(truth.frames, truth.face, truth)
        values["faces_found"] = float(truth.face.found.mean())
        square = head_of(truth)
        values["cpbd"] = _mean([cpbd(as_tensor(frame[square])) for frame in truth.frames[::_FACES_EVERY]])
        return values | self.sync(truth.face, truth, truth.clip.video)

    def sync(self, face: Face, truth: Truth, video: Path | None) -> dict[str, float]:
        """Mouth and sound."""
        seen = [points if found else None for points, found in zip(face.landmarks[..., :2], face.found, strict=True)]
        lag, correlation = mouth_sync(seen, truth.waveform, FPS)
        values = {"sync_correlation": correlation, "sync_absolute_lag": abs(lag)}
        if self._network is not None and video is not None:
            heard = lip_sync(self._network, video, face.landmarks[..., :2], truth.waveform)
            values |= {"lse_d": heard[0], "lse_c": heard[1]}
        return values

    def _pictures(self, made: Sequence[NDArray[np.uint8]], truth: Truth) -> dict[str, float]:
        square = head_of(truth)
        rows = []
        for place in range(0, len(made), _PICTURES_EVERY):
            if place == truth.photo_frame:  # which every system knows
                continue
            pair = (as_tensor(made[place][square])[None], as_tensor(truth.frames[place][square])[None])
            rows.append(scored(*pair, self._scores))
        sharp = [cpbd(as_tensor(frame[square])) for frame in made[::_FACES_EVERY]]
        wanted = ("ssim", "psnr", "perceptual_gabor")
        return {name: _mean([row[name] for row in rows]) for name in wanted} | {"cpbd": _mean(sharp)}

    def _identity(self, frames: Sequence[NDArray[np.uint8]], face: Face, truth: Truth) -> float:
        places = [place for place in range(0, len(frames), _FACES_EVERY) if face.found[place]]
        seen = [self._finder.embedder(frames[place], face.landmarks[place]) for place in places]
        return _mean([float(np.linalg.norm(one - truth.embedding)) for one in seen])


def face_errors(face: Face, truth: Face) -> dict[str, float]:
    """Distances of a found face from the true one, and how much each moves."""
    count = min(len(face.frontal), len(truth.frontal))
    pair = [torch.from_numpy(one.frontal[:count].copy()).double() for one in (face, truth)]
    values = {name: value for name, value in clip_errors(*pair).items() if name in FIGURES}
    placed = [torch.from_numpy(one.landmarks[:count, :, :2].copy()).double() for one in (face, truth)]
    values |= {name: float(error(*placed)) for name, error in HEAD_ERRORS.items()}
    turned, true = (torch.from_numpy(one.quaternions[:count].copy()).double() for one in (face, truth))
    values["d_rot"] = float(head_rotation_difference(turned, true))
    openings = [np.asarray(mouth_opening(one.frontal[:count]), dtype=np.float64) for one in (face, truth)]
    values["opening_correlation"] = _correlation(*openings)
    return values | motion_of(face)


def motion_of(face: Face) -> dict[str, float]:
    """How much mouth and head move, whatever the truth does."""
    middle = quaternion.normalise(quaternion.make_continuous(face.quaternions.astype(np.float64)).mean(axis=0))
    away = np.degrees(quaternion.angle_between(face.quaternions.astype(np.float64), middle))
    return {
        "lip_motion": float(np.std(mouth_opening(face.frontal))),
        "head_motion": float(np.sqrt((away**2).mean())),
    }


def said_errors(performances: Sequence[Performance], truth: Truth) -> dict[str, float]:
    """D-LL, D-VL and D-A of the landmarks that a system says; none where it says none."""
    if not performances:
        return {}
    landmarks = np.concatenate([one.landmarks for one in performances])[: len(truth.frames)]
    if np.allclose(landmarks, truth.portrait.landmarks, atol=1e-3):  # the portrait's own: the system has none
        return {}
    said = face_of(landmarks, np.ones(len(landmarks), dtype=bool), truth.reference)
    pair = [torch.from_numpy(one[: len(landmarks)].copy()).double() for one in (said.frontal, truth.face.frontal)]
    errors = clip_errors(*pair)
    return {f"said_{name}": errors[name] for name in ("d_ll", "d_vl", "d_a")}


def head_of(truth: Truth) -> tuple[slice, slice]:
    """Rows and columns of a frame around the head on the photo."""
    return Square.around(truth.portrait.landmarks).inside(truth.portrait.image.shape)


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if math.isfinite(value)]  # of equal pictures PSNR is infinite
    return float(np.mean(known)) if known else math.nan


def _correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    if min(one.std(), other.std()) < _TREMBLE:
        return math.nan
    return float(np.corrcoef(one, other)[0, 1])

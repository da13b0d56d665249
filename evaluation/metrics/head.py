"""Metrics of the whole face in motion: D-L, D-V, D-Rot and D-Pos (MakeItTalk, section 6.1).

Landmarks here are placed ones: head motion counts, unlike in `evaluation.metrics.landmarks`. For one clip:

- f: the largest distance between the reference's points 0 and 16, the ends of the jaw line, over the clip's frames;
  a turned head looks narrower, so the largest is the face's own width.
- D-L = mean over frames and all 68 points of |P - R| / f.
- D-V = mean over pairs of consecutive frames and all points of |(P_t - P_t-1) - (R_t - R_t-1)| / f.
- D-Rot = mean over frames of the angle between predicted and reference orientation, degrees.
- D-Pos = mean over frames of |c(P) - c(R)| / f, c the centroid of the points that speech does not move (nose, 27-35,
  and eye corners, 36, 39, 42, 45).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from anyonenet.face.template import STABLE
from anyonenet.metrics.frames import check_lengths, greatest_over_frames, mean_over_frames
from anyonenet.metrics.landmarks import mean_distance, mean_velocity_distance
from evaluation.metrics.aggregates import ItemMean

_ALL = (slice(0, 68),)
ANGLES = ("geodesic", "euler")


def face_landmark_distance(predicted: Tensor, reference: Tensor, lengths: Tensor | None = None) -> Tensor:
    """D-L of each clip (see the module).

    Args:
        predicted, reference: `(..., frames, 68, 2)` or `(..., frames, 68, 3)` placed landmarks in any common unit.
        lengths: `(...)` frames that count, from the first on; all when None.

    Returns:
        `(...)`, in widths of the face.

    Raises:
        ValueError: the shapes differ or are not of landmarks, lengths out of range.
    """
    _check(predicted, reference, lengths)
    distances = mean_distance(predicted, reference, _ALL)
    return mean_over_frames(distances, lengths) / _face_width(reference, lengths)


def face_velocity_distance(predicted: Tensor, reference: Tensor, lengths: Tensor | None = None) -> Tensor:
    """D-V of each clip (see the module); as `face_landmark_distance`, at least two frames."""
    _check(predicted, reference, lengths, least=2)
    steps = mean_velocity_distance(predicted, reference, _ALL)
    return mean_over_frames(steps, None if lengths is None else lengths - 1) / _face_width(reference, lengths)


def head_position_difference(predicted: Tensor, reference: Tensor, lengths: Tensor | None = None) -> Tensor:
    """D-Pos of each clip (see the module); arguments, result and errors as of `face_landmark_distance`."""
    _check(predicted, reference, lengths)
    # a product with weights, since picking the points by index costs several times as much
    part = slice(min(STABLE), max(STABLE) + 1)
    weights = predicted.new_zeros(68)
    weights[list(STABLE)] = 1 / len(STABLE)
    apart = ((predicted[..., part, :] - reference[..., part, :]).mT @ weights[part]).norm(dim=-1)
    return mean_over_frames(apart, lengths) / _face_width(reference, lengths)


def head_rotation_difference(
    predicted: Tensor, reference: Tensor, angles: str = "geodesic", lengths: Tensor | None = None
) -> Tensor:
    """D-Rot of each clip (see the module).

    Args:
        predicted, reference: `(..., frames, 4)` orientations as quaternions (w, x, y, z) of any sign and length.
        angles: 'geodesic', the angle of the one rotation that takes one orientation to the other, or 'euler', the mean
            of the absolute differences of pitch, yaw and roll (`anyonenet.face.quaternion.to_euler`).
        lengths: `(...)` frames that count, from the first on; all when None.

    Returns:
        `(...)` degrees.

    Raises:
        ValueError: the shapes differ or are not of quaternions, unknown angles, lengths out of range.
    """
    if predicted.shape != reference.shape or predicted.dim() < 2 or predicted.shape[-1] != 4:
        raise ValueError(
            f"predicted is {tuple(predicted.shape)}, reference {tuple(reference.shape)}; expected (..., frames, 4) "
            "twice"
        )
    if angles not in ANGLES:
        raise ValueError(f"angles are '{angles}'; choose 'geodesic' or 'euler'")
    check_lengths(lengths, predicted.shape[:-2], predicted.shape[-2])
    p, r = (orientation / orientation.norm(dim=-1, keepdim=True) for orientation in (predicted, reference))
    radians = _geodesic(p, r) if angles == "geodesic" else _wrapped(_euler(p) - _euler(r)).abs().mean(-1)
    return torch.rad2deg(mean_over_frames(radians, lengths))


class FaceLandmarkDistance(ItemMean):
    """D-L: mean of `face_landmark_distance` over clips."""

    higher_is_better = False

    def update(self, predicted: Tensor, reference: Tensor, lengths: Tensor | None = None) -> None:
        """`(batch, frames, 68, 2|3)` twice; `lengths` `(batch,)` frames that count, all when None."""
        self.add(face_landmark_distance(predicted, reference, lengths))


class FaceVelocityDistance(ItemMean):
    """D-V: mean of `face_velocity_distance` over clips."""

    higher_is_better = False

    def update(self, predicted: Tensor, reference: Tensor, lengths: Tensor | None = None) -> None:
        """`(batch, frames, 68, 2|3)` twice, at least two frames; `lengths` `(batch,)` frames that count."""
        self.add(face_velocity_distance(predicted, reference, lengths))


class HeadPositionDifference(ItemMean):
    """D-Pos: mean of `head_position_difference` over clips."""

    higher_is_better = False

    def update(self, predicted: Tensor, reference: Tensor, lengths: Tensor | None = None) -> None:
        """`(batch, frames, 68, 2|3)` twice; `lengths` `(batch,)` frames that count, all when None."""
        self.add(head_position_difference(predicted, reference, lengths))


class HeadRotationDifference(ItemMean):
    """D-Rot: mean of `head_rotation_difference` over clips, degrees.

    Args:
        angles: 'geodesic' or 'euler'.
    """

    higher_is_better = False

    def __init__(self, angles: str = "geodesic", **kwargs: Any):
        super().__init__(**kwargs)
        self.angles = angles

    def update(self, predicted: Tensor, reference: Tensor, lengths: Tensor | None = None) -> None:
        """`(batch, frames, 4)` quaternions twice; `lengths` `(batch,)` frames that count, all when None."""
        self.add(head_rotation_difference(predicted, reference, self.angles, lengths))


def _face_width(reference: Tensor, lengths: Tensor | None) -> Tensor:
    return greatest_over_frames((reference[..., 16, :] - reference[..., 0, :]).norm(dim=-1), lengths)


def _geodesic(p: Tensor, r: Tensor) -> Tensor:
    """Angle between unit quaternions, `(..., 4)` twice -> `(...)` radians in [0, pi]; exact for small ones too."""
    r = torch.where((p * r).sum(-1, keepdim=True) < 0, -r, r)
    return 4 * torch.atan2((p - r).norm(dim=-1), (p + r).norm(dim=-1))


def _euler(q: Tensor) -> Tensor:
    """Unit quaternions `(..., 4)` -> pitch, yaw, roll `(..., 3)`, radians; as `anyonenet.face.quaternion.to_euler`."""
    w, x, y, z = q.unbind(-1)
    pitch = torch.atan2(2 * (y * z + w * x), 1 - 2 * (x * x + y * y))
    yaw = torch.asin((2 * (w * y - x * z)).clamp(-1, 1))
    roll = torch.atan2(2 * (x * y + w * z), 1 - 2 * (y * y + z * z))
    return torch.stack([pitch, yaw, roll], dim=-1)


def _wrapped(radians: Tensor) -> Tensor:
    """Into [-pi, pi)."""
    return torch.remainder(radians + torch.pi, 2 * torch.pi) - torch.pi


def _check(predicted: Tensor, reference: Tensor, lengths: Tensor | None, least: int = 1) -> None:
    shape = predicted.shape
    if shape != reference.shape or predicted.dim() < 3 or shape[-2] != 68 or shape[-1] not in (2, 3):
        raise ValueError(
            f"predicted is {tuple(shape)}, reference {tuple(reference.shape)}; expected (..., frames, 68, 2) or "
            "(..., frames, 68, 3) twice"
        )
    check_lengths(lengths, shape[:-3], shape[-3], least)

"""Depth for 68 points seen in one picture: the 3-D template fitted by weak perspective, then to the person.

A camera some head sizes away sees `image = scale * (R @ face)[:2] + translation`. The pose is fitted to the points
that expression moves least; the person's own face then departs from the template as little as the picture and the
symmetry of faces allow.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from anyonenet.face import quaternion
from anyonenet.face.template import BROWS, EYES, JAW, LIPS, MIRROR, NOSE, frontal_template

Array = NDArray[np.float64]

_GROUP_WEIGHTS = ((NOSE, 1.0), (EYES, 0.7), (BROWS, 0.25), (LIPS, 0.15), (JAW, 0.1))
"""trust of the pose fit: jaw points of a turned head slide along its outline, lips and brows move"""
_PAIRS = np.array([(index, mirror) for index, mirror in enumerate(MIRROR) if mirror >= index])
"""`(pairs, 2)`: each point and its mirror image once"""


@dataclass(frozen=True)
class WeakPose:
    """Weak-perspective pose: `image = scale * (R(q) @ face)[:2] + translation`."""

    quaternion: Array  # (4,)
    scale: float  # pixels an outer-eye distance
    translation: Array  # (2,) pixels


def lift(points: NDArray[np.floating]) -> tuple[NDArray[np.float32], WeakPose]:
    """Give depth to image points.

    Args:
        points: `(68, 2)` pixels.

    Returns:
        `(68, 3)` float32: x and y as given, z away from the camera in pixels, zero mean; and the pose.

    Raises:
        ValueError: not `(68, 2)`.
    """
    observed = np.asarray(points, dtype=np.float64)
    if observed.shape != (68, 2):
        raise ValueError(f"expected points of shape (68, 2), got {observed.shape}")
    face = frontal_template()
    pose = fit_pose(observed, face)
    for _ in range(2):
        face = _personal(observed, pose)
        pose = fit_pose(observed, face)
    depth = pose.scale * (face @ quaternion.to_matrix(pose.quaternion).T)[:, 2]
    landmarks = np.concatenate([observed, (depth - depth.mean())[:, None]], axis=-1)
    return landmarks.astype(np.float32), pose


def fit_pose(points: Array, face: Array) -> WeakPose:
    """Weighted weak-perspective pose of `face` `(68, 3)` seen at `points` `(68, 2)`: linear start, Gauss-Newton.

    The steps need no more of the points than their moments, which turn with the pose.
    """
    weights = _weights()
    face_mean, point_mean = weights @ face, weights @ points
    source, target = face - face_mean, points - point_mean
    root = np.sqrt(weights)[:, None]
    # affine camera by least squares, then the nearest scaled rotation
    affine = np.linalg.lstsq(source * root, target * root, rcond=None)[0].T
    u, singular, vt = np.linalg.svd(affine, full_matrices=False)
    scale = float(singular.mean())
    first_rows = u @ vt
    rotation = np.vstack([first_rows, np.cross(first_rows[0], first_rows[1])])
    spread = (source * weights[:, None]).T @ source  # (3, 3)
    common = (target * weights[:, None]).T @ source  # (2, 3)
    for _ in range(8):
        step = _pose_step(rotation @ spread @ rotation.T, common @ rotation.T, scale)
        rotation = np.asarray(cv2.Rodrigues(step[:3])[0]) @ rotation
        scale += float(step[3])
        if np.abs(step[:3]).max() < 1e-7:
            break
    translation = point_mean - scale * (rotation @ face_mean)[:2]
    return WeakPose(np.asarray(quaternion.from_matrix(rotation), dtype=np.float64), scale, translation)


def _pose_step(spread: Array, common: Array, scale: float) -> Array:
    """Gauss-Newton step `(4,)`: a small rotation w about x, y and z (radians), then a change of scale.

    A point p of the turned face moves by `scale * w x p` in the picture, so all that the normal equations want are
    sums of products of coordinates.

    Args:
        spread: `(3, 3)` weighted sums of the turned face's coordinates times each other.
        common: `(2, 3)` weighted sums of the picture's coordinates times the turned face's.
        scale: before the step.
    """
    (xx, xy, xz), (_, yy, yz), (_, _, zz) = spread.tolist()
    (ax, ay, az), (bx, by, bz) = common.tolist()
    squared = scale * scale
    normal = np.array(
        [
            [squared * zz, 0.0, -squared * xz, -scale * yz],
            [0.0, squared * zz, -squared * yz, scale * xz],
            [-squared * xz, -squared * yz, squared * (xx + yy), 0.0],
            [-scale * yz, scale * xz, 0.0, xx + yy],
        ]
    )
    right = np.array(
        [scale * (scale * yz - bz), scale * (az - scale * xz), scale * (bx - ay), ax + by - scale * (xx + yy)]
    )
    return np.linalg.lstsq(normal, right, rcond=None)[0]


def _personal(points: Array, pose: WeakPose) -> Array:
    """The person's face `(68, 3)` in the template's frame.

    Minimises |projection - picture|^2 + smooth * |departure from the template|^2 + symmetry * |face - mirrored|^2,
    all quadratic: one linear system for a point and its mirror image together. Departures in depth cost more, as
    pictures say little about it; a jaw's outline is trusted little once the head turns.
    """
    template = frontal_template()
    rotation = quaternion.to_matrix(pose.quaternion)[:2]  # (2, 3)
    target = (points - pose.translation) / pose.scale
    turn = abs(float(quaternion.to_euler(pose.quaternion)[1]))
    data_weight = np.ones(68)
    data_weight[list(JAW)] = 1 / (1 + (6 * turn) ** 2)
    prior = np.diag([0.03, 0.03, 0.15])
    symmetry = 0.5
    flip = np.diag([-1.0, 1.0, 1.0])
    blocks = data_weight[:, None, None] * (rotation.T @ rotation) + prior + symmetry * np.eye(3)  # (68, 3, 3)
    rights = data_weight[:, None] * (target @ rotation) + template @ prior  # (68, 3)
    first, second = _PAIRS.T
    systems = np.zeros((len(_PAIRS), 6, 6))
    systems[:, :3, :3], systems[:, 3:, 3:] = blocks[first], blocks[second]
    systems[:, :3, 3:] = systems[:, 3:, :3] = -symmetry * flip
    solved = np.linalg.solve(systems, np.concatenate([rights[first], rights[second]], axis=-1)[..., None])[..., 0]
    face = np.empty((68, 3))
    face[first], face[second] = solved[:, :3], solved[:, 3:]
    middle = first == second  # both halves of the system are this one point
    face[first[middle]] = (solved[middle, :3] + solved[middle, 3:]) / 2
    return face


@lru_cache(maxsize=1)
def _weights() -> Array:
    """`(68,)`, their sum 1."""
    weights = np.empty(68)
    for group, weight in _GROUP_WEIGHTS:
        weights[list(group)] = weight
    weights /= weights.sum()
    weights.flags.writeable = False  # one array serves all
    return weights

"""Depth for 68 points seen in one picture: the 3-D template fitted by weak perspective, then to the person.

A camera some head sizes away sees `image = scale * (R @ face)[:2] + translation`. The pose is fitted to the points
that expression moves least; the person's own face then departs from the template as little as the picture and the
symmetry of faces allow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anyonenet.face import quaternion
from anyonenet.face.template import BROWS, EYES, JAW, LIPS, MIRROR, NOSE, frontal_template

Array = NDArray[np.float64]

_GROUP_WEIGHTS = ((NOSE, 1.0), (EYES, 0.7), (BROWS, 0.25), (LIPS, 0.15), (JAW, 0.1))
"""trust of the pose fit: jaw points of a turned head slide along its outline, lips and brows move"""


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
    """Weighted weak-perspective pose of `face` `(68, 3)` seen at `points` `(68, 2)`: linear start, Gauss-Newton."""
    weights = _weights()
    weights = weights / weights.sum()
    face_mean, point_mean = weights @ face, weights @ points
    source, target = face - face_mean, points - point_mean
    # affine camera by least squares, then the nearest scaled rotation
    affine = np.linalg.lstsq(source * np.sqrt(weights)[:, None], target * np.sqrt(weights)[:, None], rcond=None)[0].T
    u, singular, vt = np.linalg.svd(affine, full_matrices=False)
    scale = float(singular.mean())
    first_rows = u @ vt
    q = quaternion.from_matrix(np.vstack([first_rows, np.cross(first_rows[0], first_rows[1])]))
    root = np.sqrt(weights)[:, None]
    for _ in range(8):
        turned = source @ quaternion.to_matrix(q).T
        residual = (root * (target - scale * turned[:, :2])).ravel()
        jacobian = np.zeros((68, 2, 4))
        # d(w x p) for a small rotation w about each axis, x and y rows; then d/dscale
        jacobian[:, 0, 1], jacobian[:, 0, 2] = turned[:, 2], -turned[:, 1]
        jacobian[:, 1, 0], jacobian[:, 1, 2] = -turned[:, 2], turned[:, 0]
        jacobian[:, :, :3] *= scale
        jacobian[:, :, 3] = turned[:, :2]
        step = np.linalg.lstsq((root[:, :, None] * jacobian).reshape(-1, 4), residual, rcond=None)[0]
        q = quaternion.multiply(quaternion.from_rotation_vector(step[:3]), q)
        scale += float(step[3])
        if np.abs(step[:3]).max() < 1e-7:
            break
    translation = point_mean - scale * (quaternion.to_matrix(q) @ face_mean)[:2]
    return WeakPose(np.asarray(quaternion.normalise(q), dtype=np.float64), scale, translation)


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
    face = np.empty((68, 3))
    for index, mirror in enumerate(MIRROR):
        if mirror < index:
            continue
        pair = (index, mirror)
        system, right = np.zeros((6, 6)), np.zeros(6)
        for slot, point in enumerate(pair):
            block = slice(3 * slot, 3 * slot + 3)
            system[block, block] += data_weight[point] * rotation.T @ rotation + prior + symmetry * np.eye(3)
            right[block] += data_weight[point] * rotation.T @ target[point] + prior @ template[point]
        system[:3, 3:] -= symmetry * flip
        system[3:, :3] -= symmetry * flip
        solved = np.linalg.solve(system, right)
        face[index], face[mirror] = solved[:3], solved[3:]
        if index == mirror:  # both halves of the system are this one point
            face[index] = (solved[:3] + solved[3:]) / 2
    return face


def _weights() -> Array:
    weights = np.empty(68)
    for group, weight in _GROUP_WEIGHTS:
        weights[list(group)] = weight
    return weights

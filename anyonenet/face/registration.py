"""Registration of 3-D landmarks to the frontal template: what is pose, and what is the face.

AnyoneNet (section III-D1) registers with generalised ICP; here the correspondence of the points is known, so the
rigid fit on the stable points (nose, eye corners) has a closed form (Umeyama 1991).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anyonenet.face import quaternion
from anyonenet.face.template import LEFT_OUTER_CORNER, RIGHT_OUTER_CORNER, STABLE, frontal_template


@dataclass(frozen=True)
class Registration:
    """Landmarks taken apart: `image = scale * R(quaternions) @ frontal + translation`."""

    frontal: NDArray[np.float32]  # (..., 68, 3) outer-eye distances, origin at the centroid of the stable points
    quaternions: NDArray[np.float32]  # (..., 4) (w, x, y, z), unit, w >= 0
    scale: NDArray[np.float32]  # (...,) pixels an outer-eye distance
    translation: NDArray[np.float32]  # (..., 3) pixels


def register(landmarks: ArrayLike, reference: ArrayLike | None = None) -> Registration:
    """Take each set of landmarks apart into a frontal face and its pose; exact inverse of `place`.

    Args:
        landmarks: `(..., 68, 3)` image landmarks, pixels.
        reference: `(68, 3)` frontal landmarks of this very person to fit the pose to, whose scale is then kept.
            None: the pose is fitted to the template, and each frontal face gets outer-eye distance 1 and its stable
            points' centroid at the origin.

    Raises:
        ValueError: not `(..., 68, 3)`, not finite, or the outer eye corners coincide.
    """
    points = np.asarray(landmarks, dtype=np.float64)
    if points.ndim < 2 or points.shape[-2:] != (68, 3):
        raise ValueError(f"expected landmarks of shape (..., 68, 3), got {points.shape}")
    if not np.isfinite(points).all():
        raise ValueError("landmarks hold values that are not finite")
    stable = list(STABLE)
    source = frontal_template() if reference is None else np.asarray(reference, dtype=np.float64)
    rotation, scale, translation = fit_similarity(source[stable], points[..., stable, :])
    if reference is None:
        scale = outer_eye_distance(points)
        translation = points[..., stable, :].mean(axis=-2)
    if np.any(scale < 1e-9):
        raise ValueError("the outer eye corners coincide in some landmarks")
    frontal = (points - translation[..., None, :]) @ rotation
    frontal /= scale[..., None, None]
    return Registration(
        frontal.astype(np.float32),
        quaternion.from_matrix(rotation).astype(np.float32),
        scale.astype(np.float32),
        translation.astype(np.float32),
    )


def register_clip(landmarks: ArrayLike) -> Registration:
    """Register a video of one person: `(T, 68, 3)`, quaternions sign-continuous.

    The pose of each frame is fitted to the person's own mean face rather than to the template, so that what differs
    between the two does not leak into the motion; the mean face has outer-eye distance 1.

    Raises:
        ValueError: as `register`, or no frame.
    """
    points = np.asarray(landmarks, dtype=np.float64)
    if points.ndim != 3 or len(points) == 0:
        raise ValueError(f"expected landmarks of shape (T, 68, 3) with T >= 1, got {points.shape}")
    mean = register(points).frontal.astype(np.float64).mean(axis=0)
    mean -= mean[list(STABLE)].mean(axis=0)
    registered = register(points, reference=mean / outer_eye_distance(mean))
    continuous = quaternion.make_continuous(registered.quaternions).astype(np.float32)
    return Registration(registered.frontal, continuous, registered.scale, registered.translation)


def place(frontal: ArrayLike, quaternions: ArrayLike, scale: ArrayLike, translation: ArrayLike) -> NDArray[np.float32]:
    """Put frontal faces into the image: `scale * R(q) @ frontal + translation`.

    Args:
        frontal: `(..., 68, 3)` outer-eye distances (any number of points).
        quaternions: `(..., 4)`.
        scale: `(...)` pixels.
        translation: `(..., 3)` pixels. Leading axes are broadcast.

    Returns:
        `(..., 68, 3)` float32 pixels.
    """
    rotation = quaternion.to_matrix(np.asarray(quaternions, dtype=np.float64))
    points = np.asarray(frontal, dtype=np.float64) @ np.swapaxes(rotation, -1, -2)
    scaled = np.asarray(scale, dtype=np.float64)[..., None, None] * points
    return (scaled + np.asarray(translation, dtype=np.float64)[..., None, :]).astype(np.float32)


def fit_similarity(
    source: NDArray[np.float64], target: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Least-squares rotation, scale and translation with `target ~ scale * rotation @ source + translation`.

    Args:
        source: `(..., N, 3)`; target: `(..., N, 3)`; leading axes are broadcast.

    Returns:
        rotation `(..., 3, 3)` (determinant +1), scale `(...)`, translation `(..., 3)`. Umeyama 1991, equations 40-42.
    """
    source_mean, target_mean = source.mean(axis=-2), target.mean(axis=-2)
    a, b = source - source_mean[..., None, :], target - target_mean[..., None, :]
    u, singular, vt = np.linalg.svd(np.swapaxes(b, -1, -2) @ a)
    signs = np.ones_like(singular)
    signs[..., 2] = np.where(np.linalg.det(u) * np.linalg.det(vt) < 0, -1.0, 1.0)  # a reflection is not a rotation
    rotation = (u * signs[..., None, :]) @ vt
    scale = np.sum(singular * signs, axis=-1) / np.sum(a * a, axis=(-1, -2))
    translation = target_mean - scale[..., None] * np.einsum("...ij,...j->...i", rotation, source_mean)
    return rotation, scale, translation


def outer_eye_distance(landmarks: ArrayLike) -> NDArray[np.float64]:
    """`(..., 68, D)` -> `(...)`: distance of the outer eye corners, in the landmarks' unit."""
    points = np.asarray(landmarks, dtype=np.float64)
    return np.linalg.norm(points[..., LEFT_OUTER_CORNER, :] - points[..., RIGHT_OUTER_CORNER, :], axis=-1)

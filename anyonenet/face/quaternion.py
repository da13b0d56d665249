"""Unit quaternions for head orientation, in numpy, batched over any leading axes.

Order (w, x, y, z), Hamilton product, acting on column vectors: `to_matrix(multiply(p, q)) = to_matrix(p) @
to_matrix(q)`. q and -q are the same rotation; `make_continuous` picks signs so that a sequence does not jump.
AnyoneNet writes a rotation as q = cos(a/2) + e sin(a/2) (equation (3)).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.floating]


def normalise(q: ArrayLike) -> Array:
    """`(..., 4)` -> the same direction at unit length; a zero quaternion becomes the identity."""
    q = _floating(q)
    length = np.linalg.norm(q, axis=-1, keepdims=True)
    identity = np.array([1, 0, 0, 0], dtype=q.dtype)
    return np.where(length > 1e-12, q / np.maximum(length, 1e-12), identity)


def multiply(p: ArrayLike, q: ArrayLike) -> Array:
    """Hamilton product of `(..., 4)` and `(..., 4)`, broadcast: first rotate by q, then by p."""
    pw, px, py, pz = np.moveaxis(_floating(p), -1, 0)
    qw, qx, qy, qz = np.moveaxis(_floating(q), -1, 0)
    return np.stack(
        [
            pw * qw - px * qx - py * qy - pz * qz,
            pw * qx + px * qw + py * qz - pz * qy,
            pw * qy - px * qz + py * qw + pz * qx,
            pw * qz + px * qy - py * qx + pz * qw,
        ],
        axis=-1,
    )


def conjugate(q: ArrayLike) -> Array:
    """`(..., 4)` -> the inverse rotation (for unit quaternions)."""
    q = _floating(q)
    return q * np.array([1, -1, -1, -1], dtype=q.dtype)


def to_matrix(q: ArrayLike) -> Array:
    """Unit quaternions `(..., 4)` -> rotation matrices `(..., 3, 3)`."""
    w, x, y, z = np.moveaxis(normalise(q), -1, 0)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def from_matrix(matrix: ArrayLike) -> Array:
    """Rotation matrices `(..., 3, 3)` -> unit quaternions `(..., 4)` with w >= 0.

    The sixteen products 4 q_i q_j are linear in the matrix; the row with the largest diagonal is the quaternion,
    scaled, and never near zero.
    """
    m = _floating(matrix)
    diagonal = [m[..., i, i] for i in range(3)]
    wx, wy, wz = m[..., 2, 1] - m[..., 1, 2], m[..., 0, 2] - m[..., 2, 0], m[..., 1, 0] - m[..., 0, 1]
    xy, xz, yz = m[..., 0, 1] + m[..., 1, 0], m[..., 0, 2] + m[..., 2, 0], m[..., 1, 2] + m[..., 2, 1]
    ww = 1 + diagonal[0] + diagonal[1] + diagonal[2]
    xx = 1 + diagonal[0] - diagonal[1] - diagonal[2]
    yy = 1 - diagonal[0] + diagonal[1] - diagonal[2]
    zz = 1 - diagonal[0] - diagonal[1] + diagonal[2]
    rows = [[ww, wx, wy, wz], [wx, xx, xy, xz], [wy, xy, yy, yz], [wz, xz, yz, zz]]
    products = np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)
    best = np.argmax(np.stack([ww, xx, yy, zz], axis=-1), axis=-1)
    q = normalise(np.take_along_axis(products, best[..., None, None], axis=-2)[..., 0, :])
    return np.where(q[..., :1] < 0, -q, q)


def from_rotation_vector(vector: ArrayLike) -> Array:
    """Axis times angle in radians `(..., 3)` -> unit quaternions `(..., 4)`."""
    vector = _floating(vector)
    half = np.linalg.norm(vector, axis=-1, keepdims=True) / 2
    # sin(h)/h is smooth at zero: np.sinc does the division there
    return np.concatenate([np.cos(half), vector / 2 * np.sinc(half / np.pi)], axis=-1)


def to_rotation_vector(q: ArrayLike) -> Array:
    """Unit quaternions `(..., 4)` -> axis times angle `(..., 3)`, angle in [0, pi] radians."""
    q = normalise(q)
    q = np.where(q[..., :1] < 0, -q, q)
    sine = np.linalg.norm(q[..., 1:], axis=-1, keepdims=True)
    angle = 2 * np.arctan2(sine, q[..., :1])
    return q[..., 1:] * np.where(sine > 1e-9, angle / np.maximum(sine, 1e-9), 2.0)


def from_euler(pitch: ArrayLike, yaw: ArrayLike, roll: ArrayLike) -> Array:
    """Angles in radians, broadcast `(...)` -> `(..., 4)`: rotations about x, then y, then z of the image axes.

    Image axes are x right, y down, z away from the camera: positive pitch bows the face (the nose moves down),
    positive yaw turns it to the image's left, positive roll turns it clockwise in the image.
    """
    pitch, yaw, roll = np.broadcast_arrays(_floating(pitch), _floating(yaw), _floating(roll))
    axes = np.eye(3, dtype=pitch.dtype)
    about = [from_rotation_vector(angle[..., None] * axis) for angle, axis in zip((pitch, yaw, roll), axes)]
    return multiply(about[2], multiply(about[1], about[0]))


def to_euler(q: ArrayLike) -> tuple[Array, Array, Array]:
    """Inverse of `from_euler`: `(..., 4)` -> pitch, yaw, roll, each `(...)` in radians, yaw in [-pi/2, pi/2]."""
    m = to_matrix(q)
    pitch = np.arctan2(m[..., 2, 1], m[..., 2, 2])
    yaw = -np.arcsin(np.clip(m[..., 2, 0], -1, 1))
    roll = np.arctan2(m[..., 1, 0], m[..., 0, 0])
    return pitch, yaw, roll


def slerp(p: ArrayLike, q: ArrayLike, fraction: ArrayLike) -> Array:
    """Spherical interpolation from p (fraction 0) to q (fraction 1), the short way round.

    Args:
        p, q: unit quaternions `(..., 4)`.
        fraction: `(...)`, broadcast with the leading axes.
    """
    p, q = normalise(p), normalise(q)
    cosine = np.sum(p * q, axis=-1, keepdims=True)
    q = np.where(cosine < 0, -q, q)
    cosine = np.clip(np.abs(cosine), 0, 1)
    angle = np.arccos(cosine)
    t = _floating(fraction)[..., None]
    near = angle < 1e-4
    sine = np.where(near, 1.0, np.sin(angle))
    first = np.where(near, 1 - t, np.sin((1 - t) * angle) / sine)
    second = np.where(near, t, np.sin(t * angle) / sine)
    return normalise(first * p + second * q)


def make_continuous(q: ArrayLike) -> Array:
    """Choose signs along time so that neighbours lie on the same half of the sphere; the first keeps w >= 0.

    Args:
        q: unit quaternions `(..., T, 4)`.
    """
    q = normalise(q)
    if q.shape[-2] == 0:
        return q
    flips = np.where(np.sum(q[..., 1:, :] * q[..., :-1, :], axis=-1) < 0, -1.0, 1.0)
    first = np.where(q[..., :1, 0] < 0, -1.0, 1.0)
    signs = np.cumprod(np.concatenate([first, flips], axis=-1), axis=-1)
    return (q * signs[..., None]).astype(q.dtype)


def interpolate(q: ArrayLike, times_in: ArrayLike, times_out: ArrayLike) -> Array:
    """Resample a sequence of orientations on the sphere (slerp between neighbours, held at the ends).

    Args:
        q: unit quaternions `(T, 4)`.
        times_in: `(T,)` strictly increasing, seconds.
        times_out: `(S,)` seconds.

    Returns:
        `(S, 4)` unit, sign-continuous.

    Raises:
        ValueError: the sequence is empty, lengths differ, or `times_in` does not increase.
    """
    q = make_continuous(q)
    begin, end = np.asarray(times_in, dtype=np.float64), np.asarray(times_out, dtype=np.float64)
    if len(q) == 0 or begin.shape != (len(q),):
        raise ValueError(f"expected one time for each of at least one quaternion, got {begin.shape} for {q.shape}")
    if np.any(np.diff(begin) <= 0):
        raise ValueError("times_in must increase strictly")
    if len(q) == 1:
        return np.repeat(q, len(end), axis=0)
    left = np.clip(np.searchsorted(begin, end, side="right") - 1, 0, len(q) - 2)
    fraction = np.clip((end - begin[left]) / (begin[left + 1] - begin[left]), 0, 1)
    return make_continuous(slerp(q[left], q[left + 1], fraction.astype(q.dtype)))


def angle_between(p: ArrayLike, q: ArrayLike) -> Array:
    """Angle of the rotation from p to q, `(...)` radians in [0, pi]."""
    return np.linalg.norm(to_rotation_vector(multiply(conjugate(p), q)), axis=-1)


def _floating(values: ArrayLike) -> Array:
    array = np.asarray(values)
    return array if np.issubdtype(array.dtype, np.floating) else array.astype(np.float64)

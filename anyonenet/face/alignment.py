"""Pictures of one head laid over each other: the in-plane part of its motion taken out."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anyonenet.face.template import STABLE


def aligned_to(landmarks: ArrayLike, reference: ArrayLike) -> NDArray[np.float64]:
    """Similarities (turn, size, shift) that lay each face's stable points on those of another picture.

    Least squares; with points as complex numbers a similarity is `a * z + b` (Umeyama 1991 in the plane).

    Args:
        landmarks: `(..., 68, 2)` pixels.
        reference: `(68, 2)` pixels.

    Returns:
        `(..., 2, 3)` affine maps from the pixels of the landmarks to those of the reference.
    """
    source, target = (np.asarray(points, dtype=np.float64)[..., list(STABLE), :] for points in (landmarks, reference))
    z, w = source[..., 0] + 1j * source[..., 1], target[..., 0] + 1j * target[..., 1]
    z_mean, w_mean = z.mean(-1, keepdims=True), w.mean(-1, keepdims=True)
    centred = z - z_mean
    turn = (centred.conj() * (w - w_mean)).sum(-1) / (np.abs(centred) ** 2).sum(-1)
    shift = w_mean[..., 0] - turn * z_mean[..., 0]
    across = np.stack([turn.real, -turn.imag, shift.real], axis=-1)
    down = np.stack([turn.imag, turn.real, shift.imag], axis=-1)
    return np.stack([across, down], axis=-2)


def joined(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """The affine map that does `first`, then `second`: `(..., 2, 3)` twice -> `(..., 2, 3)`."""
    linear = second[..., :2] @ first[..., :2]
    shift = second[..., :2] @ first[..., 2:] + second[..., 2:]
    return np.concatenate([linear, shift], axis=-1)


def mapped(points: NDArray[np.floating], matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """`(..., N, 2)` points through `(..., 2, 3)` affine maps."""
    moved: NDArray[np.float64] = points @ np.swapaxes(matrix[..., :2], -1, -2) + matrix[..., None, :, 2]
    return moved


def relative(landmarks: NDArray[np.floating], side: int) -> NDArray[np.float32]:
    """Pixels of a square picture -> from -1 (left, top edge) to 1 of it."""
    return ((landmarks + 0.5) * (2 / side) - 1).astype(np.float32)

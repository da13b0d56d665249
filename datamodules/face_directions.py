"""Which directions of a face embedding to look at, found on training faces."""

from __future__ import annotations

import numpy as np


def principal_directions(faces: np.ndarray, rank: int) -> np.ndarray:
    """The directions in which faces differ most.

    Args:
        faces: `(N, E)`, centred.
        rank: how many.

    Returns:
        `(rank, E)` orthonormal rows.
    """
    _, _, principal = np.linalg.svd(faces, full_matrices=False)
    return np.asarray(principal[:rank])


def telling_directions(faces: np.ndarray, voices: np.ndarray, rank: int, ridge: float) -> np.ndarray:
    """The directions in which faces tell most of the voice: ridge regression of reduced rank (Izenman 1975).

    A face embedding is made to tell persons apart; most of what it shows says nothing about a voice, and a few
    hundred persons are too few to find that out with a large network.

    Args:
        faces: `(N, E)`, centred, in units of their own spread.
        voices: `(N, V)`, the voice of each face.
        rank: how many.
        ridge: penalty. A small one trusts what distinguishes the training faces to the last detail; a large one keeps
            to directions in which they differ much anyway, which carries over to other kinds of picture.

    Returns:
        `(rank, E)` orthonormal rows.
    """
    centred = voices - voices.mean(0)
    slopes = np.linalg.solve(faces.T @ faces + ridge * np.eye(faces.shape[1]), faces.T @ centred)  # (E, V)
    told = faces @ slopes
    _, _, axes = np.linalg.svd(told - told.mean(0), full_matrices=False)
    directions, _ = np.linalg.qr(slopes @ axes[:rank].T)
    return np.asarray(directions.T)

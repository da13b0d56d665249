"""Principal components of how a face moves in speech (ATVGnet: landmarks in PCA coordinates).

Who somebody is moves landmarks more than what they say. So directions are those in which landmarks differ from the
mean of their own clip, and coordinates count from the mean over all clips.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SIZE = 136
"""coordinates of 68 points"""
_LEAST = 1e-4
"""spread of a direction at least, outer-eye distances: coordinates are divided by it"""


@dataclass(frozen=True)
class LandmarkBasis:
    """Directions of motion, the largest first."""

    mean: NDArray[np.float32]  # (136,) outer-eye distances
    directions: NDArray[np.float32]  # (K, 136) orthonormal
    spreads: NDArray[np.float32]  # (K,) standard deviations along them, outer-eye distances
    explained: NDArray[np.float32]  # (K,) share of the motion's variance that the first 1 ... K hold

    def rebuilt(
        self, landmarks: NDArray[np.floating], example: NDArray[np.floating], count: int
    ) -> NDArray[np.floating]:
        """What is left of a face when only its motion along the first directions is known.

        Args:
            landmarks: `(..., 68, 2)` outer-eye distances.
            example: `(68, 2)` of the same person; what it has beside those directions is kept.
            count: of directions.
        """
        chosen = self.directions[:count]
        motion = (landmarks - example).reshape(*landmarks.shape[:-2], SIZE)
        found: NDArray[np.floating] = example + (motion @ chosen.T @ chosen).reshape(landmarks.shape)
        return found


def landmark_basis(clips: Iterable[NDArray[np.floating]], components: int) -> LandmarkBasis:
    """Directions of many clips' landmarks.

    Args:
        clips: each `(frames, 68, 2)`, registered, outer-eye distances, of one person.
        components: how many directions, at most 136.

    Raises:
        ValueError: fewer frames than components, or more components than coordinates.
    """
    total, products, frames = np.zeros(SIZE), np.zeros((SIZE, SIZE)), 0
    for clip in clips:
        flat = np.asarray(clip, dtype=np.float64).reshape(len(clip), SIZE)
        moved = flat - flat.mean(0)
        total += flat.sum(0)
        products += moved.T @ moved
        frames += len(flat)
    if not 0 < components <= min(frames, SIZE):
        raise ValueError(f"{components} components are wanted of {frames} frames; expected 1 to {min(frames, SIZE)}")
    variances, vectors = np.linalg.eigh(products / frames)
    variances, vectors = variances[::-1].clip(0), vectors[:, ::-1]
    # of the two signs of a direction the one that opens the mouth: the lower lip goes down
    opening = vectors[2 * 66 + 1] - vectors[2 * 62 + 1]
    vectors = vectors * np.where(opening < 0, -1.0, 1.0)
    return LandmarkBasis(
        mean=(total / frames).astype(np.float32),
        directions=np.ascontiguousarray(vectors[:, :components].T).astype(np.float32),
        spreads=np.sqrt(variances[:components]).clip(_LEAST).astype(np.float32),
        explained=(variances.cumsum() / max(variances.sum(), 1e-12))[:components].astype(np.float32),
    )

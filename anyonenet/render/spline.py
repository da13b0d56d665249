"""Natural cubic splines as matrices: what the warp needs of them without importing SciPy, which takes half a second."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def natural_spline(knots: ArrayLike, positions: ArrayLike) -> NDArray[np.float32]:
    """Matrix from values at the knots to the natural cubic spline through them (curvature 0 at both ends).

    Args:
        knots: (K,) rising, at least two.
        positions: (P,) where the spline is wanted; beyond the ends it goes on with its outermost cubics.

    Returns:
        (P, K) float32; its rows sum to one.
    """
    x, at = np.asarray(knots, dtype=np.float64), np.asarray(positions, dtype=np.float64)
    steps = np.diff(x)
    values = np.eye(len(x))
    slopes = np.diff(values, axis=0) / steps[:, None]
    # second derivatives of the inner knots: the slope is continuous there
    system = np.diag(2 * (steps[:-1] + steps[1:])) + np.diag(steps[1:-1], 1) + np.diag(steps[1:-1], -1)
    bends = np.zeros_like(values)
    bends[1:-1] = np.linalg.solve(system, 6 * np.diff(slopes, axis=0))
    left = np.clip(np.searchsorted(x, at, side="right") - 1, 0, len(steps) - 1)
    step = steps[left, None]
    share = (at - x[left])[:, None] / step
    rest = 1 - share
    curved = (rest**3 - rest) * bends[left] + (share**3 - share) * bends[left + 1]
    return (rest * values[left] + share * values[left + 1] + step**2 / 6 * curved).astype(np.float32)

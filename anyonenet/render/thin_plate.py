"""Thin-plate splines in the plane.

Bookstein 1989: among the functions through the given values, the one of least bending energy,
f(x) = a + b·x + Σ w_i U(|x − x_i|) with U(r) = r² log r².
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

_TINY = 1e-12


def kernel(points: Array, centres: Array) -> Array:
    """U(r) = r² log r² between (P, 2) points and (N, 2) centres -> (P, N)."""
    return kernel_from(with_squares(points), centres)


def with_squares(points: Array) -> Array:
    """(P, 2) points -> (P, 4) for `kernel_from`: x, y, x² + y², 1."""
    return np.column_stack([points, (points * points).sum(1), np.ones(len(points))]).astype(points.dtype)


def kernel_from(points: Array, centres: Array) -> Array:
    """`kernel` of points that have been through `with_squares`: worth it for points that stay."""
    # |p - c|² as one product
    factors = np.vstack([-2.0 * centres.T, np.ones(len(centres)), (centres * centres).sum(1)])
    squared = points @ factors.astype(points.dtype)
    np.abs(squared, out=squared)  # rounding leaves some a little below zero
    squared += squared.dtype.type(_TINY)
    return np.multiply(squared, np.log(squared), out=squared)


def solve(centres: Array, values: Array, smoothing: float) -> Array:
    """Weights (N + 3, C) of the spline through (N, C) values at (N, 2) centres.

    Args:
        smoothing: added to the kernel's diagonal; above 0 keeps centres that coincide solvable and lets the spline
            pass beside values that contradict each other.
    """
    return solve_branches(centres, values, smoothing, [])


def solve_branches(centres: Array, values: Array, smoothing: float, branches: Sequence[int]) -> Array:
    """Several splines through most of the centres, each with some of its own.

    The centres that all of them know are eliminated once.

    Args:
        centres, values, smoothing: as for `solve`.
        branches: how many centres, at the end, each spline has for itself: those of the first one, then of the next.

    Returns:
        (N + 3, len(branches) * C), or (N + 3, C) without branches: a spline has weight 0 on the others' own centres.
    """
    count, channels = values.shape
    shared = count - sum(branches)
    # the plane's three terms first, then centres
    system = np.zeros((count + 3, count + 3))
    system[3:, 3:] = kernel(centres.astype(np.float64), centres.astype(np.float64))
    system.flat[3 * (count + 4) :: count + 4] = smoothing
    system[0, 3:] = system[3:, 0] = 1.0
    system[1:3, 3:] = centres.T
    system[3:, 1:3] = centres
    right = np.zeros((count + 3, channels))
    right[3:] = values
    split = shared + 3
    solved = np.linalg.solve(system[:split, :split], np.hstack([right[:split], system[:split, split:]]))
    alone, answers = solved[:, :channels], solved[:, channels:]
    weights = np.zeros((count + 3, max(len(branches), 1) * channels))
    weights[:split] = np.tile(alone, max(len(branches), 1))
    begin = split
    for branch, size in enumerate(branches):
        own, columns = slice(begin, begin + size), slice(branch * channels, (branch + 1) * channels)
        coupling, answer = system[own, :split], answers[:, begin - split : begin - split + size]
        rest = np.linalg.solve(system[own, own] - coupling @ answer, right[own] - coupling @ alone)
        weights[own, columns] = rest
        weights[:split, columns] -= answer @ rest
        begin += size
    return np.roll(weights, -3, axis=0).astype(np.float32)

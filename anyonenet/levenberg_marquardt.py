"""Least squares by Levenberg-Marquardt where items share some parameters and each has some of its own.

The normal matrix of such a problem is an arrow: a dense block of the shared parameters, one small block an item, and
their couplings. A step eliminates the items first (Schur complement), so that a hundred items cost a hundred times one.
Damping by Marquardt's diagonal and the gain ratio (Madsen, Nielsen and Tingleff 2004, algorithm 3.16).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
State = TypeVar("State")

_FIRST_DAMPING = 1e-3
_LEAST_DIAGONAL = 1e-9


@dataclass(frozen=True)
class Arrow:
    """Normal equations at a state: `J^T J` in blocks, and the gradient `J^T r`."""

    shared: Array  # (S, S)
    coupling: Array  # (K, P, S)
    own: Array  # (K, P, P)
    shared_gradient: Array  # (S,)
    own_gradient: Array  # (K, P)


class Problem(Protocol[State]):
    """What is minimised: half the sum of squared residuals of a state."""

    def cost(self, state: State) -> float:
        """Half the sum of squares."""
        ...

    def linearise(self, state: State) -> Arrow:
        """The normal equations there."""
        ...

    def moved(self, state: State, shared: Array, own: Array) -> State:
        """The state after a step `(S,)`, `(K, P)`; rotations and bounds are its own matter."""
        ...


@dataclass(frozen=True)
class Minimum(Generic[State]):
    """Where the search ended."""

    state: State
    cost: float
    steps: int
    """that were tried"""
    converged: bool


def minimise(problem: Problem[State], start: State, most_steps: int = 60, tolerance: float = 1e-9) -> Minimum[State]:
    """Search from `start`.

    Args:
        problem: what is minimised.
        start: where the search begins.
        most_steps: steps tried at most.
        tolerance: the search ends where a step promises, or has brought, less than this share of the cost.
    """
    state, cost = start, problem.cost(start)
    damping, growth = _FIRST_DAMPING, 2.0
    arrow = problem.linearise(state)
    for tried in range(1, most_steps + 1):
        shared, own = solve(arrow, damping)
        promised = _promised(arrow, shared, own)
        if promised <= tolerance * cost or cost <= 1e-28:
            return Minimum(state, cost, tried, True)
        there = problem.moved(state, shared, own)
        cost_there = problem.cost(there)
        gain = (cost - cost_there) / promised
        if gain <= 0:
            damping, growth = damping * growth, growth * 2
            if damping > 1e12:
                return Minimum(state, cost, tried, True)
            continue
        ended = cost - cost_there <= tolerance * cost
        state, cost = there, cost_there
        if ended:
            return Minimum(state, cost, tried, True)
        damping, growth = damping * max(1 / 3, 1 - (2 * gain - 1) ** 3), 2.0
        arrow = problem.linearise(state)
    return Minimum(state, cost, most_steps, False)


def solve(arrow: Arrow, damping: float) -> tuple[Array, Array]:
    """The damped step `(S,)`, `(K, P)`: every diagonal value is raised by `damping` times itself."""
    own = _damped(arrow.own, damping)
    # what each item's own parameters would do, alone and for a unit of each shared one
    right = np.concatenate([arrow.own_gradient[..., None], arrow.coupling], axis=-1)
    solved = np.linalg.solve(own, right)  # (K, P, 1 + S)
    alone, along = solved[..., 0], solved[..., 1:]
    # all items' rows below each other: sums over items are products of matrices
    items, wide, common = arrow.coupling.shape
    coupling = arrow.coupling.reshape(items * wide, common)
    reduced = _damped(arrow.shared, damping) - coupling.T @ along.reshape(coupling.shape)
    gradient = arrow.shared_gradient - coupling.T @ alone.ravel()
    shared = -np.linalg.solve(reduced, gradient) if len(gradient) else np.zeros(0)
    return shared, -alone - along @ shared


def _damped(blocks: Array, damping: float) -> Array:
    diagonal = np.einsum("...ii->...i", blocks)
    raised = blocks.copy()
    np.einsum("...ii->...i", raised)[...] += damping * np.maximum(diagonal, _LEAST_DIAGONAL)
    return raised


def _promised(arrow: Arrow, shared: Array, own: Array) -> float:
    """By how much the cost would fall if it were quadratic."""
    linear = arrow.shared_gradient @ shared + (arrow.own_gradient * own).sum()
    squared = shared @ arrow.shared @ shared + (own * (arrow.own @ own[..., None])[..., 0]).sum()
    squared += 2 * (own * (arrow.coupling @ shared)).sum()
    return float(-linear - squared / 2)

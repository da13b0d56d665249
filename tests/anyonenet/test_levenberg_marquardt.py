"""Levenberg-Marquardt on decays that share their rate and differ in height: a small problem with a known answer."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from scipy.optimize import least_squares

from anyonenet.levenberg_marquardt import Arrow, minimise, solve

TIMES = np.linspace(0, 3, 12)


@dataclass(frozen=True)
class Decays:
    rate: float
    heights: np.ndarray  # (K, 1)


class Fit:
    """Heights times exp(-rate t), to be as observed."""

    def __init__(self, observed: np.ndarray):
        self.observed = observed

    def residuals(self, state: Decays) -> np.ndarray:
        return state.heights * np.exp(-state.rate * TIMES) - self.observed

    def cost(self, state: Decays) -> float:
        return float((self.residuals(state) ** 2).sum() / 2)

    def linearise(self, state: Decays) -> Arrow:
        shape = np.exp(-state.rate * TIMES)
        shared, own = (-state.heights * TIMES * shape)[..., None], np.tile(shape, (len(state.heights), 1))[..., None]
        apart = self.residuals(state)
        return Arrow(
            np.einsum("krs,krt->st", shared, shared),
            np.einsum("krp,krs->kps", own, shared),
            np.einsum("krp,krq->kpq", own, own),
            np.einsum("krs,kr->s", shared, apart),
            np.einsum("krp,kr->kp", own, apart),
        )

    def moved(self, state: Decays, shared: np.ndarray, own: np.ndarray) -> Decays:
        return replace(state, rate=state.rate + shared[0], heights=state.heights + own)


def test_finds_what_an_independent_solver_finds():
    rng = np.random.default_rng(0)
    observed = np.array([[2.0], [0.5], [-1.0]]) * np.exp(-0.7 * TIMES) + rng.normal(0, 0.05, (3, 12))
    ours = minimise(Fit(observed), Decays(3.0, np.ones((3, 1))))

    def flat(values):
        return Fit(observed).residuals(Decays(values[0], values[1:, None])).ravel()

    theirs = least_squares(flat, [3.0, 1, 1, 1], method="lm")
    assert ours.converged and ours.cost == pytest.approx(theirs.cost, rel=1e-6)
    np.testing.assert_allclose([ours.state.rate, *ours.state.heights[:, 0]], theirs.x, atol=1e-4)


def test_eliminating_the_items_is_solving_the_whole():
    rng = np.random.default_rng(1)
    shared, own, apart = rng.normal(size=(3, 9, 2)), rng.normal(size=(3, 9, 4)), rng.normal(size=(3, 9))
    arrow = Arrow(
        np.einsum("krs,krt->st", shared, shared),
        np.einsum("krp,krs->kps", own, shared),
        np.einsum("krp,krq->kpq", own, own),
        np.einsum("krs,kr->s", shared, apart),
        np.einsum("krp,kr->kp", own, apart),
    )
    whole = np.zeros((27, 14))
    for item in range(3):
        whole[9 * item : 9 * item + 9, :2] = shared[item]
        whole[9 * item : 9 * item + 9, 2 + 4 * item : 6 + 4 * item] = own[item]
    normal = whole.T @ whole
    expected = -np.linalg.solve(normal + 0.1 * np.diag(np.diag(normal)), whole.T @ apart.ravel())
    step, steps = solve(arrow, 0.1)
    np.testing.assert_allclose(np.concatenate([step, steps.ravel()]), expected, atol=1e-10)


def test_an_answer_at_the_start_is_left_alone():
    start = Decays(0.7, np.array([[2.0]]))
    found = minimise(Fit(2 * np.exp(-0.7 * TIMES)[None]), start)
    assert found.converged and found.steps == 1 and found.state is start

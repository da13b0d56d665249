"""A linear mixed model of answers: participants and items both at random, crossed (Baayen, Davidson & Bates 2008).

    y = mean + u[participant] + v[item] + e,    u ~ N(0, s_u^2), v ~ N(0, s_v^2), e ~ N(0, s_e^2)

Variances by restricted maximum likelihood (Patterson & Thompson 1971); the mean by generalised least squares, with t on
Satterthwaite's degrees of freedom, from the curvature of the likelihood (Fai & Cornelius 1996). Tables may have gaps.
In complete tables, where no estimate is negative, these are the estimates of the analysis of variance.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.linalg
import scipy.optimize
import scipy.stats

from evaluation.study.clusters import Estimate
from evaluation.study.components import Components

_SMALLEST = 1e-6
"""share of the total variance below which a variance is taken for zero"""


@dataclass(frozen=True)
class Mixed:
    """What the model found."""

    mean: Estimate
    components: Components


def mixed(values: np.ndarray, participants: Sequence[str], items: Sequence[str]) -> Mixed:
    """Fit the model.

    Args:
        values: `(n,)` one answer for each pair of participant and item at most.
        participants, items: `(n,)` who, and about what.

    Raises:
        ValueError: fewer than two participants or items, or nobody answered twice.
    """
    values = np.asarray(values, np.float64)
    model = _Model(values, participants, items)
    total = float(values.var())
    if total == 0:  # not a single answer strays from the others
        mean = float(values.mean())
        return Mixed(Estimate(mean, 0.0, mean, mean, float(mean == 0), model.degrees), Components(0.0, 0.0, 0.0))
    scaled = _Model(values / np.sqrt(total), participants, items)
    variances = scaled.fitted()
    mean, error = scaled.mean(variances)
    degrees = scaled.satterthwaite(variances)
    mean, error, variances = mean * np.sqrt(total), error * np.sqrt(total), variances * total
    reach = float(scipy.stats.t.ppf(0.975, degrees)) * error
    p = float(2 * scipy.stats.t.sf(abs(mean) / error, degrees))
    estimate = Estimate(*map(float, (mean, error, mean - reach, mean + reach, p, degrees)))
    return Mixed(estimate, Components(*map(float, variances)))


class _Model:
    """The restricted likelihood of three variances: of participants, of items, of the rest."""

    def __init__(self, values: np.ndarray, participants: Sequence[str], items: Sequence[str]):
        who, what = (np.unique(np.asarray(names), return_inverse=True)[1] for names in (participants, items))
        people, things = int(who.max()) + 1, int(what.max()) + 1
        if min(people, things) < 2:
            raise ValueError("at least two participants and two items are needed")
        if len(values) <= max(people, things):
            raise ValueError("nobody answered twice, or nothing was answered twice")
        self.values, self.count = values, len(values)
        self.sizes = np.repeat([0, 1], [people, things])
        effects = np.zeros((self.count, people + things))
        effects[np.arange(self.count), who] = effects[np.arange(self.count), people + what] = 1.0
        ones = np.ones(self.count)
        self.products = effects.T @ effects
        self.effect_sums = effects.T @ np.stack([ones, values], axis=1)  # (q, 2)
        self.sums = np.array([[self.count, values.sum()], [values.sum(), values @ values]])
        self.degrees = float(min(people, things) - 1)

    def parts(self, variances: np.ndarray) -> tuple[float, np.ndarray]:
        """log |V| and `[1 y]' V^-1 [1 y]` (2, 2), by Woodbury: the effects are few, the answers many."""
        rest = variances[2]
        roots = np.sqrt(variances[self.sizes])  # zero variances are no trouble to the roots
        inner = np.eye(len(roots)) + roots[:, None] * self.products * roots / rest
        factor = scipy.linalg.cho_factor(inner, lower=True)
        pulled = roots[:, None] * self.effect_sums / rest
        quadratic = self.sums / rest - pulled.T @ scipy.linalg.cho_solve(factor, pulled)
        return self.count * np.log(rest) + 2 * float(np.log(np.diag(factor[0])).sum()), quadratic

    def criterion(self, variances: np.ndarray) -> float:
        """-2 times the restricted log-likelihood, up to a constant."""
        determinant, quadratic = self.parts(variances)
        (information, weighted), (_, squares) = quadratic
        return float(determinant + np.log(information) + squares - weighted**2 / information)

    def mean(self, variances: np.ndarray) -> tuple[float, float]:
        """The mean and its standard error."""
        (information, weighted), _ = self.parts(variances)[1]
        return float(weighted / information), float(1 / np.sqrt(information))

    def fitted(self) -> np.ndarray:
        """The variances `(3,)` of the least criterion; each may be zero but the last."""
        total = float(self.values.var())
        # in logarithms the criterion is smooth however small a variance is
        bounds = [(np.log(_SMALLEST * total), np.log(100 * total))] * 3

        def of_logarithms(logarithms: np.ndarray) -> float:
            return self.criterion(np.exp(logarithms))

        tries = [
            scipy.optimize.minimize(
                of_logarithms, np.log(np.array(start) * total), method="L-BFGS-B", bounds=bounds,
                options={"ftol": 1e-13, "gtol": 1e-7, "eps": 1e-5},
            )
            for start in ([0.3, 0.1, 0.6], [0.1, 0.6, 0.3])
        ]  # fmt: skip
        best = np.exp(min(tries, key=lambda found: float(found.fun)).x)
        for effect in (0, 1):  # a variance that is all but zero is zero where that fits as well
            without = best.copy()
            without[effect] = 0.0
            if self.criterion(without) <= self.criterion(best) + 1e-6:
                best = without
        return best

    def satterthwaite(self, variances: np.ndarray) -> float:
        """Degrees of freedom of the mean: 2 w^2 / Var(w), w its squared error, Var by the curvature at the estimates.

        Variances that are zero are taken for known. Never fewer than 1.
        """
        free = np.flatnonzero(variances > 2 * _SMALLEST)

        def at(steps: np.ndarray) -> np.ndarray:
            moved = variances.copy()
            moved[free] *= 1 + steps
            return moved

        def squared_error(steps: np.ndarray) -> float:
            return self.mean(at(steps))[1] ** 2

        def criterion(steps: np.ndarray) -> float:
            return self.criterion(at(steps))

        slope = _gradient(squared_error, len(free))
        curvature = _hessian(criterion, len(free)) / 2  # of the likelihood itself
        if not len(free) or np.linalg.eigvalsh(curvature)[0] <= 0:
            return self.degrees
        spread = float(slope @ np.linalg.solve(curvature, slope))
        square = squared_error(np.zeros(len(free)))
        return max(1.0, 2 * square**2 / spread) if spread > 0 else self.degrees


def _gradient(function: Callable[[np.ndarray], float], size: int, step: float = 1e-4) -> np.ndarray:
    """At zero, by central differences: `(size,)`."""
    steps = step * np.eye(size)
    return np.array([(function(one) - function(-one)) / (2 * step) for one in steps])


def _hessian(function: Callable[[np.ndarray], float], size: int, step: float = 1e-3) -> np.ndarray:
    """At zero, by central differences: `(size, size)`."""
    steps = step * np.eye(size)
    found = np.empty((size, size))
    for row, one in enumerate(steps):
        for column, other in enumerate(steps):
            corners = function(one + other) - function(one - other) - function(other - one) + function(-one - other)
            found[row, column] = corners / (4 * step**2)
    return found

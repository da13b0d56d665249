"""A/B: which of two voices fits the face (AnyoneNet section IV-C1, Fig. 5), with the tests that such votes allow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.stats

from evaluation.study.answers import Answers
from evaluation.study.clusters import Estimate, fit
from evaluation.study.definition import Study
from evaluation.study.mixed import Mixed, mixed
from evaluation.study.reliability import preferred


@dataclass(frozen=True)
class Counts:
    """The votes of one comparison."""

    comparison: str
    first_method: str
    second_method: str
    first: int
    similar: int
    """neither is preferred"""
    second: int
    undecided: tuple[tuple[str, int], ...] = ()
    """where that is said in more than one way: how often each"""

    @property
    def all(self) -> int:
        """Votes."""
        return self.first + self.similar + self.second

    @property
    def shares(self) -> tuple[float, float, float]:
        """First, similar, second; of one. Zeros without votes."""
        total = max(self.all, 1)
        return self.first / total, self.similar / total, self.second / total

    def binomial(self) -> tuple[float, float, float, float]:
        """First method's share of the votes that prefer one, its 95 % interval (Clopper & Pearson), and p against 1/2.

        Exact for votes that know nothing of each other, which several votes of one person do.
        """
        if not self.first + self.second:
            return float("nan"), 0.0, 1.0, 1.0
        test = scipy.stats.binomtest(self.first, self.first + self.second)
        interval = test.proportion_ci()
        return float(test.statistic), float(interval.low), float(interval.high), float(test.pvalue)


@dataclass(frozen=True)
class Anova:
    """A one-way analysis of variance."""

    f: float
    p: float
    between: int
    """degrees of freedom between groups"""
    within: int


@dataclass(frozen=True)
class Comparison:
    """One comparison with its tests."""

    counts: Counts
    by_item: Anova
    """of votes, one observation for each item and method: as the paper, which does not name its unit"""
    by_participant: Anova
    """of votes, one observation for each participant and method"""
    preference: Estimate
    """share of the first method less that of the second, clustered by participants and items"""
    mixed: Mixed
    """the same by a linear mixed model with participants and items at random; a vote is 1 for the first method, 0 for
    'similar', -1 for the second"""
    participants: int
    items: int


def anova(*groups: Sequence[float] | np.ndarray) -> Anova:
    """One-way ANOVA of two or more groups of numbers.

    Raises:
        ValueError: fewer than two groups, or a group of fewer than two.
    """
    if len(groups) < 2 or min(len(group) for group in groups) < 2:
        raise ValueError("an analysis of variance needs two groups of two or more")
    count, total = len(groups), sum(len(group) for group in groups)
    everything = np.concatenate([np.asarray(group, np.float64) for group in groups])
    means = np.array([np.mean(group) for group in groups])
    sizes = np.array([len(group) for group in groups])
    between = float((sizes * (means - everything.mean()) ** 2).sum()) / (count - 1)
    within = float(sum(((np.asarray(g, np.float64) - np.mean(g)) ** 2).sum() for g in groups)) / (total - count)
    f = between / within if within > 0 else (float("inf") if between > 0 else float("nan"))
    return Anova(f, float(scipy.stats.f.sf(f, count - 1, total - count)), count - 1, total - count)


def compare(study: Study, answers: Sequence[Answers]) -> list[Comparison]:
    """All comparisons of an A/B study. Repeated questions tell who is reliable, and are no votes.

    Raises:
        ValueError: too few participants or items for any test.
    """
    votes: dict[str, list[tuple[str, str, str]]] = {name: [] for name in study.comparisons}
    for one in answers:
        for trial in one.trials:
            vote = preferred(trial.choice, trial.flipped)
            if not trial.repeat and vote is not None:
                question = study.questions[trial.question]
                votes[question.comparison].append((one.participant, question.item, vote))
    return [_compared(study, name, cast) for name, cast in votes.items()]


def _compared(study: Study, name: str, cast: list[tuple[str, str, str]]) -> Comparison:
    if not cast:
        raise ValueError(f"nobody voted in '{name}'")
    who, what = [vote[0] for vote in cast], [vote[1] for vote in cast]
    said = [vote[2] for vote in cast]
    value = np.array([_VALUES.get(vote, 0) for vote in said])
    ways = tuple((way, said.count(way)) for way in study.undecided) if len(study.undecided) > 1 else ()
    first, second = next(q.stimuli for q in study.questions if q.comparison == name)
    first_votes, similar, second_votes = (int((value == wanted).sum()) for wanted in (1, 0, -1))
    counts = Counts(name, first.method, second.method, first_votes, similar, second_votes, ways)
    return Comparison(
        counts,
        anova(_tally(what, value == 1), _tally(what, value == -1)),
        anova(_tally(who, value == 1), _tally(who, value == -1)),
        fit(np.ones((len(value), 1)), value, who, what).estimate([1.0]),
        mixed(value, who, what),
        len(set(who)),
        len(set(what)),
    )


_VALUES = {"first": 1, "second": -1}
"""of a vote; all else is 0"""


def _tally(names: Sequence[str], chosen: np.ndarray) -> np.ndarray:
    """How often the chosen fall on each name."""
    numbers = np.unique(np.asarray(names), return_inverse=True)[1]
    return np.bincount(numbers, weights=chosen.astype(np.float64))

"""MOS: videos rated from 1 to 5 (AnyoneNet section IV-C2, Table III), with the tests that such scores allow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import scipy.stats

from evaluation.crossed import holm
from evaluation.study.answers import Answers
from evaluation.study.clusters import Estimate, fit
from evaluation.study.definition import Study
from evaluation.study.mixed import Mixed, mixed
from evaluation.study.votes import Anova, anova


@dataclass(frozen=True)
class Pair:
    """Two methods on one scale."""

    first: str
    second: str
    tukey: tuple[float, float, float, float]
    """difference of means, its simultaneous 95 % interval, p (Tukey's honest significant difference)"""
    clustered: Estimate
    """the same difference, clustered by participants and items"""
    holm_p: float
    """p of `clustered`, corrected for the number of pairs"""
    mixed: Mixed | None
    """of the difference within a participant and an item, both at random; None where too few saw both"""
    mixed_holm_p: float
    """p of `mixed`, corrected likewise; nan where there is none"""


@dataclass(frozen=True)
class ScaleResult:
    """One scale."""

    scale: str
    methods: tuple[str, ...]
    means: tuple[Estimate, ...]
    """clustered by participants and items; a method each"""
    deviations: tuple[float, ...]
    """standard deviations of the single scores"""
    scores: int
    anova: Anova
    """of all scores, the method as factor: as in the paper"""
    wald: tuple[float, float]
    """F and p of equal means, clustered by participants and items"""
    pairs: tuple[Pair, ...]
    participants: int
    items: int


def rate(study: Study, answers: Sequence[Answers]) -> list[ScaleResult]:
    """All scales of a MOS study. Repeated videos tell who is reliable, and are no scores.

    Raises:
        ValueError: too few participants or items for any test, or a method without scores.
    """
    return [_scale(study, answers, scale.id) for scale in study.scales]


def _scale(study: Study, answers: Sequence[Answers], scale: str) -> ScaleResult:
    rows = [
        (one.participant, study.questions[trial.question], trial.scores[scale])
        for one in answers
        for trial in one.trials
        if trial.scores is not None and not trial.repeat
    ]
    who, what = [row[0] for row in rows], [row[1].item for row in rows]
    method = np.array([study.methods.index(row[1].stimuli[0].method) for row in rows], dtype=int)
    score = np.array([row[2] for row in rows], dtype=np.float64)
    groups = [score[method == number] for number in range(len(study.methods))]
    for name, group in zip(study.methods, groups, strict=True):
        if len(group) < 2:
            raise ValueError(f"the method '{name}' has fewer than two scores")
    unit = np.eye(len(groups))
    fitted = fit(unit[method], score, who, what)
    pairs = []
    if len(groups) > 1:
        tukey = scipy.stats.tukey_hsd(*groups)
        interval = tukey.confidence_interval()
        for one, two in combinations(range(len(groups)), 2):
            found = float(tukey.statistic[one, two]), float(interval.low[one, two]), float(interval.high[one, two])
            pairs.append((one, two, (*found, float(tukey.pvalue[one, two])), fitted.estimate(unit[one] - unit[two])))
    corrected = holm([estimate.p for _, _, _, estimate in pairs])
    models = [_difference(who, what, method, score, one, two) for one, two, _, _ in pairs]
    of_models = holm([float("nan") if model is None else model.mean.p for model in models])
    return ScaleResult(
        scale,
        study.methods,
        tuple(fitted.estimate(row) for row in unit),
        tuple(float(group.std(ddof=1)) for group in groups),
        len(score),
        anova(*groups) if len(groups) > 1 else Anova(float("nan"), float("nan"), 0, len(score) - 1),
        fitted.all_equal() if len(groups) > 1 else (float("nan"), float("nan")),
        tuple(
            Pair(
                study.methods[one], study.methods[two], found, estimate, p, model, model_p
            )
            for (one, two, found, estimate), p, model, model_p in zip(pairs, corrected, models, of_models, strict=True)
        ),
        len(set(who)),
        len(set(what)),
    )  # fmt: skip


def _difference(
    who: Sequence[str], what: Sequence[str], method: np.ndarray, score: np.ndarray, one: int, two: int
) -> Mixed | None:
    """The mixed model of what a participant gives the one method more than the other, at the same item."""
    given = {(who[k], what[k], int(method[k])): score[k] for k in range(len(score))}
    both = [(p, i) for p, i, m in given if m == one and (p, i, two) in given]
    try:
        return mixed(
            np.array([given[p, i, one] - given[p, i, two] for p, i in both]), [p for p, _ in both], [i for _, i in both]
        )
    except ValueError:
        return None

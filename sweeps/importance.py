"""How much of what became of the trials each parameter explains: functional ANOVA (Hutter et al. 2014) by Optuna."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import optuna
from optuna.trial import FrozenTrial, TrialState, create_trial

from sweeps.study import Study
from sweeps.summary import Importances

RESAMPLES = 20
TREES = 32
FEWEST = 4
"""trials; of fewer nothing is said"""


def importances(study: Study) -> Importances | None:
    """The share of the metric's variance that each parameter explains alone.

    Where trials are stopped early, those that were not are too few and too good to learn from. So all that got as
    far as the first band are compared, by their best value up to there; else all finished ones, by their best.

    Returns:
        None with fewer than four trials to compare, or where all are equally good.
    """
    sweep = study.sweep
    report = sweep.bands.levels[0] if sweep.bands else None
    compared = [found for trial in study.trials() if (found := _compared(trial, report, sweep.minimise)) is not None]
    names = [parameter.name for parameter in sweep.searched]
    if len(compared) < FEWEST or len({trial.value for trial in compared}) < 2 or not names:
        return None
    whole, rng = _shares(compared, names), np.random.default_rng(0)
    drawn = [
        _shares([compared[place] for place in rng.integers(0, len(compared), len(compared))], names)
        for _ in range(RESAMPLES)
    ]
    spread = {name: np.quantile([one[name] for one in drawn], (0.1, 0.9)) for name in names}
    ranked = sorted(names, key=lambda name: -whole[name])
    shares = {name: (whole[name], float(spread[name][0]), float(spread[name][1])) for name in ranked}
    return Importances(shares, len(compared), report)


def _compared(trial: FrozenTrial, report: int | None, minimise: bool) -> FrozenTrial | None:
    """The trial as a finished one of the value that is compared; None where it has none."""
    value = trial.value if trial.state == TrialState.COMPLETE else None
    if report is not None:
        reported = [trial.intermediate_values[step] for step in sorted(trial.intermediate_values)][:report]
        value = (min if minimise else max)(reported) if len(reported) == report else None
    if value is None:
        return None
    return create_trial(params=trial.params, distributions=trial.distributions, value=value)


def _shares(trials: Sequence[FrozenTrial], names: Sequence[str]) -> dict[str, float]:
    """Importance of each parameter over some trials; all 0 where these are equally good."""
    if len({trial.value for trial in trials}) < 2:
        return dict.fromkeys(names, 0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        study = optuna.create_study(storage=optuna.storages.InMemoryStorage())
        study.add_trials(trials)
        judge = optuna.importance.FanovaImportanceEvaluator(n_trees=TREES, seed=0)
        found = optuna.importance.get_param_importances(study, evaluator=judge, params=list(names), normalize=False)
    return {name: float(found.get(name, 0.0)) for name in names}

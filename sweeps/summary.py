"""What became of a sweep's trials, read from their folders alone."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sweeps.definition import Sweep
from sweeps.histories import best_of, read_history
from sweeps.planning import RUN, trial_folders
from sweeps.results import FAILED, FINISHED, LOG, PRUNED, read_clock, read_plan, read_result

OPEN = "open"
STATES = (FINISHED, PRUNED, OPEN, FAILED)
"""in the order of the table; 'open' is running, waiting, or stopped together with its runner"""


@dataclass(frozen=True)
class TrialSummary:
    """One trial as it stands now.

    Args:
        state: one of `STATES`.
        best, last: of the metric; None without a value.
        history: steps and values of the metric that are finite.
        reason: why it failed or was stopped.
    """

    number: int
    state: str
    parameters: dict[str, Any]
    best: float | None
    last: float | None
    history: list[tuple[int, float]]
    seconds: float
    starts: int
    reason: str
    folder: Path

    @property
    def run(self) -> Path:
        """Where a training of this program lies."""
        return self.folder / RUN

    @property
    def log(self) -> Path:
        return self.folder / LOG


@dataclass(frozen=True)
class Importances:
    """How much each parameter explains.

    Args:
        shares: by name, the greatest first: share of the metric's variance that it explains alone, and the 10 % and
            90 % points of that share when trials are drawn anew with replacement.
        trials: how many were compared.
        report: None: the finished ones, by their best value; else all that reported so often, by their best till then.
    """

    shares: dict[str, tuple[float, float, float]]
    trials: int
    report: int | None

    @property
    def compared(self) -> str:
        """In words."""
        if self.report is None:
            return f"{self.trials} finished trials"
        return f"{self.trials} trials at their report {self.report}"


def read_trials(sweep: Sweep, folder: Path) -> list[TrialSummary]:
    """All trials of a sweep: by state, the best first; those without a value by number."""
    found = [trial for path in trial_folders(folder) if (trial := _read(sweep, path)) is not None]
    sign = 1 if sweep.minimise else -1
    return sorted(
        found,
        key=lambda trial: (
            STATES.index(trial.state),
            math.inf if trial.best is None else sign * trial.best,
            trial.number,
        ),
    )


def best_trial(trials: Sequence[TrialSummary]) -> TrialSummary | None:
    """The best of the finished ones."""
    return next((trial for trial in trials if trial.state == FINISHED), None)


def counts(trials: Sequence[TrialSummary]) -> str:
    """In words: '17 finished, 2 pruned, 1 failed'."""
    numbers = {state: sum(trial.state == state for trial in trials) for state in STATES}
    return ", ".join(f"{number} {state}" for state, number in numbers.items() if number) or "none"


def short_names(sweep: Sweep) -> dict[str, str]:
    """Parameters' names without the groups they lie in, as far as that leaves them apart."""
    names = [parameter.name for parameter in sweep.searched]
    lasts = [name.rpartition(".")[2] for name in names]
    return {name: last if lasts.count(last) == 1 else name for name, last in zip(names, lasts, strict=True)}


def shown(value: Any) -> str:
    """A value as it stands in tables."""
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, (list, tuple)):
        return "-".join(map(shown, value))
    if isinstance(value, dict):
        return " ".join(f"{key}:{shown(inside)}" for key, inside in value.items())
    return "–" if value is None else str(value)


def as_csv(sweep: Sweep, trials: Sequence[TrialSummary]) -> str:
    """A table for other programs: full names, full precision, by number."""
    names = [parameter.name for parameter in sweep.parameters]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["trial", "state", *names, "best", "last", "reports", "seconds", "starts", "reason"])
    for trial in sorted(trials, key=lambda trial: trial.number):
        values = [trial.parameters.get(name) for name in names]
        ending = [trial.best, trial.last, len(trial.history), trial.seconds, trial.starts, trial.reason]
        writer.writerow([trial.number, trial.state, *values, *ending])
    return text.getvalue()


def _read(sweep: Sweep, folder: Path) -> TrialSummary | None:
    plan, result = read_plan(folder), read_result(folder)
    if plan is None:
        return None
    history = [entry for entry in read_history(folder, sweep.metric) if math.isfinite(entry[1])]
    best = best_of(history, sweep.minimise)
    seconds, starts = read_clock(folder)
    return TrialSummary(
        plan.number,
        result.state if result else OPEN,
        plan.parameters,
        result.best if result else best[1] if best else None,
        result.last if result else history[-1][1] if history else None,
        history,
        seconds,
        starts,
        result.reason if result else "",
        folder,
    )

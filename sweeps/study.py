"""The trials of a sweep as an Optuna study in a journal file, which any number of processes and machines may share.

What is drawn for a trial depends on the seed, the trial's number and what was known then, on nothing that dies with a
process: a sweep that was killed goes on as if it had not been.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock, JournalStorage
from optuna.trial import FrozenTrial, Trial, TrialState

from sweeps.definition import Sweep
from sweeps.locks import locked
from sweeps.results import FAILED, PRUNED, Result
from sweeps.space import Coordinate, Parameter, draw, grid_points

JOURNAL = "study.journal"
STARTUP = 10
"""trials that a Bayesian search draws at random before it looks at results"""


class Study:
    """The trials of one sweep.

    Args:
        sweep: what is searched.
        folder: of the sweep; the journal lies in it.
        seed: of all that is drawn.
    """

    def __init__(self, sweep: Sweep, folder: Path, seed: int = 0):
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.sweep, self.seed = sweep, seed
        self._folder = folder
        self._grid = grid_points(sweep.parameters) if sweep.method == "grid" else []
        journal = folder / JOURNAL
        _mend(journal)
        storage = JournalStorage(JournalFileBackend(str(journal), lock_obj=_SystemLock(journal)))
        self._study = optuna.create_study(
            storage=storage,
            study_name=sweep.name,
            direction="minimize" if sweep.minimise else "maximize",
            sampler=_Random(sweep.searched, seed),
            load_if_exists=True,
        )

    def ask(self, limit: int) -> int | None:
        """Begin a trial.

        Args:
            limit: how many there are to be, by whatever process.

        Returns:
            its number; None where there are enough.
        """
        if self.sweep.method == "grid":
            limit = min(limit, len(self._grid))
        with locked(self._folder / ".asking"):
            if len(self.trials()) >= limit:
                return None
            return self._study.ask().number

    def parameters(self, number: int) -> dict[str, Any]:
        """What a running trial is given, by name; drawn at the first call, the same ever after."""
        trial = self._trial(number)
        drawn = {}
        for parameter in self.sweep.parameters:
            coordinate = None if parameter.constant else _suggested(trial, parameter)
            drawn[parameter.name] = parameter.value(coordinate)  # type: ignore[arg-type]
        return drawn

    def report(self, number: int, step: int, value: float) -> None:
        """Note a trial's metric at a step, where it is a finite number; what is noted for a step already stays."""
        if math.isfinite(value) and step not in self.trials()[number].intermediate_values:
            self._trial(number).report(value, step)

    def tell(self, result: Result) -> None:
        """Note how a trial ended."""
        state = {FAILED: TrialState.FAIL, PRUNED: TrialState.PRUNED}.get(result.state, TrialState.COMPLETE)
        value = result.best if state == TrialState.COMPLETE else None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._study.tell(result.number, value, state=state, skip_if_finished=True)

    def trials(self) -> list[FrozenTrial]:
        """All trials, by number."""
        return self._study.get_trials(deepcopy=False)

    def open_numbers(self) -> list[int]:
        """Trials without a verdict, whoever is at them."""
        return [trial.number for trial in self.trials() if not trial.state.is_finished()]

    def _trial(self, number: int) -> Trial:
        frozen = self.trials()[number]
        self._study.sampler = self._sampler(number)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return Trial(self._study, frozen._trial_id)

    def _sampler(self, number: int) -> optuna.samplers.BaseSampler:
        if self._grid:
            return _Grid(self._grid)
        drawn = _Random(self.sweep.searched, self.seed)
        told = sum(trial.state in (TrialState.COMPLETE, TrialState.PRUNED) for trial in self.trials())
        if self.sweep.method == "random" or told < STARTUP:
            return drawn
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of options that may change
            state = np.random.SeedSequence([self.seed, number]).generate_state(1)
            # trials that still run count as bad, so that two at a time do not try the same
            return optuna.samplers.TPESampler(n_startup_trials=0, seed=int(state[0]), constant_liar=True)


def distribution(parameter: Parameter) -> optuna.distributions.BaseDistribution:
    """What Optuna searches for a parameter: its coordinate."""
    if parameter.categorical:
        return optuna.distributions.CategoricalDistribution(parameter.coordinates)
    low, high = parameter.range
    if parameter.distribution == "int_uniform":
        return optuna.distributions.IntDistribution(int(low), int(high))
    return optuna.distributions.FloatDistribution(low, high, log=parameter.logarithmic and low > 0)


def _suggested(trial: Trial, parameter: Parameter) -> Coordinate:
    """The coordinate that the storage has for the trial, else a new one, which it keeps."""
    found = distribution(parameter)
    if isinstance(found, optuna.distributions.CategoricalDistribution):
        return str(trial.suggest_categorical(parameter.name, parameter.coordinates))
    if isinstance(found, optuna.distributions.IntDistribution):
        return trial.suggest_int(parameter.name, found.low, found.high)
    low, high = parameter.range
    return trial.suggest_float(parameter.name, low, high, log=parameter.logarithmic and low > 0)


class _Drawn(optuna.samplers.BaseSampler):
    """A sampler that looks at one parameter at a time."""

    def infer_relative_search_space(self, study: Any, trial: FrozenTrial) -> dict[str, Any]:
        return {}

    def sample_relative(self, study: Any, trial: FrozenTrial, search_space: dict[str, Any]) -> dict[str, Any]:
        return {}


class _Random(_Drawn):
    """Draws from the distributions themselves, by seed, trial and name alone."""

    def __init__(self, parameters: Sequence[Parameter], seed: int):
        self._parameters = {parameter.name: parameter for parameter in parameters}
        self._seed = seed

    def sample_independent(
        self, study: Any, trial: FrozenTrial, param_name: str, param_distribution: Any
    ) -> Coordinate:
        return draw(self._parameters[param_name], self._seed, trial.number)


class _Grid(_Drawn):
    """The point of the grid that has the trial's number."""

    def __init__(self, points: Sequence[Mapping[str, Coordinate]]):
        self._points = points

    def sample_independent(
        self, study: Any, trial: FrozenTrial, param_name: str, param_distribution: Any
    ) -> Coordinate:
        return self._points[trial.number][param_name]


class _SystemLock(JournalFileOpenLock):
    """The journal's lock, one that a killed process does not leave behind."""

    def __init__(self, journal: Path):
        super().__init__(str(journal))
        self._path = journal.with_name(f".{journal.name}.lock")
        self._held: Any = None

    def acquire(self) -> bool:
        self._held = locked(self._path)
        self._held.__enter__()
        return True

    def release(self) -> None:
        self._held.__exit__(None, None, None)


def _mend(journal: Path) -> None:
    """Take away a last line that a kill cut short: Optuna would take all that follows for broken."""
    if not journal.is_file():
        return
    lock = _SystemLock(journal)
    lock.acquire()
    try:
        text = journal.read_bytes()
        whole = text.rfind(b"\n") + 1
        if whole < len(text):
            with journal.open("r+b") as file:
                file.truncate(whole)
    finally:
        lock.release()

"""Runs a sweep's trials, some at a time, until all have a verdict; may be killed at any moment and started again.

What lasts are the study's journal (which trials there are, and what they were given) and each trial's folder (its plan,
log, checkpoints and, at its end, its result). A trial without a result is gone on with: by the runner that holds its
lock, which the system gives back when that runner dies. So several runners may share a sweep, each with trials of its
own, and one that is killed is replaced by any other.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from tqdm import tqdm

from sweeps.definition import Sweep
from sweeps.histories import logged_bytes, read_history
from sweeps.launchers import Launcher
from sweeps.locks import try_lock
from sweeps.planning import trial_folder, trial_folders
from sweeps.results import FAILED, LOG, PRUNED, Plan, Result, read_plan, read_result, write_plan, write_result
from sweeps.study import Study

CLAIM = ".runner"
FRUITLESS_STARTS = 3
"""a trial whose process has vanished so often without logging anything in between has failed"""
UNSEEN_POLLS = 3
"""a process is believed to be gone when it was not seen so often: its last file may take a while to appear"""


@dataclass
class _Attended:
    """A trial that this runner is at."""

    number: int
    folder: Path
    claim: IO[bytes]
    plan: Plan
    reported: int = 0
    unseen: int = UNSEEN_POLLS
    """a trial that was never started need not be waited for"""
    fruitless: int = 0
    logged: int = -1
    stopping: str = ""
    """why it is being stopped"""


@dataclass
class Runner:
    """Sees a sweep through.

    Args:
        sweep: what is searched.
        folder: of the sweep.
        study: its trials.
        launcher: where they run.
        planned: number, parameters and folder of a trial -> what it is to do.
        trials: how many there are to be.
        parallel: how many at a time, of this runner.
    """

    sweep: Sweep
    folder: Path
    study: Study
    launcher: Launcher
    planned: Callable[[int, Mapping[str, Any], Path], Plan]
    trials: int
    parallel: int = 1
    _attended: dict[int, _Attended] = field(default_factory=dict)
    _histories: dict[int, list[float]] = field(default_factory=dict)

    def run(self) -> None:
        """Run until there is nothing left to do; an exception ends the launcher's processes.

        Raises:
            InputError: the launcher cannot start anything.
        """
        bar = tqdm(total=self.trials, unit="trial", smoothing=0)
        try:
            while True:
                self._fill()
                self._look(bar)
                ended = sum(trial.state.is_finished() for trial in self.study.trials())
                if ended > bar.n:
                    bar.update(ended - bar.n)
                if not self._attended and not self._fill():
                    break
                time.sleep(self.launcher.poll_seconds)
        finally:
            bar.close()
            self.launcher.close()
            for attended in self._attended.values():
                attended.claim.close()

    def _fill(self) -> bool:
        """Take on trials while there is room; whether this runner is at any."""
        for number in self.study.open_numbers():
            if len(self._attended) < self.parallel and number not in self._attended:
                self._attend(number)
        while len(self._attended) < self.parallel and not self._target_reached():
            begun = self.study.ask(self.trials)
            if begun is None:
                break
            self._attend(begun)
        return bool(self._attended)

    def _attend(self, number: int) -> None:
        """Take a trial on, unless another runner is at it."""
        folder = trial_folder(self.folder, number)
        folder.mkdir(parents=True, exist_ok=True)
        claim = try_lock(folder / CLAIM)
        if claim is None:
            return
        plan = read_plan(folder)
        if plan is None:
            plan = self.planned(number, self.study.parameters(number), folder)
            write_plan(folder, plan)
        self._attended[number] = _Attended(number, folder, claim, plan)

    def _look(self, bar: tqdm) -> None:
        """One look at every trial."""
        running = self.launcher.running([attended.folder for attended in self._attended.values()])
        for attended in list(self._attended.values()):
            result = read_result(attended.folder)
            alive = attended.folder in running
            self._read(attended)  # after the result: what was logged last is in it
            if result is None:
                result = self._judged(attended, alive)
            if result is not None:
                self.study.tell(result)
                attended.claim.close()
                del self._attended[attended.number]
                bar.write(said(result, attended.folder), file=sys.stderr)

    def _read(self, attended: _Attended) -> None:
        """Note what a trial has reported since."""
        history = read_history(attended.folder, self.sweep.metric)
        for step, value in history[attended.reported :]:
            self.study.report(attended.number, step, value)
        attended.reported = len(history)
        self._histories[attended.number] = [value for _, value in history]

    def _judged(self, attended: _Attended, alive: bool) -> Result | None:
        """Stop a trial that is not worth it, start one that does not run; its result where that ends it."""
        attended.stopping = attended.stopping or self._not_worth_it(attended)
        if alive:
            attended.unseen = 0
            if attended.stopping:
                self.launcher.cancel(attended.folder)
            return None
        attended.unseen += 1
        if attended.unseen < UNSEEN_POLLS:
            return None
        if attended.stopping:
            return write_result(attended.folder, attended.plan, PRUNED, reason=attended.stopping)
        logged = logged_bytes(attended.folder)
        attended.fruitless = attended.fruitless + 1 if logged == attended.logged else 0
        if attended.fruitless >= FRUITLESS_STARTS:
            reason = f"its process vanished {attended.fruitless} times without an exit code or a line in its records"
            return write_result(attended.folder, attended.plan, FAILED, reason=reason)
        attended.logged, attended.unseen = logged, 0
        self.launcher.submit(attended.folder)
        return None

    def _not_worth_it(self, attended: _Attended) -> str:
        if self.sweep.bands is None:
            return ""
        for folder in trial_folders(self.folder):
            number = int(folder.name)
            if number not in self._attended and number not in self._histories and read_result(folder) is not None:
                self._histories[number] = [value for _, value in read_history(folder, self.sweep.metric)]
        every = list(self._histories.values())
        band = self.sweep.bands.stopped_at(self._histories[attended.number], every, self.sweep.minimise)
        if band is None:
            return ""
        return f"stopped at report {band}, not among the best 1/{self.sweep.bands.eta:g} there"

    def _target_reached(self) -> bool:
        if self.sweep.target is None:
            return False
        values = (trial.value for trial in self.study.trials() if trial.value is not None)
        return any(value == self.sweep.target or self.sweep.better(value, self.sweep.target) for value in values)


def said(result: Result, folder: Path) -> str:
    """One line of how a trial ended."""
    after = f"after {result.seconds / 60:.1f} minutes"
    if result.state == FAILED:
        return f"trial {result.number}: failed {after}: {result.reason} ({folder / LOG})"
    value = "nothing" if result.best is None else f"{result.best:.5g}"
    how = result.reason if result.state == PRUNED else "finished"
    return f"trial {result.number}: {result.metric} {value}, {how} {after}"

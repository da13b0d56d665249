"""Sweeps whose trials take no time: a launcher that only pretends, and commands of a few words of shell."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import yaml

from sweeps.definition import Sweep, read_sweep
from sweeps.planning import Planner, trial_folders
from sweeps.results import FAILED, FINISHED, Plan, Result, read_plan, read_result, write_clock, write_result
from sweeps.runner import Runner
from sweeps.study import Study

NOTE = 'echo once >> "$ANYONENET_TRIAL/starts.txt"; '
PARAMETERS: dict[str, Any] = {"x": {"min": 0.0, "max": 1.0}, "kind": {"values": ["a", "b"]}}


def some_sweep(folder: Path, script: str = "true", **changes: Any) -> Sweep:
    """A sweep of a shell script; its arguments are `--x=...` and `--kind=...`."""
    content: dict[str, Any] = {
        "program": script,
        "method": "random",
        "metric": {"name": "loss"},
        "parameters": PARAMETERS,
        "command": ["sh", "-c", "${program}", "trial", "${args}"],
        **changes,
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "some.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return read_sweep(path)


def logs(*values: float) -> str:
    """Shell words that log the metric."""
    lines = "".join(rf"{step},{value}\n" for step, value in enumerate(values))
    return rf"""printf 'step,loss\n{lines}' > "$ANYONENET_TRIAL/metrics.csv"; """


class Pretended:
    """A launcher whose trials do what a function says: `(folder, plan) -> is it still running`."""

    def __init__(self, act: Callable[[Path, Plan], bool]):
        self.poll_seconds = 0.0
        self.act = act
        self.alive: set[Path] = set()
        self.started: list[int] = []
        self.cancelled: list[int] = []

    def submit(self, folder: Path) -> None:
        plan = read_plan(folder)
        assert plan is not None
        self.started.append(plan.number)
        if self.act(folder, plan):
            self.alive.add(folder)

    def running(self, folders: Sequence[Path]) -> set[Path]:
        return self.alive & set(folders)

    def cancel(self, folder: Path) -> None:
        self.cancelled.append(int(folder.name))
        self.alive.discard(folder)

    def close(self) -> None:
        self.alive.clear()


def log(folder: Path, *values: float) -> None:
    lines = "".join(f"{step},{value}\n" for step, value in enumerate(values))
    (folder / "metrics.csv").write_text(f"step,loss\n{lines}")


def finishes(folder: Path, plan: Plan) -> bool:
    """A trial that logs its parameter and is done."""
    log(folder, plan.parameters["x"] + 1, plan.parameters["x"])
    write_clock(folder, 1.0, 1)
    write_result(folder, plan, FINISHED, 0)
    return False


def fails(folder: Path, plan: Plan) -> bool:
    write_result(folder, plan, FAILED, 1, "no memory")
    return False


def runner(sweep: Sweep, folder: Path, launcher: Any, trials: int, parallel: int = 2) -> Runner:
    planner = Planner(sweep)
    planner.record(folder)
    return Runner(sweep, folder, Study(sweep, folder), launcher, planner, trials, parallel)


def results(folder: Path) -> list[Result | None]:
    return [read_result(path) for path in trial_folders(folder)]


def starts(folder: Path) -> list[int]:
    """How often each trial's command was begun."""
    counted = []
    for path in trial_folders(folder):
        note = path / "starts.txt"
        counted.append(len(note.read_text().splitlines()) if note.is_file() else 0)
    return counted


def source_tree() -> dict[str, str]:
    """The environment in which `python -m sweeps.trial` is found."""
    return {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parent.parent.parent)}

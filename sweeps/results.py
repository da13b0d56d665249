"""A trial's verdict: `result.json` in its folder, written once, whole, when the trial has come to its end."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from sweeps.histories import best_of, logged_names, read_history
from sweeps.locks import write_whole

FINISHED, FAILED, PRUNED = "finished", "failed", "pruned"
FILE = "result.json"
PLAN = "trial.json"
LOG = "log.txt"
CLOCK = "seconds.json"


@dataclass(frozen=True)
class Plan:
    """What a trial is to do: `trial.json` in its folder.

    Args:
        number: from 0.
        parameters: names as in the sweep file, nested ones with dots.
        command: words of its command line.
        directory: where it runs.
        metric: name in the log; empty: the trial is no training, and its exit code decides.
        minimise: whether smaller is better.
    """

    number: int
    parameters: dict[str, Any]
    command: list[str]
    directory: str
    metric: str
    minimise: bool


@dataclass(frozen=True)
class Result:
    """How a trial ended.

    Args:
        state: 'finished', 'failed' or 'pruned'.
        best, best_step: best finite value of the metric, and where; None without one.
        last: the last value that was reported; None where it was no finite number.
        reports: how often the metric was reported.
        seconds: of computing, all starts together.
        starts: how often it was begun or gone on with.
        code: exit code of the last start.
        reason: why it failed or was stopped.
    """

    number: int
    state: str
    metric: str
    minimise: bool
    parameters: dict[str, Any]
    best: float | None = None
    best_step: int | None = None
    last: float | None = None
    reports: int = 0
    seconds: float = 0.0
    starts: int = 1
    code: int | None = None
    reason: str = ""


def read_plan(folder: Path) -> Plan | None:
    """A trial's plan; None where it has none yet."""
    content = _read(folder / PLAN, Plan)
    return Plan(**content) if content else None


def write_plan(folder: Path, plan: Plan) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / PLAN, _text(asdict(plan)))


def read_result(folder: Path) -> Result | None:
    """A trial's verdict; None where there is none."""
    content = _read(folder / FILE, Result)
    return Result(**content) if content else None


def write_result(folder: Path, plan: Plan, state: str, code: int | None = None, reason: str = "") -> Result:
    """Write down how a trial ended, with the metric from its logs.

    A trial that ended well but has no finite value of its metric has failed.
    """
    history = read_history(folder, plan.metric)
    best = best_of(history, plan.minimise)
    if state == FINISHED and plan.metric and best is None:
        state, reason = FAILED, _without_metric(folder, plan.metric, bool(history))
    last = best_of(history[-1:], plan.minimise)
    seconds, starts = read_clock(folder)
    result = Result(
        plan.number,
        state,
        plan.metric,
        plan.minimise,
        plan.parameters,
        best=best[1] if best else None,
        best_step=best[0] if best else None,
        last=last[1] if last else None,
        reports=len(history),
        seconds=round(seconds, 1),
        starts=starts,
        code=code,
        reason=reason,
    )
    write_whole(folder / FILE, _text(asdict(result)))
    return result


def read_clock(folder: Path) -> tuple[float, int]:
    """Seconds that a trial has computed so far, and how often it was started."""
    content = _read(folder / CLOCK)
    return float(content.get("seconds", 0.0)), int(content.get("starts", 0))


def write_clock(folder: Path, seconds: float, starts: int) -> None:
    write_whole(folder / CLOCK, _text({"seconds": round(seconds, 1), "starts": starts}))


def _without_metric(folder: Path, metric: str, reported: bool) -> str:
    if reported:
        return f"{metric} was never a finite number"
    names = ", ".join(name for name in logged_names(folder) if name not in ("epoch", "step"))
    return f"it ended without an error but never logged {metric}; it logged {names or 'nothing'}"


def _read(path: Path, kind: type | None = None) -> dict[str, Any]:
    """A file's content, of a record only what it knows: another version's may hold more."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    if not isinstance(content, dict):
        return {}
    known = {field.name for field in fields(kind)} if kind else set(content)
    return {key: value for key, value in content.items() if key in known}


def _text(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"

"""A sweep file: one question in W&B's schema, understood here and by `wandb sweep` alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from anyonenet.errors import InputError
from sweeps.bands import Bands, read_bands
from sweeps.rows import read_yaml
from sweeps.space import Parameter, grid_points, read_parameters

METHODS = ("grid", "random", "bayes")
KNOWN = (
    *("name", "description", "project", "entity", "program", "method", "metric", "parameters"),
    *("early_terminate", "command", "run_cap"),
)


@dataclass(frozen=True)
class Sweep:
    """What a sweep file says.

    Args:
        name: its own, else the file's.
        content: everything, as W&B takes it.
        method: 'grid', 'random' or 'bayes'.
        metric: name of the metric as it is logged, e.g. 'validation/d_ll'.
        minimise: whether smaller is better.
        target: None, or the value from which on no further trial is begun.
        parameters: in order of the file.
        bands: None, or where bad trials are stopped.
    """

    name: str
    content: Mapping[str, Any]
    method: str
    metric: str
    minimise: bool
    target: float | None
    parameters: Sequence[Parameter]
    bands: Bands | None

    @property
    def searched(self) -> list[Parameter]:
        return [parameter for parameter in self.parameters if not parameter.constant]

    @property
    def trials(self) -> int | None:
        """How many the file asks for; None where it leaves that open."""
        cap = self.content.get("run_cap")
        size = len(grid_points(self.parameters)) if self.method == "grid" else None
        return min((number for number in (cap, size) if number is not None), default=None)

    def better(self, value: float, other: float) -> bool:
        return value < other if self.minimise else value > other


def read_sweep(path: Path) -> Sweep:
    """Read a sweep file.

    Raises:
        InputError: it is not there, or something in it is not understood.
    """
    if not Path(path).is_file():
        known = ", ".join(sorted(file.stem for file in Path(__file__).parent.glob("*.yaml")))
        raise InputError(f"no sweep file at {path}; the project's are in sweeps/: {known}")
    content = read_yaml(path)
    try:
        return _understood(content, Path(path).stem)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def _understood(content: dict[str, Any], stem: str) -> Sweep:
    strange = sorted(set(content) - set(KNOWN))
    if strange:
        raise InputError(f"a sweep does not know {', '.join(strange)}; it has {', '.join(KNOWN)}")
    method = content.get("method")
    if method not in METHODS:
        raise InputError(f"method is {method!r}; expected {', '.join(METHODS)}")
    metric = content.get("metric")
    if not isinstance(metric, dict) or not metric.get("name"):
        raise InputError("metric: name is missing, e.g. metric: {name: validation/d_ll, goal: minimize}")
    goal = metric.get("goal", "minimize")
    if goal not in ("minimize", "maximize") or set(metric) - {"name", "goal", "target"}:
        raise InputError(f"metric: expected name, goal (minimize or maximize) and target, got {metric!r}")
    target = metric.get("target")
    if target is not None and (isinstance(target, bool) or not isinstance(target, (int, float))):
        raise InputError(f"metric: target is {target!r}, not a number")
    cap = content.get("run_cap")
    if cap is not None and (isinstance(cap, bool) or not isinstance(cap, int) or cap < 1):
        raise InputError(f"run_cap is {cap!r}; expected a whole number above 0")
    if not isinstance(content.get("program"), str):
        raise InputError("program is missing; W&B wants it (the project's files have 'program: commands')")
    if not isinstance(content.get("command", []), list):
        raise InputError("command: expected a list of words")
    parameters = read_parameters(content.get("parameters"))
    if method == "grid":
        grid_points(parameters)
    bands = read_bands(content.get("early_terminate"))
    name = str(content.get("name", stem))
    return Sweep(name, content, method, str(metric["name"]), goal == "minimize", target, parameters, bands)

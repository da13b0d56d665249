"""The parameters of a sweep file: W&B's distributions, what a search draws from them, and every point of a grid.

A parameter is searched by its *coordinate*, which is what Optuna stores: the value itself where Optuna has the
distribution (uniform, log-uniform, whole numbers), the value as JSON where it is one of several, and else the
probability of a smaller value, from 0 to 1. So a normal distribution is searched evenly in what it says is likely.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from anyonenet.errors import InputError

Coordinate = float | int | str

BOUNDS: dict[str, float | None] = {"min": None, "max": None}
NORMAL: dict[str, float | None] = {"mu": 0.0, "sigma": 1.0}
BETA: dict[str, float | None] = {"a": 1.0, "b": 1.0}
STEP: dict[str, float | None] = {"q": 1}
NUMBERS: dict[str, dict[str, float | None]] = {
    "int_uniform": BOUNDS,
    "uniform": BOUNDS,
    "q_uniform": BOUNDS | STEP,
    "log_uniform": BOUNDS,
    "log_uniform_values": BOUNDS,
    "q_log_uniform": BOUNDS | STEP,
    "q_log_uniform_values": BOUNDS | STEP,
    "inv_log_uniform": BOUNDS,
    "inv_log_uniform_values": BOUNDS,
    "normal": NORMAL,
    "q_normal": NORMAL | STEP,
    "log_normal": NORMAL,
    "q_log_normal": NORMAL | STEP,
    "beta": BETA,
    "q_beta": BETA | STEP,
}
"""W&B's distributions of numbers, with their settings and defaults; None: must be given"""
OTHERS = {
    "constant": ("value",),
    "categorical": ("values",),
    "categorical_w_probabilities": ("values", "probabilities"),
}
EXPONENTS = ("log_uniform", "q_log_uniform", "inv_log_uniform")
"""`min` and `max` are natural logarithms"""
EDGE = 1e-6
"""probabilities are kept this far from 0 and 1, where a normal distribution has no value"""


@dataclass(frozen=True)
class Parameter:
    """One searched or constant value.

    Args:
        path: its name; the names of the groups around it first, where it is nested.
        distribution: W&B's name.
        settings: of the distribution, complete.
    """

    path: tuple[str, ...]
    distribution: str
    settings: Mapping[str, Any]

    @property
    def name(self) -> str:
        return ".".join(self.path)

    @property
    def constant(self) -> bool:
        return self.distribution == "constant"

    @property
    def categorical(self) -> bool:
        return "values" in self.settings

    @property
    def logarithmic(self) -> bool:
        """Whether it is drawn evenly over its logarithm."""
        return "log" in self.distribution

    @property
    def coordinates(self) -> list[str]:
        """Of a categorical parameter."""
        return [as_text(value) for value in self.settings["values"]]

    @property
    def range(self) -> tuple[float, float]:
        """Lowest and highest coordinate of a number."""
        if "min" not in self.settings or "q" in self.settings:
            return 0.0, 1.0
        return self._bounds()

    def at(self, share: float) -> Coordinate:
        """The coordinate below which `share` of the distribution lies, 0 <= share < 1."""
        if self.categorical:
            weights = self.settings.get("probabilities") or [1.0] * len(self.settings["values"])
            reached = list(itertools.accumulate(weights))
            return next(
                (text for text, end in zip(self.coordinates, reached, strict=True) if share * reached[-1] < end),
                self.coordinates[-1],
            )
        low, high = self.range
        if self.distribution == "int_uniform":
            return min(int(high), int(low) + int(share * (high - low + 1)))
        if self.logarithmic and low > 0:
            return math.exp(math.log(low) + share * (math.log(high) - math.log(low)))
        return low + share * (high - low)

    def value(self, coordinate: Coordinate) -> Any:
        """What a trial is given."""
        if self.constant:
            return self.settings["value"]
        if self.categorical:
            return json.loads(str(coordinate))
        if self.distribution == "int_uniform":
            return int(coordinate)
        if self.distribution in ("normal", "log_normal", "beta") or "q" in self.settings:
            return self._of_share(float(coordinate))
        return float(coordinate)

    def grid(self) -> list[Coordinate]:
        """Every coordinate there is.

        Raises:
            InputError: there are infinitely many.
        """
        if self.categorical:
            return list(self.coordinates)
        low, high = self.settings.get("min"), self.settings.get("max")
        if self.distribution == "int_uniform":
            return list(range(low, high + 1))  # type: ignore[operator,arg-type]
        if self.distribution == "q_uniform":
            step, span = self.settings["q"], high - low  # type: ignore[operator]
            multiples = range(math.ceil(low / step - EDGE), math.floor(high / step + EDGE) + 1)
            return [min(1.0, max(0.0, (number * step - low) / span)) if span else 0.0 for number in multiples]
        raise InputError(
            f"parameter {self.name}: a grid needs values, whole numbers or q_uniform, not {self.distribution}"
        )

    def _bounds(self) -> tuple[float, float]:
        low, high = self.settings["min"], self.settings["max"]
        if self.distribution == "inv_log_uniform":
            low, high = -high, -low
        return (math.exp(low), math.exp(high)) if self.distribution in EXPONENTS else (low, high)

    def _of_share(self, share: float) -> float | int:
        kind = self.distribution.removeprefix("q_")
        inside = min(1 - EDGE, max(EDGE, share))
        if kind in ("normal", "log_normal"):
            from scipy.special import ndtri

            number = self.settings["mu"] + self.settings["sigma"] * float(ndtri(inside))
            number = math.exp(number) if kind == "log_normal" else number
        elif kind == "beta":
            from scipy.special import betaincinv

            number = float(betaincinv(self.settings["a"], self.settings["b"], inside))
        else:
            low, high = self._bounds()
            number = low * (high / low) ** share if kind.startswith("log") else low + share * (high - low)
        return self._rounded(number)

    def _rounded(self, number: float) -> float | int:
        """To a multiple of `q`, one between the bounds where there is one."""
        step = self.settings.get("q")
        if step is None:
            return number
        multiple = round(number / step)
        if "min" in self.settings:
            low, high = self._bounds()
            lowest, highest = math.ceil(low / step - EDGE), math.floor(high / step + EDGE)
            if lowest <= highest:
                multiple = min(highest, max(lowest, multiple))
        return multiple * step if isinstance(step, int) else float(f"{multiple * step:.12g}")


def read_parameters(described: Any, path: tuple[str, ...] = ()) -> list[Parameter]:
    """The parameters of a sweep file, nested ones too, in order.

    Raises:
        InputError: one is not understood; it is named.
    """
    where = f"the parameters of {'.'.join(path)}" if path else "parameters"
    if not isinstance(described, dict) or not described:
        raise InputError(f"{where}: expected at least one 'name: ...', got {described!r}")
    found = []
    for name, about in described.items():
        inner = (*path, str(name))
        if isinstance(about, dict) and set(about) == {"parameters"}:
            found += read_parameters(about["parameters"], inner)
        else:
            found.append(read_parameter(inner, about))
    return found


def read_parameter(path: tuple[str, ...], about: Any) -> Parameter:
    """One parameter.

    Raises:
        InputError: it is not understood.
    """
    name = ".".join(path)
    if not isinstance(about, dict) or not about:
        raise InputError(f"parameter {name}: expected value, values or min and max, got {about!r}")
    kind = about.get("distribution") or _implied(name, about)
    given = {key: value for key, value in about.items() if key != "distribution"}
    if kind == "categorical" and "probabilities" in given:
        kind = "categorical_w_probabilities"
    if kind not in NUMBERS and kind not in OTHERS:
        raise InputError(f"parameter {name}: no distribution '{kind}'; there are {', '.join([*OTHERS, *NUMBERS])}")
    known = NUMBERS.get(kind) or dict.fromkeys(OTHERS[kind])
    strange, missing = (
        set(given) - set(known),
        [key for key, value in known.items() if value is None and key not in given],
    )
    if strange or missing:
        wrong = f"does not know {', '.join(sorted(strange))}" if strange else f"needs {' and '.join(missing)}"
        raise InputError(f"parameter {name}: {kind} {wrong}; it has {', '.join(known)}")
    settings = {**known, **given}
    (_check_numbers if kind in NUMBERS else _check_values)(name, kind, settings)
    return Parameter(path, kind, settings)


def assembled(parameters: Sequence[Parameter], values: Mapping[str, Any]) -> dict[str, Any]:
    """What is put on the command line: values by name, groups of nested ones as mappings."""
    whole: dict[str, Any] = {}
    for parameter in parameters:
        place = whole
        for group in parameter.path[:-1]:
            place = place.setdefault(group, {})
        place[parameter.path[-1]] = values[parameter.name]
    return whole


def grid_points(parameters: Sequence[Parameter]) -> list[dict[str, Coordinate]]:
    """Every combination of coordinates, the last parameter changing fastest."""
    searched = [parameter for parameter in parameters if not parameter.constant]
    names = [parameter.name for parameter in searched]
    return [
        dict(zip(names, point, strict=True))
        for point in itertools.product(*(parameter.grid() for parameter in searched))
    ]


def draw(parameter: Parameter, seed: int, number: int) -> Coordinate:
    """A coordinate at random, the same for the same seed, trial and name."""
    import numpy as np

    return parameter.at(float(np.random.default_rng([seed, number, *parameter.name.encode()]).random()))


def as_text(value: Any) -> str:
    """A value as one line of JSON, which tells 1 from '1' and takes lists."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _implied(name: str, about: Mapping[str, Any]) -> str:
    """The distribution that W&B takes where none is named."""
    if "values" in about:
        return "categorical"
    if "value" in about:
        return "constant"
    kinds = {type(about.get(bound)) for bound in BOUNDS}
    if kinds == {int}:
        return "int_uniform"
    if kinds == {int, float}:
        raise InputError(f"parameter {name}: write min and max both as whole numbers or both with a decimal point")
    return "uniform"


def _check_numbers(name: str, kind: str, settings: Mapping[str, Any]) -> None:
    for key, value in settings.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            hint = f"; write {float(value):.1e} (YAML wants the point)" if _is_number(value) else ""
            raise InputError(f"parameter {name}: {key} is {value!r}, not a number{hint}")
    if kind == "int_uniform" and not all(isinstance(settings[bound], int) for bound in BOUNDS):
        raise InputError(f"parameter {name}: int_uniform needs whole numbers as min and max")
    if "min" in settings and settings["min"] > settings["max"]:
        raise InputError(f"parameter {name}: min {settings['min']} is above max {settings['max']}")
    if kind.endswith("log_uniform_values") and settings["min"] <= 0:
        raise InputError(f"parameter {name}: {kind} needs min above 0, got {settings['min']}")
    positive = [key for key in ("q", "sigma", "a", "b") if key in settings and settings[key] <= 0]
    if positive:
        raise InputError(f"parameter {name}: {positive[0]} must be above 0, got {settings[positive[0]]}")


def _check_values(name: str, kind: str, settings: Mapping[str, Any]) -> None:
    values = settings.get("values", [None])
    if not isinstance(values, list) or not values:
        raise InputError(f"parameter {name}: values must be a list that is not empty, got {values!r}")
    texts = [as_text(value) for value in values]
    twice = sorted({text for text in texts if texts.count(text) > 1})
    if twice:
        raise InputError(f"parameter {name}: {', '.join(twice)} stands twice among the values")
    shares = settings.get("probabilities", [1.0] * len(values))
    numbers = isinstance(shares, list) and all(isinstance(share, (int, float)) and share >= 0 for share in shares)
    if not numbers or len(shares) != len(values) or sum(shares) <= 0:
        raise InputError(f"parameter {name}: {len(values)} values need as many probabilities, got {shares!r}")


def _is_number(value: Any) -> bool:
    try:
        return isinstance(value, str) and math.isfinite(float(value))
    except ValueError:
        return False

"""`anyonenet evaluate`: the figures of a stage, measured on its exported weights."""

from __future__ import annotations

import importlib
import inspect
import json
from pathlib import Path
from typing import Any

from commands.options import Options
from commands.stages import STAGES

DESCRIPTION = """\
Measure a stage's exported weights on the parts of the corpora that training never saw.
Prints a table. Options of the stage's own evaluation come after its name:
anyonenet evaluate STAGE --help lists them."""


def options(stage: str | None = None) -> Options:
    """The options of this verb, with those of the stage's evaluation when the stage is known."""
    parser = Options("evaluate", DESCRIPTION, "anyonenet evaluate landmarks --json figures.json")
    parser.add_argument("stage", choices=tuple(STAGES), help="what to measure")
    parser.add_argument("--weights", type=Path, metavar="DIR", help="folder of exported weights (default: ours)")
    parser.add_argument("--root", type=Path, default=Path("data/mini"), metavar="DIR", help="folder of the corpora")
    parser.add_argument("--features", type=Path, default=Path("data/features"), metavar="DIR", help="feature stores")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--card", action="store_true", help="write the figures into the weights' model card")
    if stage is not None:
        group = parser.add_argument_group(f"of {stage}")
        for name, (kind, default) in own_options(stage).items():
            flag = f"--{name.replace('_', '-')}"
            group.add_argument(flag, dest=name, type=kind, default=default, metavar="VALUE", help=f"default {default}")
    return parser


def main(arguments: list[str]) -> int:
    stage = next((argument for argument in arguments if argument in STAGES), None)
    values = options(stage).read(arguments)
    from commands.places import default_weights

    weights = values.weights or default_weights()
    own = {name: getattr(values, name) for name in own_options(values.stage)}
    figures = evaluation_of(values.stage).evaluate(weights, values.root, values.features, **own)
    print(table(figures))
    if values.json is not None:
        values.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    if values.card:
        from commands.cards import add_figures, write_readme

        add_figures(weights / values.stage, figures)
        judge = weights / "phoneme_recogniser"  # trained by the TTS's evaluation where it is missing
        if values.stage == "tts" and judge.is_dir():
            write_readme(judge)
    return 0


def evaluation_of(stage: str) -> Any:
    """The module that measures a stage."""
    return importlib.import_module(STAGES[stage].evaluation)


def own_options(stage: str) -> dict[str, tuple[type, Any]]:
    """Plain arguments of a stage's `evaluate` beyond weights, root and features: name -> type and default."""
    found: dict[str, tuple[type, Any]] = {}
    for name, parameter in list(inspect.signature(evaluation_of(stage).evaluate).parameters.items())[3:]:
        written = str(parameter.annotation).removesuffix(" | None")
        kind = {"int": int, "float": float, "str": str, "Path": Path}.get(written)
        if kind is not None:
            found[name] = (kind, parameter.default)
    return found


def table(figures: dict[str, float]) -> str:
    """One line a figure, aligned."""
    width = max((len(name) for name in figures), default=0)
    return "\n".join(f"{name:<{width}}  {value:10.4f}" for name, value in figures.items())

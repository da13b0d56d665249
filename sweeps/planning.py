"""What each trial of a sweep is to run, and the record by which a sweep is known again."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from anyonenet.errors import InputError
from sweeps.command import command_line, is_fit, with_configs
from sweeps.definition import Sweep
from sweeps.locks import locked, write_whole
from sweeps.results import Plan
from sweeps.space import assembled

RECORD = "sweep.json"
RUN = "run"
"""folder of a training in its trial's folder"""
VALUES = "parameters.json"
QUIETLY = ("--trainer.enable_progress_bar=false", "--media_every=0")
"""trials are told by numbers; what stands behind them on the command line may ask for more"""
TRIALS = "trials"


def trial_folder(sweep_folder: Path, number: int) -> Path:
    return sweep_folder / TRIALS / f"{number:04d}"


def trial_folders(sweep_folder: Path) -> list[Path]:
    """Those that are there, by number."""
    return sorted(path for path in (sweep_folder / TRIALS).glob("[0-9]*") if path.is_dir())


@dataclass(frozen=True)
class Planner:
    """Makes plans of trials.

    Args:
        sweep: what is searched.
        configs: configurations in place of the sweep file's; empty: its own.
        root, features: of the data; None: as configured.
        overrides: words put behind every command.
        seed: of the search.
    """

    sweep: Sweep
    configs: Sequence[Path] = ()
    root: Path | None = None
    features: Path | None = None
    overrides: Sequence[str] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        fit = is_fit(self.sweep.content.get("command") or ())
        if not fit and (self.configs or self.root or self.features):
            raise InputError(
                "--config, --root and --features go with sweeps of `anyonenet fit`; this one runs another program"
            )
        searched = {parameter.path[0] for parameter in self.sweep.parameters}
        twice = sorted(searched & {word.lstrip("-").partition("=")[0] for word in self.overrides})
        if twice:
            raise InputError(f"{', '.join(twice)} is searched by the sweep; leave it out behind --")

    def __call__(self, number: int, parameters: Mapping[str, Any], folder: Path, dry: bool = False) -> Plan:
        """The plan of a trial; its folder is there, unless nothing is to be written."""
        values = assembled(self.sweep.parameters, parameters)
        template = self.sweep.content.get("command") or ()
        fit = is_fit(template)
        if self.configs:
            template = with_configs(template, [path.resolve() for path in self.configs])
        json_file = (folder / VALUES).resolve()
        if "${args_json_file}" in template and not dry:
            write_whole(json_file, json.dumps(values))
        words = command_line(template, self.sweep.content["program"], sys.executable, values, json_file)
        run = (folder / RUN).resolve()
        if fit:
            words += [f"--trainer.default_root_dir={run}", "--resume", *QUIETLY]
            for name, place in (("root", self.root), ("features", self.features)):
                words += [f"--data.init_args.{name}={place.resolve()}"] if place is not None else []
        words += self.overrides
        return Plan(number, dict(parameters), words, os.getcwd(), self.sweep.metric, self.sweep.minimise)

    def record(self, folder: Path) -> None:
        """Write down what decides the sweep's results, or see that it is what is written down already.

        Raises:
            InputError: the folder holds a sweep of something else; what differs is named.
        """
        # how many there are to be may change
        content = {key: value for key, value in self.sweep.content.items() if key != "run_cap"}
        wanted = {
            "file": content,
            "configs": [str(path) for path in self.configs],
            "root": str(self.root) if self.root else None,
            "features": str(self.features) if self.features else None,
            "overrides": list(self.overrides),
            "seed": self.seed,
        }
        text = json.dumps(wanted, indent=1, ensure_ascii=False)
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder / ".asking"):
            if not (folder / RECORD).is_file():
                write_whole(folder / RECORD, text + "\n")
        there = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        differing = [
            part for key, value in json.loads(text).items() for part in _differences(key, there.get(key), value)
        ]
        if differing:
            raise InputError(f"{folder} holds another sweep ({'; '.join(differing)}); give another --out")


def _differences(name: str, made: Any, wanted: Any) -> list[str]:
    if isinstance(made, dict) and isinstance(wanted, dict):
        names = [*made, *(key for key in wanted if key not in made)]
        return [part for key in names for part in _differences(f"{name}.{key}", made.get(key), wanted.get(key))]
    return [] if made == wanted else [f"{name} = {made!r}, wanted {wanted!r}"]

"""What an ablation trains: every row with every seed, as jobs that differ in nothing else."""

from __future__ import annotations

import importlib
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from anyonenet.errors import InputError
from sweeps.jobs import Job
from sweeps.rows import Row, read_yaml

PLACES = ("dirpath", "save_dir", "default_root_dir")
"""keys under `trainer` that say where a run writes; each run gets a folder of its own"""
ELSEWHERE = ("data.init_args.root", "data.init_args.features", *(f"trainer.{name}" for name in PLACES))
"""keys that do not decide a result: the corpora's checksum stands for what they name"""


@dataclass(frozen=True)
class Setting:
    """What all rows share."""

    configs: Sequence[Path]
    """later ones win; the rows are laid over them"""
    root: Path
    features: Path
    out: Path
    epochs: int | None = None
    """None: as the configurations say"""
    clips: Path | None = None
    """folder of the test clips, for rows with a command"""

    def data(self) -> Any:
        """The DataModule of the shared configuration.

        Raises:
            InputError: the configuration names none, or one that cannot be built.
        """
        config = merged(self.configs)
        places = {"root": str(self.root.resolve()), "features": str(self.features.resolve())}
        named = config.get("data", {})
        try:
            module, _, name = named["class_path"].rpartition(".")
            settings = OmegaConf.to_container(OmegaConf.create(named.get("init_args") or {}), resolve=True)
            return getattr(importlib.import_module(module), name)(**{**settings, **places})  # type: ignore[dict-item]
        except (KeyError, TypeError, ImportError, AttributeError, ValueError, OmegaConfBaseException) as error:
            raise InputError(f"the data of {self.configs[-1]} cannot be made ({_first_line(error)})") from None


def jobs_of(
    setting: Setting, rows: Sequence[Row], seeds: Sequence[int], program: Sequence[str], corpora: str
) -> dict[tuple[str, int], Job]:
    """The jobs of all rows that are not there already, by row and seed.

    Args:
        setting: what the rows share.
        rows: those of predictions need no job.
        seeds: of each row; a row that knows no seed has one job, under the first.
        program: begins a command line of `fit`.
        corpora: checksum of the data.
    """
    jobs = {}
    for seed in seeds:  # seed by seed: an early look has all rows
        for row in rows:
            if row.predictions is not None or (seed != seeds[0] and not row.has_seeds):
                continue
            folder = setting.out.resolve() / row.name / f"seed-{seed}"
            make = _training if row.trained else _command
            jobs[row.name, seed] = make(setting, row, seed, folder, program, corpora)
    return jobs


def _training(setting: Setting, row: Row, seed: int, folder: Path, program: Sequence[str], corpora: str) -> Job:
    shared = [row.config] if row.config else list(setting.configs)
    config = merged(shared, row.delta)
    own = run_settings(config, setting, seed, folder)
    whole = _plain(OmegaConf.merge(OmegaConf.create(config), OmegaConf.create(own)))
    options = {key: value for key, value in flat(whole).items() if not key.endswith(PLACES) and key not in ELSEWHERE}
    command = [*program, "fit"]
    for path in shared:
        command += ["--config", str(Path(path).resolve())]
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (("row.yaml", row.delta), ("run.yaml", own)):
        (folder / name).write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")
        command += ["--config", str(folder / name)]
    return Job(f"{row.name}, seed {seed}", folder, [*command, "--resume"], {**options, "corpora": corpora})


def _command(setting: Setting, row: Row, seed: int, folder: Path, program: Sequence[str], corpora: str) -> Job:
    places = {"clips": str(setting.clips), "out": str(folder / "predictions"), "seed": str(seed)}
    try:
        command = [part.format(**places) for part in shlex.split(row.command or "")]
    except (KeyError, ValueError, IndexError) as error:
        raise InputError(
            f"{row.file}: the command is not understood ({error}); it may name {{clips}}, {{out}}, {{seed}}"
        ) from None
    (folder / "predictions").mkdir(parents=True, exist_ok=True)
    return Job(f"{row.name}, seed {seed}", folder, command, {"command": row.command, "corpora": corpora, "seed": seed})


def run_settings(config: Mapping[str, Any], setting: Setting, seed: int, folder: Path) -> dict[str, Any]:
    """The configuration that is laid over all others: seed, budget, and this run's own places."""
    trainer = config.get("trainer") or {}
    own: dict[str, Any] = {"default_root_dir": str(folder), "enable_progress_bar": False}
    for name in ("callbacks", "logger"):
        if isinstance(trainer.get(name), (dict, list)):
            own[name] = moved(trainer[name], str(folder))
    if setting.epochs is not None:
        own["max_epochs"] = setting.epochs
    data = {"root": str(setting.root.resolve()), "features": str(setting.features.resolve()), "seed": seed}
    return {"seed_everything": seed, "trainer": own, "data": {"init_args": data}}


def merged(configs: Sequence[Path], delta: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Configurations laid over each other, interpolations left as they are.

    Raises:
        InputError: one is not there or cannot be read.
    """
    try:
        layers = [OmegaConf.create(read_yaml(path)) for path in configs]
        return _plain(OmegaConf.merge(*layers, OmegaConf.create(dict(delta or {}))))
    except OmegaConfBaseException as error:
        raise InputError(
            f"{', '.join(map(str, configs))} cannot be laid over each other ({_first_line(error)})"
        ) from None


def moved(value: Any, folder: str) -> Any:
    """The same settings with every place to write to changed to `folder`."""
    if isinstance(value, dict):
        return {key: folder if key in PLACES else moved(inside, folder) for key, inside in value.items()}
    return [moved(inside, folder) for inside in value] if isinstance(value, list) else value


def flat(value: Any, name: str = "") -> dict[str, Any]:
    """Nested settings as `trainer.max_epochs` -> value."""
    if isinstance(value, dict):
        inside = value.items()
    elif isinstance(value, list):
        inside = enumerate(value)  # type: ignore[assignment]
    else:
        return {name: value}
    found: dict[str, Any] = {}
    for key, part in inside:
        found |= flat(part, f"{name}.{key}" if name else str(key))
    return found


def _plain(config: Any) -> dict[str, Any]:
    return OmegaConf.to_container(config, resolve=False)  # type: ignore[return-value]


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]

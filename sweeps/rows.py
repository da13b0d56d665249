"""The rows of an ablation: one YAML file each, holding only what differs.

A plain file is laid over the configuration that all rows share. A row of another kind has the one key `row`:

    row:
      title: MakeItTalk                      # as it stands in the table; default: the file's name
      config: makeittalk/fit.yaml            # another configuration of `anyonenet fit` in place of the shared one
      command: python run.py {clips} {out}   # or: a program that predicts the clips in {clips} into {out}
      predictions: makeittalk/seed{seed}     # or: a folder of predictions that is there already

Paths of `config` and `predictions` start at the file. `docs/tables-and-figures.md` says how predictions are stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from anyonenet.errors import InputError

KINDS = ("config", "command", "predictions")


@dataclass(frozen=True)
class Row:
    """One row: trained when it has neither a command nor predictions."""

    name: str
    title: str
    file: Path
    delta: dict[str, Any] = field(default_factory=dict)
    """laid over the configuration"""
    config: Path | None = None
    """the configuration in place of the shared one"""
    command: str | None = None
    predictions: str | None = None
    """folder, may hold `{seed}`"""

    @property
    def trained(self) -> bool:
        return self.command is None and self.predictions is None

    @property
    def has_seeds(self) -> bool:
        """Whether the seed changes anything."""
        return self.trained or "{seed}" in (self.command or self.predictions or "")


def find_rows(named: Sequence[str | Path], folder: Path) -> list[Row]:
    """Read rows.

    Args:
        named: YAML files, or names of files in `folder` without their ending; none: all of the folder.
        folder: where the rows usually lie.

    Raises:
        InputError: one is not there, cannot be read, or two have one name.
    """
    found = sorted(folder.glob("*.yaml"))
    if not named:
        if not found:
            raise InputError(f"no rows in {folder}: expected one YAML file a row; name files with --rows")
        return [read_row(path) for path in found]
    rows = []
    for name in named:
        path = Path(name) if str(name).endswith((".yaml", ".yml")) else folder / f"{name}.yaml"
        if not path.is_file():
            known = ", ".join(path.stem for path in found) or "nothing"
            raise InputError(f"no row '{name}': {path} is not there; {folder} has {known}")
        rows.append(read_row(path))
    names = [row.name for row in rows]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"two rows are named {', '.join(twice)}; a row is named after its file")
    return rows


def read_row(path: Path) -> Row:
    """One row.

    Raises:
        InputError: it is no YAML mapping, or says something that is not understood.
    """
    content = read_yaml(path)
    about = content.pop("row", None)
    title = path.stem.upper().replace("_", "-")
    if about is None:
        return Row(path.stem, title, path, content)
    known = ("title", *KINDS)
    if not isinstance(about, dict) or set(about) - set(known):
        strange = ", ".join(map(str, set(about) - set(known))) if isinstance(about, dict) else str(about)
        raise InputError(f"{path}: 'row' does not know {strange}; it has {', '.join(known)}")
    given = [kind for kind in KINDS if about.get(kind)]
    if len(given) > 1:
        raise InputError(f"{path}: 'row' names {' and '.join(given)}; give one of them")
    if content and given and given[0] != "config":
        raise InputError(f"{path}: a row with {given[0]} is not trained; take {', '.join(content)} away")
    config = path.parent / about["config"] if about.get("config") else None
    if config is not None and not config.is_file():
        raise InputError(f"{path}: no configuration at {config}")
    predictions = str(path.parent / about["predictions"]) if about.get("predictions") else None
    return Row(path.stem, str(about.get("title", title)), path, content, config, about.get("command"), predictions)


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML file that holds a mapping, or nothing.

    Raises:
        InputError: it cannot be read, or holds something else.
    """
    try:
        content = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"no configuration at {path}; the stages' are in configs/") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"{path} cannot be read as YAML ({' '.join(str(error).split())})") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise InputError(f"{path} holds a {type(content).__name__}; expected 'key: value' lines")
    return content

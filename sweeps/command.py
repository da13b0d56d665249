"""A trial's command line, made from a sweep file's `command` as W&B's agent makes it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

DEFAULT = ("${env}", "${interpreter}", "${program}", "${args}")
VARIABLE = re.compile(r"\$\{envvar:([A-Z0-9_]*)\}")


def command_line(
    template: Sequence[Any], program: str, interpreter: str, values: Mapping[str, Any], json_file: Path | None = None
) -> list[str]:
    """Fill the macros in.

    Args:
        template: of a sweep file; empty: W&B's default.
        program: for `${program}`.
        interpreter: for `${interpreter}`; W&B's agent takes 'python'.
        values: of the parameters, by name; values are written as Python prints them, as the agent does.
        json_file: for `${args_json_file}`; who runs the command writes the values there.
    """
    macros: dict[str, list[str]] = {
        "env": ["/usr/bin/env"] if os.name == "posix" else [],
        "interpreter": [interpreter],
        "program": [program],
        "args": [f"--{name}={value}" for name, value in values.items()],
        "args_no_equals": [part for name, value in values.items() for part in (f"--{name}", str(value))],
        "args_no_hyphens": [f"{name}={value}" for name, value in values.items()],
        "args_no_boolean_flags": [
            f"--{name}" if value is True else f"--{name}={value}"
            for name, value in values.items()
            if value is not False
        ],
        "args_append_hydra": [f"+{name}={value}" for name, value in values.items()],
        "args_override_hydra": [f"++{name}={value}" for name, value in values.items()],
        "args_json": [json.dumps(dict(values))],
        "args_json_file": [str(json_file)],
    }
    words = []
    for part in map(str, template or DEFAULT):
        part = VARIABLE.sub(lambda found: os.environ.get(found[1], found[1]), part)
        is_macro = part.startswith("${") and part.endswith("}")
        words += macros.get(part[2:-1], []) if is_macro else [part]
    return words


def is_fit(template: Sequence[Any]) -> bool:
    """Whether a command trains by `anyonenet fit`, whose places and checkpoints are known."""
    return "fit" in map(str, template)


def with_configs(template: Sequence[Any], configs: Sequence[Path]) -> list[str]:
    """The command with other configurations in place of its own."""
    words, kept = list(map(str, template)), []
    skip = False
    for word in words:
        if skip or word.startswith("--config="):
            skip = False
        elif word == "--config":
            skip = True
        else:
            kept.append(word)
    place = kept.index("fit") + 1
    return [*kept[:place], *(part for path in configs for part in ("--config", str(path))), *kept[place:]]

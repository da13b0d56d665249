"""Model cards: `README.md` beside exported weights, written from their `config.json`."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from commands.stages import STAGES

TEMPLATE = """\
# {stage}: {title}

Weights of the `{network}` network ({parameters:,} numbers, {megabytes:.1f} MB as 16-bit floats), loaded by
`anyonenet.weights.load_weights`, which checks their SHA-256.

- **Trained on:** {corpus}
- **Meant for:** {purpose}
- **SHA-256:** `{sha256}`

## Figures

{metrics}

## Settings

Network: {arguments}

Sound: {mel}
"""

SYNTHETIC = (
    "development, demonstration and tests. The corpora are synthetic: voices of a speech synthesiser, faces drawn by "
    "a program. Do not judge the method by these weights, and do not use them to say anything about real persons."
)
REAL = "what its corpora's licences allow."


def write_readme(folder: Path) -> None:
    """Write `README.md` from the folder's `config.json`."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    size = (folder / "model.safetensors").stat().st_size
    stage = config["stage"]
    figures = config["metrics"]
    intervals = config.get("intervals", {})
    rows = "\n".join(
        f"| {name} | {value:.4g} | {_interval(intervals.get(name))} |" for name, value in sorted(figures.items())
    )
    text = TEMPLATE.format(
        stage=stage,
        title=STAGES[stage].title if stage in STAGES else "judge of the synthesised speech, not part of the system",
        network=config["network"],
        parameters=size // 2,
        megabytes=size / 1e6,
        corpus=config["corpus"],
        purpose=SYNTHETIC if "embedded" in config["corpus"] else REAL,
        sha256=config["sha256"],
        metrics=f"| figure | value | 95 % interval |\n| --- | ---: | --- |\n{rows}"
        if rows
        else "Not measured yet: `anyonenet evaluate` does.",
        arguments=_listed(config["arguments"]),
        mel=_listed(config["mel"]),
    )
    _write(folder / "README.md", text)


def add_figures(folder: Path, figures: Mapping[str, Any]) -> None:
    """Put measured figures into `config.json`, values and intervals, and write the card again.

    Args:
        folder: the weights.
        figures: name -> `evaluation.bootstrap.Figure`.
    """
    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    intervals = config.get("intervals", {})
    for name, figure in figures.items():
        config["metrics"][name] = round(float(figure.value), 6)
        intervals.pop(name, None)
        if figure.has_interval:
            bounds = {"low": round(figure.low, 6), "high": round(figure.high, 6)}
            intervals[name] = {**bounds, "items": figure.items, "of": figure.of}
    config["intervals"] = intervals
    _write(path, json.dumps(config, indent=1, ensure_ascii=False) + "\n")
    write_readme(folder)


def _interval(known: Mapping[str, Any] | None) -> str:
    """`0.11 to 0.13, over 22 videos`; nothing where none was measured."""
    return "" if known is None else f"{known['low']:.4g} to {known['high']:.4g}, over {known['items']} {known['of']}"


def _listed(values: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())


def _write(path: Path, text: str) -> None:
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    beside.write_text(text, encoding="utf-8")
    os.replace(beside, path)

"""Start-up of the program, by `benchmarks.startup`: help, imports, weights, and `generate` from the shell on."""

from __future__ import annotations

from benchmarks.speed.part import Setting
from benchmarks.speed.record import Section, Table
from benchmarks.speed.script import figures


def measure(setting: Setting, section: Section) -> None:
    """Table `startup`, a row a figure; `help_seconds` and `generate_start_seconds` are held to bars."""
    arguments = ["--weights", str(setting.weights), "--runs", str(setting.repeats(9))]
    section.figures = figures("startup", arguments, setting.scratch / "startup.json")
    table = Table("startup", "Start-up", ["what", "s"])
    for name, seconds in section.figures.items():
        if name.endswith("_seconds"):
            table.add(name.removesuffix("_seconds").replace("_", " "), f"{seconds:.2f}")
    section.tables.append(table)

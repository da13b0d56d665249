"""`anyonenet validate`: LightningCLI's verb of the same name."""

from __future__ import annotations

from commands import training


def main(arguments: list[str]) -> int:
    return training.main("validate", arguments)

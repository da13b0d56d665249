"""`anyonenet fit`: LightningCLI's verb of the same name, here or as a job of Slurm."""

from __future__ import annotations

from commands import training


def main(arguments: list[str]) -> int:
    from commands.slurm import fit_on_slurm, without_slurm

    line, parameters = without_slurm(arguments)
    if parameters is None or "--help" in line or "-h" in line:
        return training.main("fit", line)
    return fit_on_slurm(line, parameters)

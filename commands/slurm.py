"""A command line as jobs of Slurm, through submitit: in shards as an array, or a training on several nodes."""

from __future__ import annotations

import os
from argparse import ArgumentTypeError
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from commands.options import Mistake, assignment

WARNING_SECONDS = 90
"""before the time limit a training is warned, leaves a checkpoint and is requeued"""


class VerbJob:
    """One task of a job: a command line of the program."""

    def __init__(self, arguments: Sequence[str]):
        self.arguments = list(arguments)

    def __call__(self) -> None:
        from commands.__main__ import main

        code = main(self.arguments)
        if code:
            raise SystemExit(code)


class FitJob(VerbJob):
    """A task of a training; when the job was requeued it goes on from the newest checkpoint."""

    def __call__(self) -> None:
        if int(os.environ.get("SLURM_RESTART_COUNT") or 0) > 0 and "--resume" not in self.arguments:
            self.arguments.append("--resume")
        super().__call__()


class ShardJob(VerbJob):
    """One job: the command line with its `--shard`. Stopped by the time limit or for a better job, it is sent again."""

    def __init__(self, arguments: Sequence[str], shard: int, shards: int):
        super().__init__([*arguments, "--shard", f"{shard}/{shards}"])

    def checkpoint(self) -> Any:
        """submitit asks for what is to be sent again: the same, it goes on where it was."""
        from submitit.helpers import DelayedSubmission

        return DelayedSubmission(self)


def submit_shards(
    arguments: Sequence[str], shards: int, logs: Path, parameters: dict[str, Any], cluster: str = "slurm"
) -> list[str]:
    """Submit an array of jobs.

    Args:
        arguments: verb and options.
        shards: jobs.
        logs: folder of their logs.
        parameters: submitit's, as `slurm_partition` or `timeout_min`.
        cluster: submitit's name of the scheduler; 'local' runs the jobs here.

    Returns:
        The jobs' numbers.

    Raises:
        Mistake: submitit is not installed, there is no Slurm here, or it does not know a parameter.
    """
    return _submit([ShardJob(arguments, number, shards) for number in range(1, shards + 1)], logs, parameters, cluster)


def submit_training(arguments: Sequence[str], logs: Path, parameters: dict[str, Any], cluster: str = "slurm") -> str:
    """Submit a training: one job in which every task runs the same command line.

    The job is warned by SIGUSR1 before its time limit. The signal is the training's alone: submitit's own signal and
    its requeueing stay out of it.

    Args:
        arguments: verb and options.
        logs: folder of its logs.
        parameters: submitit's, with the nodes and tasks of `resources`.
        cluster: submitit's name of the scheduler.

    Returns:
        The job's number.

    Raises:
        Mistake: as `submit_shards`.
    """
    if "slurm_additional_parameters" in parameters:
        raise Mistake("--slurm-option: slurm_additional_parameters is taken; other options go into a batch file")
    seconds = parameters.get("slurm_signal_delay_s", WARNING_SECONDS)
    flags = {"signal": f"USR1@{seconds}", "requeue": True}
    whole = {**parameters, "slurm_additional_parameters": flags, "slurm_stderr_to_stdout": True}
    return _submit([FitJob(arguments)], logs, whole, cluster)[0]


def without_slurm(arguments: Sequence[str]) -> tuple[list[str], dict[str, Any] | None]:
    """Take `--slurm` and `--slurm-option KEY=VALUE` out of a command line that another parser reads.

    Returns:
        the rest, and submitit's parameters, None where `--slurm` is not given.

    Raises:
        Mistake: a parameter that is none, or parameters without `--slurm`.
    """
    rest: list[str] = []
    parameters: dict[str, Any] = {}
    given = iter(arguments)
    for argument in given:
        name, equals, value = argument.partition("=")
        if name == "--slurm-option":
            try:
                parameters.update([assignment(value if equals else next(given, ""))])
            except ArgumentTypeError as error:
                raise Mistake(f"--slurm-option: {error}") from None
        elif argument != "--slurm":
            rest.append(argument)
    asked = "--slurm" in arguments
    if parameters and not asked:
        raise Mistake("--slurm-option goes with --slurm")
    return rest, parameters if asked else None


def fit_on_slurm(arguments: list[str], parameters: dict[str, Any]) -> int:
    """Submit `fit` with these arguments, for the nodes and processes of its configuration, and say how to follow it."""
    from commands.training import read_configuration

    values = read_configuration("fit", arguments)
    workers = values.data.init_args.get("workers", 0)
    logs = Path(values.trainer.default_root_dir or ".") / "slurm"
    needs = {**resources(values.trainer, workers), **parameters}
    job = submit_training(["fit", *arguments], logs, needs)
    tasks = f"{needs['nodes']} x {needs['tasks_per_node']} processes"
    print(f"job {job} ({tasks}); squeue --job {job} says where it stands, scancel {job} ends it; to follow it:")
    print(f"tail -F {logs}/{job}_0_log.out")
    return 0


def resources(trainer: Any, workers: int = 0) -> dict[str, int]:
    """What a training needs of a cluster, as submitit's parameters.

    Args:
        trainer: its configuration: `accelerator`, `devices`, `num_nodes`.
        workers: loading processes of each of its processes.

    Raises:
        Mistake: the configuration leaves to the machine what has to be asked for beforehand.
    """
    accelerator = str(trainer["accelerator"])
    if accelerator not in ("cpu", "gpu", "cuda"):
        raise Mistake(f"fit: --slurm needs --trainer.accelerator gpu or cpu, not {accelerator}")
    devices = trainer["devices"]
    if accelerator == "cpu" and devices == "auto":
        devices = 1  # as Lightning takes it
    count = len(devices) if isinstance(devices, list | tuple) else int(devices) if str(devices).isdigit() else 0
    if count < 1:
        raise Mistake(f"fit: --slurm has to ask for a number of processes a node: --trainer.devices 4, not {devices}")
    asked = {"nodes": int(trainer["num_nodes"]), "tasks_per_node": count, "cpus_per_task": 1 + workers}
    return asked if accelerator == "cpu" else {**asked, "gpus_per_node": count}


def _submit(jobs: Sequence[VerbJob], logs: Path, parameters: dict[str, Any], cluster: str) -> list[str]:
    try:
        import submitit
    except ImportError:
        raise Mistake("--slurm needs submitit: pip install 'anyonenet[slurm]'") from None
    whole = {"name": "anyonenet", "timeout_min": 24 * 60, **parameters}
    cpus = whole.get("slurm_cpus_per_task", whole.get("cpus_per_task"))
    if cpus is not None:
        whole["slurm_srun_args"] = [f"--cpus-per-task={cpus}"]  # srun does not take it over from the job
    try:
        executor = submitit.AutoExecutor(folder=logs, cluster=cluster)
        executor.update_parameters(**whole)
        with executor.batch():
            submitted = [executor.submit(job) for job in jobs]
    except (RuntimeError, NameError, ValueError, TypeError, AssertionError) as error:  # what submitit raises for these
        raise Mistake(f"--slurm: {' '.join(str(error).split())}") from None
    return [str(job.job_id) for job in submitted]

"""A command line in shards, as an array of Slurm jobs, through submitit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from commands.options import Mistake


class ShardJob:
    """One job: the command line with its `--shard`. Stopped by the time limit or for a better job, it is sent again."""

    def __init__(self, arguments: Sequence[str], shard: int, shards: int):
        self.arguments = [*arguments, "--shard", f"{shard}/{shards}"]

    def __call__(self) -> None:
        from commands.__main__ import main

        code = main(self.arguments)
        if code:
            raise SystemExit(code)

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
    try:
        import submitit
    except ImportError:
        raise Mistake("--slurm needs submitit: pip install 'anyonenet[slurm]'") from None
    try:
        executor = submitit.AutoExecutor(folder=logs, cluster=cluster)
        executor.update_parameters(**{"name": "anyonenet", "timeout_min": 24 * 60, **parameters})
        with executor.batch():
            jobs = [executor.submit(ShardJob(arguments, number, shards)) for number in range(1, shards + 1)]
    except (RuntimeError, NameError, ValueError, TypeError) as error:  # what submitit raises for these
        raise Mistake(f"--slurm: {' '.join(str(error).split())}") from None
    return [str(job.job_id) for job in jobs]

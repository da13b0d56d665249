"""What a training knows of Slurm: whether it is a task of a job, and how that job gets back into the queue.

A job is sent SIGTERM when it is cancelled, when its time is over, and when Slurm wants its nodes for another job; in
the last case Slurm requeues it by itself. Before its time is over it is sent the signal of `sbatch --signal`, here
SIGUSR1, and nobody else requeues it then. So a training leaves a checkpoint at both signals, and requeues at SIGUSR1.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytorch_lightning as pl

if TYPE_CHECKING:
    from lightning_modules.survival.stop import Stop

ATTEMPTS = 3
"""a controller that is busy is asked again"""


def job_number() -> str | None:
    """The job that this process is a task of, as `scontrol` takes it; None outside of Slurm and in interactive jobs."""
    if "SLURM_PROCID" not in os.environ or os.environ.get("SLURM_JOB_NAME") in ("bash", "interactive"):
        return None
    if "SLURM_ARRAY_JOB_ID" in os.environ:
        return f"{os.environ['SLURM_ARRAY_JOB_ID']}_{os.environ['SLURM_ARRAY_TASK_ID']}"
    return os.environ.get("SLURM_JOB_ID")


def requeue(job: str, patience_seconds: float = 20.0) -> str:
    """Put a job back into the queue; it starts again as soon as there is room. Slurm ends its processes meanwhile.

    Args:
        job: its number.
        patience_seconds: for each of the attempts.

    Returns:
        why it was not done, else an empty string.
    """
    said = ""
    for _ in range(ATTEMPTS):
        try:
            done = subprocess.run(
                ["scontrol", "requeue", job], capture_output=True, text=True, timeout=patience_seconds, check=False
            )
        except FileNotFoundError:
            return "scontrol is not installed on this node"
        except subprocess.TimeoutExpired:
            said = f"scontrol did not answer within {patience_seconds:.0f} seconds"
            continue
        if done.returncode == 0:
            return ""
        said = " ".join((done.stderr or done.stdout).split()) or f"scontrol ended with code {done.returncode}"
    return said


class RequeueAtWarning(pl.Callback):
    """Puts the job of a training back into the queue when it was stopped by SIGUSR1; `at_stop` is told of the stop.

    A job that got no step further since it was started stays out of the queue: it would go round for ever.
    """

    def __init__(self) -> None:
        self._begun_at = self._steps = 0

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._begun_at = self._steps = trainer.global_step

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule, *_: object) -> None:
        self._steps = trainer.global_step

    def at_stop(self, stop: Stop) -> None:
        """Called after the checkpoint is written."""
        job = job_number()
        if stop.signal != signal.SIGUSR1 or job is None or os.environ["SLURM_PROCID"] != "0":
            return
        if stop.checkpoint is None or self._steps <= self._begun_at:
            said = f"job {job} is not requeued: it got no step further since it was started; give it more time"
        else:
            reason = requeue(job)
            said = f"job {job} cannot be requeued: {reason}" if reason else f"job {job} is in the queue again"
        print(f"anyonenet: {said}", file=sys.stderr, flush=True)

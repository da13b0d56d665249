"""What every training writes without being asked: `metrics.csv`, and the same for TensorBoard."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pytorch_lightning.loggers import TensorBoardLogger
from pytorch_lightning.loggers.logger import Logger
from pytorch_lightning.utilities.rank_zero import rank_zero_only

from lightning_modules.logging.metrics_file import MetricsFile

METRICS = "metrics.csv"
TENSORBOARD = "tensorboard"


class TableLogger(Logger):
    """`RUN/metrics.csv`; its `save_dir` is the run's folder, where Lightning then puts the configuration."""

    def __init__(self, folder: Path):
        super().__init__()
        self.folder = Path(folder)
        self.file = MetricsFile(self.folder / METRICS)

    @property
    def name(self) -> str:
        return ""

    @property
    def version(self) -> str:
        return ""

    @property
    def save_dir(self) -> str:
        return str(self.folder)

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        self.file.write(step or 0, metrics)

    def log_hyperparams(self, params: dict[str, Any] | Namespace, *args: Any, **kwargs: Any) -> None:
        """They are in `config.yaml` and `run.json`."""

    @rank_zero_only
    def finalize(self, status: str) -> None:
        self.file.close()


class EventLogger(TensorBoardLogger):
    """`RUN/tensorboard`, one curve however often the run was stopped and went on."""

    def __init__(self, folder: Path):
        super().__init__(str(folder), name="", version=TENSORBOARD, default_hp_metric=False)

    @rank_zero_only
    def begin(self, step: int) -> None:
        """TensorBoard leaves out what earlier files have from this step on."""
        from tensorboard.compat.proto.event_pb2 import Event, SessionLog

        writer = self.experiment._get_file_writer()
        writer.add_event(Event(step=step, file_version="brain.Event:2"))
        writer.add_event(Event(step=step, session_log=SessionLog(status=SessionLog.START)))
        self.experiment.flush()

"""Lightning's advice that does not concern a user of this program is not shown; whatever else it says is."""

from __future__ import annotations

import logging
import warnings

LINES = (
    "\N{ELECTRIC LIGHT BULB} Tip",
    "TPU available",
    "`weights_only` was not set",
    "Loading `train_dataloader` to estimate",
)
"""how lines of the log begin"""
WARNINGS = (
    "The `srun` command is available on your system but is not used",  # a training beside Slurm is no mistake
    "Checkpoint directory .* exists and is not empty",  # a run that goes on, or begins anew where one lay
    "Be aware that when using `ckpt_path`, callbacks",  # looking at a checkpoint needs none of a training's
    "`isinstance\\(treespec, LeafSpec\\)` is deprecated",
)
LOGGER = "pytorch_lightning.utilities.rank_zero"


def hush() -> None:
    """From now on; a second call changes nothing."""
    for message in WARNINGS:
        warnings.filterwarnings("ignore", message=message)
    logger = logging.getLogger(LOGGER)
    if _worth_reading not in logger.filters:
        logger.addFilter(_worth_reading)


def _worth_reading(record: logging.LogRecord) -> bool:
    return not record.getMessage().startswith(LINES)

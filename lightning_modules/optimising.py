"""Optimisers of stages that choose theirs by name: SGD with momentum or Adam, at a fixed or a falling rate."""

from __future__ import annotations

import math
from typing import Any

import torch

from anyonenet.errors import InputError
from lightning_modules.stage import StageModule

OPTIMISERS = ("sgd", "adam")
_LOWEST = 0.01


def descent(module: StageModule) -> Any:
    """What `configure_optimizers` gives, from the module's hyperparameters `optimiser`, `learning_rate`, `momentum`,
    `falling` (along a cosine to a hundredth over the whole training) and `warmup_steps`.

    Raises:
        InputError: an unknown optimiser.
    """
    name, rate = module.hparams["optimiser"], module.hparams["learning_rate"]
    if name not in OPTIMISERS:
        raise InputError(f"optimiser is '{name}'; choose one of {', '.join(OPTIMISERS)}")
    weights = list(module.parameters())
    optimiser: torch.optim.Optimizer
    if name == "sgd":
        optimiser = torch.optim.SGD(weights, lr=rate, momentum=module.hparams["momentum"], fused=module.fused)
    else:
        optimiser = torch.optim.Adam(weights, lr=rate, fused=module.fused)
    warmup, falling = module.hparams["warmup_steps"], module.hparams["falling"]
    steps = int(module.trainer.estimated_stepping_batches) if falling else 0

    def factor(step: int) -> float:
        rising = min(1.0, (step + 1) / (warmup + 1))
        if not falling:
            return rising
        share = min(1.0, max(0.0, (step - warmup) / max(1, steps - warmup)))
        return rising * (_LOWEST + (1 - _LOWEST) * (1 + math.cos(math.pi * share)) / 2)

    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, factor)
    return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

"""An exponential average of the weights, for validation and export; training goes on with the weights themselves."""

from __future__ import annotations

from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor

from anyonenet.networks.base import Network

AVERAGED = "averaged_network"
"""where a checkpoint keeps the average: `weights`, as the network's state dict, and `steps`"""


class AveragedWeights(pl.Callback):
    """Keeps an average of `module.network`, moved after each step of the optimisers.

    The decay begins small and grows to its value, `min(decay, (1 + n) / (10 + n))` after n steps, so that the first
    weights are soon forgotten. Running statistics are averaged like weights; whole numbers are copied.

    Args:
        decay: share of the average that a step leaves, e.g. 0.999.
    """

    def __init__(self, decay: float):
        self.decay = decay
        self._average: dict[str, Tensor] = {}
        self._own: dict[str, Tensor] = {}
        self._steps = 0
        self._seen_step = 0

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        state = network_of(pl_module).state_dict()
        # a checkpoint that was made without an average begins one
        self._average = {name: self._average.get(name, value).to(value).clone() for name, value in state.items()}
        self._seen_step = trainer.global_step

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule, *_: Any) -> None:
        if trainer.global_step == self._seen_step:  # gradients are being accumulated
            return
        self._seen_step = trainer.global_step
        decay = min(self.decay, (1 + self._steps) / (10 + self._steps))
        self._steps += 1
        state = network_of(pl_module).state_dict()
        moving = [name for name, value in state.items() if value.is_floating_point()]
        torch._foreach_lerp_(
            [self._average[name] for name in moving], [state[name].detach() for name in moving], 1 - decay
        )
        for name in state.keys() - set(moving):
            self._average[name].copy_(state[name])

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._lend(pl_module)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._return(pl_module)

    def on_test_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._lend(pl_module)

    def on_test_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._return(pl_module)

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        self._return(pl_module)

    def on_save_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        if not self._average:
            return
        checkpoint[AVERAGED] = {"weights": dict(self._average), "steps": self._steps}
        # one made in the middle of a validation, on a signal: the training goes on with its own weights
        checkpoint["state_dict"] |= {f"network.{name}": value for name, value in self._own.items()}

    def on_load_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        kept = checkpoint.get(AVERAGED, {"weights": {}, "steps": 0})
        self._average, self._steps = dict(kept["weights"]), kept["steps"]

    def _lend(self, module: pl.LightningModule) -> None:
        if self._average and not self._own:
            self._own = {name: value.clone() for name, value in network_of(module).state_dict().items()}
            network_of(module).load_state_dict(self._average)

    def _return(self, module: pl.LightningModule) -> None:
        if self._own:
            network_of(module).load_state_dict(self._own)
            self._own = {}


def network_of(module: pl.LightningModule) -> Network:
    """What is averaged."""
    network = module.network
    if not isinstance(network, Network):
        raise TypeError(f"a {type(module).__name__} has no network whose weights could be averaged")
    return network

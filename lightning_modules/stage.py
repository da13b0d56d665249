"""What the modules of all stages have in common."""

from __future__ import annotations

import pytorch_lightning as pl
from torch import nn

from anyonenet.networks.base import Network
from anyonenet.networks.batch_norm import synchronise
from lightning_modules.averaged_weights import AveragedWeights
from lightning_modules.means import Means


class StageModule(pl.LightningModule):
    """A LightningModule with a `network`, and with options that every stage understands."""

    network: Network

    def __init__(self, over_ranks: bool = True, ema: float = 0.0, compiled: bool = False):
        """
        Args:
            over_ranks: with several processes, take batch statistics, the number of frames that a loss is divided by,
                and the rivals of a contrastive loss from the batches of all: the gradient is then that of one process
                with all their items. False: each process looks at its own batch alone.
            ema: decay, a step, of an exponential average of the network's weights, which is used in validation and
                export and kept in checkpoints (see `AveragedWeights`); 0: none.
            compiled: run the network through `torch.compile`. The first steps take minutes.

        Raises:
            ValueError: `ema` is not in [0, 1).
        """
        super().__init__()
        if not 0.0 <= ema < 1.0:
            raise ValueError(f"ema is {ema}; expected a decay from 0 (no average) to below 1, e.g. 0.999")
        self.over_ranks, self.ema, self.compiled = over_ranks, ema, compiled
        self.means = Means()

    @property
    def fused(self) -> bool | None:
        """For optimisers: on a CPU one kernel goes once over weights, gradients and moments, in a third of the time.

        None leaves it to PyTorch: on GPUs, and in mixed precision, where Lightning does not clip for such optimisers.
        Asked for in `configure_optimizers`, when the weights are where they will be trained.
        """
        return True if self.device.type == "cpu" and "mixed" not in str(self.trainer.precision) else None

    def adopt(self, network: Network) -> None:
        """Take the network to be trained, set up as the options say."""
        self.network = network
        synchronise(network, self.over_ranks)
        if self.compiled:
            for part in self.compiled_parts():
                part.compile()

    def compiled_parts(self) -> list[nn.Module]:
        """What `compiled` compiles; their state dicts stay as they are."""
        return [self.network]

    def configure_callbacks(self) -> list[pl.Callback]:
        """Lightning adds these to the trainer's."""
        return [AveragedWeights(self.ema)] if self.ema > 0 else []

    def log_values(self, split: str, values: dict[str, float], shown: tuple[str, ...] = ()) -> None:
        """Log what all processes found alike at the end of an epoch; the progress bar shows the names in `shown`."""
        for name, value in values.items():
            # Lightning warns of values that are not averaged over processes; of equal ones the average is the same
            self.log(f"{split}/{name}", value, prog_bar=name in shown, sync_dist=True)

"""What modules share that optimise a network against those that judge it, each side with its own Adam.

Both losses are added and run backward once: the generator's is computed with the judges' parameters detached and the
judges' on a detached result, so each side gets its own gradient only, every parameter gets it exactly once, and DDP
reduces it once. Lightning neither accumulates nor clips for a module with two optimisers: this does. A module may be
made without judges; it then has one optimiser.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.parallel import DistributedDataParallel

from lightning_modules.stage import StageModule


class TwoPlayersModule(StageModule):
    """Base of such modules.

    Args:
        learning_rate: of both optimisers.
        last_rate: share of it that is left at the end.
        warmup_steps: steps over which it rises first.
        gradient_norm: gradients of either side longer than this are cut to it; 0: never.
        accumulate: batches whose gradients are added up, averaged, to one step.
        falling: of the rate, along a 'line' or a 'cosine'.
        weight_decay: of both optimisers, added to the gradient.
        options: of `StageModule`.

    Raises:
        ValueError: `accumulate` is below 1, or another way of falling.
    """

    betas = (0.5, 0.999)
    """of both optimisers"""

    def __init__(
        self,
        learning_rate: float = 2e-4,
        last_rate: float = 0.5,
        warmup_steps: int = 0,
        gradient_norm: float = 0.0,
        accumulate: int = 1,
        falling: str = "line",
        weight_decay: float = 0.0,
        **options: Any,
    ):
        super().__init__(**options)
        if accumulate < 1:
            raise ValueError(f"accumulate is {accumulate}; expected at least 1 batch a step")
        if falling not in _FALLING:
            raise ValueError(f"falling is '{falling}'; choose one of {', '.join(_FALLING)}")
        self.automatic_optimization = False
        self.learning_rate, self.last_rate, self.warmup_steps = learning_rate, last_rate, warmup_steps
        self._fallen = _FALLING[falling]
        self.gradient_norm, self.accumulate, self.weight_decay = gradient_norm, accumulate, weight_decay
        self._scale = 1.0

    @abstractmethod
    def judges(self) -> Iterable[nn.Parameter]:
        """What the second optimiser moves; nothing: there is none."""

    @property
    def players(self) -> int:
        """How many optimisers there are, 1 or 2."""
        return 1 if next(iter(self.judges()), None) is None else 2

    @property
    def steps_made(self) -> int:
        """Of each optimiser; Lightning counts those of both."""
        return self.global_step // self.players

    def descend(self, loss: Tensor, batch_index: int) -> None:
        """Backward; at the end of a window of `accumulate` batches, or of the epoch, a step of the optimisers."""
        begin, size = batch_index - batch_index % self.accumulate, self.accumulate
        if size > 1:
            size = int(min(size, self.trainer.num_training_batches - begin))
        optimisers = _all(self.optimizers())
        if batch_index == begin:
            for optimiser in optimisers:
                optimiser.zero_grad()
        ends = batch_index == begin + size - 1
        model = None if ends else self.trainer.strategy.model
        # DDP adds up over processes what has been added up here, once
        with model.no_sync() if isinstance(model, DistributedDataParallel) else nullcontext():
            self.manual_backward(loss / size)
        if not ends:
            return
        self._scale = self._gradient_scale()
        for optimiser in optimisers:
            optimiser.step()
        for schedule in _all(self.lr_schedulers()):
            schedule.step()

    def on_before_optimizer_step(self, optimizer: torch.optim.Optimizer) -> None:
        """Clips; Lightning calls this when float16 gradients have been divided by their scale."""
        parameters = [value for group in optimizer.param_groups for value in group["params"] if value.grad is not None]
        scale = self._gradient_scale()
        if scale != self._scale:  # the first optimiser's step has changed it, and the second's were divided by that
            torch._foreach_mul_([value.grad for value in parameters], scale / self._scale)
        if self.gradient_norm > 0:
            torch.nn.utils.clip_grad_norm_(parameters, self.gradient_norm)

    def _gradient_scale(self) -> float:
        scaler = getattr(self.trainer.precision_plugin, "scaler", None)
        return 1.0 if scaler is None else float(scaler.get_scale())

    def configure_optimizers(self) -> tuple[list[Any], list[Any]]:
        steps, warmup = self._steps(), self.warmup_steps
        optimisers = [
            torch.optim.Adam(
                parameters, lr=self.learning_rate, betas=self.betas, weight_decay=self.weight_decay, fused=self.fused
            )
            for parameters in (list(self.network.parameters()), list(self.judges()))[: self.players]
        ]

        def factor(step: int) -> float:
            share = min(1.0, max(0.0, (step - warmup) / max(1, steps - warmup)))
            return min(1.0, (step + 1) / (warmup + 1)) * (1 + (self.last_rate - 1) * self._fallen(share))

        return optimisers, [torch.optim.lr_scheduler.LambdaLR(optimiser, factor) for optimiser in optimisers]

    def _steps(self) -> int:
        """Of each optimiser in the whole training."""
        trainer = self.trainer
        steps = int(trainer.estimated_stepping_batches)
        if trainer.max_epochs is not None and trainer.max_epochs > 0 and math.isfinite(trainer.num_training_batches):
            steps = math.ceil(trainer.num_training_batches / self.accumulate) * trainer.max_epochs
        if trainer.max_steps > 0:  # counts the steps of both
            steps = min(steps, -(-trainer.max_steps // self.players))
        return steps


_FALLING: dict[str, Callable[[float], float]] = {
    "line": lambda share: share,
    "cosine": lambda share: (1 - math.cos(math.pi * share)) / 2,
}
"""share of the way through the training -> share of the way down"""


def _all(one_or_more: Any) -> list[Any]:
    """Of a module with one optimiser Lightning gives this one itself."""
    return one_or_more if isinstance(one_or_more, list) else [one_or_more]


def unmoved(judge: nn.Module, *seen: Tensor) -> Any:
    """What a judge says, with gradient to what it sees and none to itself."""
    return functional_call(judge, {name: value.detach() for name, value in judge.named_parameters()}, seen)

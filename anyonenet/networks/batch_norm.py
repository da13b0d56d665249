"""Batch normalisation that means the whole batch: of all ranks, and without padding."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional

from anyonenet.ranks import number_of_ranks, sum_over_ranks


class BatchNorm(nn.modules.batchnorm._BatchNorm):
    """`nn.BatchNorm1d` or `2d`, with their state dict, whose statistics in training are

    - of the batches of all ranks together, as long as `synchronised` is True (it is no argument, and in no weights:
      `synchronise` sets it). torch's SyncBatchNorm does that on GPUs only;
    - of what counts, where a mask is given.

    With one rank and no mask it is torch's own. Statistics are taken in float32 whatever the features are.
    """

    synchronised: bool = True

    def forward(self, features: Tensor, mask: Tensor | None = None) -> Tensor:
        """
        Args:
            features: `(batch, channels, ...)`.
            mask: bool, with as many dimensions, `(batch, 1, ...)` or broadcast to that; where False, nothing counts.

        Returns:
            The same shape; in training zero where the mask is False.
        """
        ranks = number_of_ranks() if self.synchronised else 1
        if not self.training or (mask is None and ranks == 1):
            return super().forward(features)
        weights = None if mask is None else mask.expand(len(features), 1, *features.shape[2:])
        normalise = normalise_batch
        if ranks > 1:  # imported late: it brings PyTorch's compiler, as slow to import as PyTorch itself
            from anyonenet.networks.uncompiled import normalise
        normalised, mean, variance, count = normalise(features, weights, self.weight, self.bias, self.eps, ranks > 1)
        self._note(mean, variance, count)
        return normalised

    @torch.no_grad()
    def _note(self, mean: Tensor, variance: Tensor, count: Tensor) -> None:
        """Running statistics, with torch's unbiased variance."""
        if self.running_mean is None or self.running_var is None or self.num_batches_tracked is None:
            return
        self.num_batches_tracked.add_(1)
        momentum = 1 / self.num_batches_tracked.float() if self.momentum is None else self.momentum
        unbiased = variance * (count / (count - 1).clamp_min(1))
        self.running_mean.add_(momentum * (mean - self.running_mean))
        self.running_var.add_(momentum * (unbiased - self.running_var))

    def _check_input_dim(self, input: Tensor) -> None:
        if input.dim() < 2:
            raise ValueError(f"got features of {input.dim()} dimensions; expected (batch, channels, ...)")


def synchronise(network: nn.Module, synchronised: bool) -> None:
    """Have all `BatchNorm` of a network take the statistics of all ranks, or each rank its own."""
    for layer in network.modules():
        if isinstance(layer, BatchNorm):
            layer.synchronised = synchronised


def normalise_batch(
    features: Tensor, mask: Tensor | None, weight: Tensor, bias: Tensor, epsilon: float, across: bool
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Normalised features, and without gradient mean and variance `(C,)` and the count, a scalar."""
    result: tuple[Tensor, Tensor, Tensor, Tensor] = _Normalise.apply(features, mask, weight, bias, epsilon, across)
    return result


class _Normalise(torch.autograd.Function):
    """Made of the kernels of torch's own batch normalisation, which are many times as fast as means and products."""

    @staticmethod
    def forward(
        ctx: Any, features: Tensor, mask: Tensor | None, weight: Tensor, bias: Tensor, epsilon: float, across: bool
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        places = features.numel() // features.shape[1]
        given = features if mask is None else features * mask
        count = weight.new_tensor(float(places)) if mask is None else mask.sum().to(weight.dtype)
        zero = torch.zeros_like(weight)
        # in the precision of its third argument
        mean, variance = torch.batch_norm_update_stats(given, zero, zero.clone(), 0.0)
        mean, variance = _counted(mean, variance, places, count)
        if across:
            mean, variance, count = _of_all_ranks(mean, variance, count)
        normalised = functional.batch_norm(features, mean, variance, weight, bias, eps=epsilon)
        if mask is not None:
            normalised = normalised * mask
        ctx.save_for_backward(features, mask, weight, mean, variance, count)
        ctx.epsilon, ctx.across = epsilon, across
        ctx.mark_non_differentiable(mean, variance, count)
        return normalised, mean, variance, count

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor, *_: Any) -> Any:
        features, mask, weight, mean, variance, count = ctx.saved_tensors
        inverse = torch.rsqrt(variance + ctx.epsilon)
        gradient = gradient.contiguous() if mask is None else gradient * mask
        _, weight_gradient, bias_gradient = torch.ops.aten.native_batch_norm_backward(
            gradient, features, weight, None, None, mean, inverse, True, ctx.epsilon, [False, True, True]
        )
        sums = torch.stack([weight_gradient, bias_gradient])
        stretch, pull = ((sum_over_ranks(sums) if ctx.across else sums) / count * (weight * inverse)).unbind(0)
        zero, one = torch.zeros_like(weight), torch.ones_like(weight)
        moved = functional.batch_norm(gradient, zero, one, weight * inverse, zero, eps=0.0)
        moved = moved - functional.batch_norm(features, mean, variance, stretch, pull, eps=ctx.epsilon)
        if mask is not None:
            moved = moved * mask
        return moved, None, weight_gradient, bias_gradient, None, None


def _counted(mean: Tensor, variance: Tensor, places: int, count: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and variance over the `count` places that count, from those over all `places`, the others holding zero.

    The spread of all is that within those that count and that between their mean and zero; unlike with a plain mean
    square, little cancels.
    """
    inner = mean * (places / count.clamp_min(1))
    spread = variance * (places / count.clamp_min(1)) - inner.square() * ((places - count) / places)
    return inner, spread.clamp_min(0)


def _of_all_ranks(mean: Tensor, variance: Tensor, count: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    # in double precision a mean square less a squared mean is exact enough
    wide, number = mean.double(), count.double()
    packed = torch.cat([wide * number, (variance.double() + wide.square()) * number, number.view(1)])
    sums, squares, total = sum_over_ranks(packed).split([len(mean), len(mean), 1])
    centre = sums / total.clamp_min(1)
    spread = (squares / total.clamp_min(1) - centre.square()).clamp_min(0)
    return centre.to(mean.dtype), spread.to(mean.dtype), total.to(count.dtype).view(())

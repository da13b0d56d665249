"""GMMv2b attention: a mixture of Gaussians that only moves forward (Battenberg et al. 2020, section 2.3).

    (w^, D^, s^) = V tanh(W q + b)          w = softmax(w^)   D = softplus(D^)   s = softplus(s^)
    mu_i = mu_{i-1} + D                     a_ij = sum_k w_k / sqrt(2 pi s_k^2) exp(-(j - mu_k)^2 / (2 s_k^2))

The biases in V are set so that D and s begin at chosen values (1 symbol a step and 10 symbols in the paper). There is
no content term and no renormalisation. The AnyoneNet paper chose it for its robustness on long text (section III-C).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

NORMALISATIONS = ("none", "sum")


class GMMAttention(nn.Module):
    """One attention step; the state (the components' positions) comes in and goes out, nothing is kept.

    Args:
        query_size: features of the attention RNN's state.
        components: K.
        hidden_size: of the layer before the mixture's parameters.
        initial_step: D at the start, symbols a decoder step.
        initial_width: s at the start, symbols.
        normalise: 'none' (the paper: rows need not sum to one) or 'sum' (each row divided by its sum).
        width_limits: s is clamped to this range, symbols, which keeps the exponent finite.
    """

    def __init__(
        self,
        query_size: int,
        components: int = 5,
        hidden_size: int = 128,
        initial_step: float = 1.0,
        initial_width: float = 10.0,
        normalise: str = "none",
        width_limits: tuple[float, float] = (0.1, 100.0),
    ):
        super().__init__()
        if normalise not in NORMALISATIONS:
            raise ValueError(f"normalise is '{normalise}'; expected one of {', '.join(NORMALISATIONS)}")
        self.components = components
        self.normalised = normalise == "sum"
        self.narrowest, self.widest = width_limits
        self.hidden = nn.Linear(query_size, hidden_size)
        self.mixture = nn.Linear(hidden_size, 3 * components)
        with torch.no_grad():  # near zero, so that the biases alone decide how the attention begins
            self.mixture.weight.normal_(0.0, 0.01)
            weight_bias, step_bias, width_bias = self.mixture.bias.chunk(3)
            weight_bias.zero_()
            step_bias.fill_(inverse_softplus(initial_step))
            width_bias.fill_(inverse_softplus(initial_width))

    def initial_positions(self, batch: int, device: torch.device | None = None) -> Tensor:
        """`(batch, K)` float32 zeros: mu_0."""
        return torch.zeros(batch, self.components, device=device)

    def forward(
        self, query: Tensor, positions: Tensor, grid: Tensor, mask: Tensor, pace: float = 1.0
    ) -> tuple[Tensor, Tensor, Tensor]:
        """
        Args:
            query: `(B, query_size)`.
            positions: `(B, K)` float32, where the components stood after the step before, in symbols.
            grid: `(N,)` float32, 0, 1 … N - 1.
            mask: `(B, N)` float32, 1 at symbols and 0 at padding.
            pace: factor on D. A network trained at r frames a step and used at r' takes r' / r.

        Returns:
            `(B, N)` float32 weights, 0 at padding; `(B, K)` new positions; `(B,)` their mean weighted by w.
        """
        with torch.autocast(query.device.type, enabled=False):
            parameters = self.mixture(self.hidden(query.float()).tanh())
            weights, steps, widths = parameters.chunk(3, dim=-1)  # each (B, K)
            weights = weights.softmax(-1)
            widths = nn.functional.softplus(widths).clamp(self.narrowest, self.widest)
            positions = positions + nn.functional.softplus(steps) * pace
            distances = (grid - positions[:, :, None]) / widths[:, :, None]  # (B, K, N)
            heights = weights / (widths * math.sqrt(2 * math.pi))
            alignment = torch.bmm(heights[:, None], (distances * distances * -0.5).exp())[:, 0] * mask
            if self.normalised:
                alignment = alignment / alignment.sum(-1, keepdim=True).clamp_min(1e-6)
            return alignment, positions, (weights * positions).sum(-1)


def inverse_softplus(value: float) -> float:
    """x such that softplus(x) = value, for value > 0."""
    if value <= 0:
        raise ValueError(f"{value} is not positive; steps and widths of the attention must be")
    return value + math.log(-math.expm1(-value))

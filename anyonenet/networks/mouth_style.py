"""From the actor's mouth shapes to a person's own: Write-a-Speaker's style-preserving mapping."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from anyonenet.networks.base import Network


class MouthStyle(Network):
    """Two fully connected layers on the mouth parameters of one frame (landmark generator: "a two-layer fully-connected
    network with MSE loss works well").

    It begins as the identity: what was never seen in the reference video is left as the actor does it.

    Args:
        parameters: of the mouth, 28 in the paper.
        hidden: of the first layer; the paper states none.
    """

    def __init__(self, parameters: int = 28, hidden: int = 64):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(parameters, hidden), nn.Tanh(), nn.Linear(hidden, parameters))
        with torch.no_grad():
            for value in self.layers[2].parameters():
                value.zero_()

    def forward(self, parameters: Tensor) -> Tensor:
        """`(..., parameters)` of the actor, 0 to 1, -> the same of the person, not bounded."""
        mapped: Tensor = parameters + self.layers(parameters)
        return mapped


def fit_style(
    generated: Tensor, observed: Tensor, hidden: int = 64, steps: int = 600, weight_decay: float = 1e-3, seed: int = 0
) -> MouthStyle:
    """Learn one person's mapping from pairs of mouth shapes that say the same (MSE; Adam).

    Args:
        generated: `(T, P)`, the mouth generator's for the reference video's text, frame by frame.
        observed: `(T, P)`, the fitted face's in the same frames.
        hidden: as of `MouthStyle`.
        steps: over all frames at once.
        weight_decay: keeps the mapping near the identity where frames are few.
        seed: of the initial weights.

    Returns:
        The mapping, in evaluation mode.

    Raises:
        ValueError: shapes differ, or there is no frame.
    """
    if generated.shape != observed.shape or generated.dim() != 2 or not len(generated):
        raise ValueError(f"got {tuple(generated.shape)} and {tuple(observed.shape)}; expected (T, P) twice, T >= 1")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        style = MouthStyle(generated.shape[1], hidden)
    optimiser = torch.optim.AdamW(style.parameters(), lr=3e-3, weight_decay=weight_decay)
    with torch.enable_grad():
        for _ in range(steps):
            optimiser.zero_grad()
            F.mse_loss(style(generated.float()), observed.float()).backward()
            optimiser.step()
    return style.eval().requires_grad_(False)

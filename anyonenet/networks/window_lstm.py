"""Short windows of speech read by an LSTM, one a frame (MakeItTalk, equations (1) and (4))."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class WindowLSTM(nn.Module):
    """At each frame an LSTM reads the frames [t, t + window) from its zero state; its last output is what it heard.

    Args:
        inputs: features of a frame.
        width: hidden units (paper: 256).
        layers: of the LSTM (paper: 3).
        window: frames (paper: 18, 0.3 s).
    """

    def __init__(self, inputs: int, width: int = 256, layers: int = 3, window: int = 18):
        super().__init__()
        self.window = window
        self.lstm = nn.LSTM(inputs, width, num_layers=layers, batch_first=True)

    def forward(self, features: Tensor, lengths: Tensor, places: Tensor | None = None) -> Tensor:
        """
        Args:
            features: `(B, T, inputs)`.
            lengths: `(B,)` int64 frames; behind an item's end its last frame is repeated.
            places: `(K,)` int64 frames that are asked for; None: all.

        Returns:
            `(B, K, width)`.
        """
        batch, frames = features.shape[:2]
        begins = torch.arange(frames, device=features.device) if places is None else places
        reached = begins[:, None] + torch.arange(self.window, device=features.device)  # (K, window)
        reached = torch.minimum(reached[None], (lengths.to(features.device) - 1)[:, None, None])
        items = torch.arange(batch, device=features.device)[:, None, None]
        windows = features[items, reached]  # (B, K, window, inputs)
        heard = self.lstm(windows.flatten(0, 1))[0][:, -1]
        return heard.unflatten(0, (batch, len(begins)))

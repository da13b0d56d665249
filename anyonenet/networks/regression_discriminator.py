"""ATVGnet's discriminator: is a clip real, and which landmarks does it show? (Chen et al. 2019, section 3.4).

It reads frames one after another, beside the landmarks of the example, with an LSTM; for each frame it gives a verdict
and landmarks. Who wants to please it must draw both well and as asked.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from anyonenet.networks.base import Network
from anyonenet.networks.instance_norm import InstanceNorm


class RegressionDiscriminator(Network):
    """Frames and the example's landmarks -> a verdict on the clip, and landmarks of each frame.

    Args:
        width: channels after the first of four halvings; doubled at each.
        hidden: values of a frame, and of the example's landmarks.
        lstm_width, lstm_layers: of the LSTM.
        grid: side of the map that is left of a frame, whatever its size.
    """

    def __init__(self, width: int = 64, hidden: int = 512, lstm_width: int = 256, lstm_layers: int = 3, grid: int = 8):
        super().__init__()
        modules: list[nn.Module] = [nn.Conv2d(3, width, 3, stride=2, padding=1), nn.LeakyReLU(0.2)]
        for level in range(1, 4):
            inputs, outputs = width * 2 ** (level - 1), width * 2**level
            modules += [nn.Conv2d(inputs, outputs, 3, stride=2, padding=1), InstanceNorm(outputs), nn.LeakyReLU(0.2)]
        self.look = nn.Sequential(*modules, nn.AdaptiveAvgPool2d(grid), nn.Flatten())
        self.seen = nn.Sequential(nn.Linear(8 * width * grid * grid, hidden), nn.LeakyReLU(0.2))
        self.example = nn.Sequential(
            nn.Linear(136, hidden // 2), nn.LeakyReLU(0.2), nn.Linear(hidden // 2, hidden), nn.LeakyReLU(0.2)
        )
        self.lstm = nn.LSTM(2 * hidden, lstm_width, lstm_layers, batch_first=True)
        self.verdict = nn.Linear(lstm_width, 1)
        self.regress = nn.Linear(lstm_width, 136)

    def forward(self, frames: Tensor, photo_landmarks: Tensor) -> tuple[Tensor, Tensor]:
        """
        Args:
            frames: `(batch, frames, 3, height, width)` in [-1, 1].
            photo_landmarks: `(batch, 68, 2)` of the example, from -1 to 1 of the picture.

        Returns:
            `(batch,)` logits, the mean over the frames, real is high; `(batch, frames, 68, 2)` landmarks.
        """
        shape = frames.shape[:2]
        seen = self.seen(self.look(frames.flatten(0, 1))).unflatten(0, shape)
        example = self.example(photo_landmarks.flatten(1)).unsqueeze(1).expand(-1, shape[1], -1)
        features, _ = self.lstm(torch.cat([seen, example], dim=-1))
        landmarks = photo_landmarks.unsqueeze(1) + self.regress(features).unflatten(-1, (68, 2))
        return self.verdict(features).squeeze(-1).mean(1), landmarks

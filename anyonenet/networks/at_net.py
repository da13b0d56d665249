"""ATVGnet's AT-net: what is heard and one face -> landmarks in PCA coordinates (Chen et al. 2019, section 3.1).

Convolutions read a window of cepstral coefficients around each video frame; their features and those of the example
face go into an LSTM, which runs with time alone, so that its state can be carried on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from anyonenet.face.landmark_basis import SIZE, LandmarkBasis
from anyonenet.networks.base import Network

State = tuple[Tensor, Tensor]
"""hidden and cell of the LSTM, each `(layers, batch, width)`"""
_LEAK = 0.2
_SPREAD = 3.0
"""of cepstral coefficients, which are divided by it"""


@dataclass(frozen=True)
class MovedLandmarks:
    """What AT-net says."""

    coordinates: Tensor  # (B, F, K) changes from the example, in spreads of the basis
    landmarks: Tensor  # (B, F, 68, 2) outer-eye distances
    state: State | None  # after the last frame; None without recurrence


class ATNet(Network):
    """Audio windows and an example face -> moving landmarks.

    What the example has beside the basis is kept: the photo's own shape. The basis itself is measured, not trained, and
    stored with the weights (`set_basis`).

    Args:
        components: of the basis; the authors' program has 6.
        window: frames of cepstral coefficients around a video frame; 28, 0.28 s, are the authors'.
        coefficients: of each.
        audio_widths: channels of the five convolutions over the window.
        audio_hidden, audio_width: of the layers after them.
        example_hidden, example_width: of the layers that read the example face.
        lstm_width, lstm_layers: of the LSTM.
        recurrent: False leaves the LSTM out: each frame from its own window (the authors' AT-single).
        boost: factor on the change from the example, at inference as in training. The authors boost the second to
            sixth coordinate by 2.2 to 3 when they draw.

    Raises:
        ValueError: not five widths, or a window that is too short for the convolutions.
    """

    def __init__(
        self,
        components: int = 6,
        window: int = 28,
        coefficients: int = 12,
        audio_widths: Sequence[int] = (64, 128, 256, 256, 512),
        audio_hidden: int = 2048,
        audio_width: int = 256,
        example_hidden: int = 256,
        example_width: int = 512,
        lstm_width: int = 256,
        lstm_layers: int = 3,
        recurrent: bool = True,
        boost: float = 1.0,
    ):
        super().__init__()
        if len(audio_widths) != 5:
            raise ValueError(f"audio_widths has {len(audio_widths)} entries; expected 5")
        if window < 8 or coefficients < 8:
            raise ValueError(f"a window of {window} x {coefficients} is too small; expected at least 8 x 8")
        self.components, self.window, self.coefficients = components, window, coefficients
        self.boost = boost
        self.register_buffer("mean", torch.zeros(SIZE))
        self.register_buffer("directions", torch.eye(components, SIZE))
        self.register_buffer("spreads", torch.ones(components))
        first, second, third, fourth, fifth = audio_widths
        self.audio = nn.Sequential(
            *_convolved(1, first),
            *_convolved(first, second),
            nn.MaxPool2d(3, stride=(1, 2)),
            *_convolved(second, third),
            *_convolved(third, fourth),
            *_convolved(fourth, fifth),
            nn.MaxPool2d(3, stride=2),
            nn.Flatten(),
        )
        with torch.no_grad():
            read = self.audio(torch.zeros(1, 1, window, coefficients)).shape[1]
        self.audio_out = nn.Sequential(
            nn.Linear(read, audio_hidden), _leaky(), nn.Linear(audio_hidden, audio_width), _leaky()
        )
        self.example = nn.Sequential(
            nn.Linear(components, example_hidden), _leaky(), nn.Linear(example_hidden, example_width), _leaky()
        )
        joined = audio_width + example_width
        self.lstm = nn.LSTM(joined, lstm_width, lstm_layers, batch_first=True) if recurrent else None
        self.out = nn.Linear(lstm_width if recurrent else joined, components)
        for part in (self.audio, self.audio_out, self.example):
            for layer in part:
                if isinstance(layer, (nn.Conv2d, nn.Linear)):  # so deep without norms, the sound would fade away
                    nn.init.kaiming_normal_(layer.weight, _LEAK)

    def set_basis(self, basis: LandmarkBasis) -> None:
        """Take the measured basis.

        Raises:
            ValueError: it has another number of directions.
        """
        if basis.directions.shape != (self.components, SIZE):
            raise ValueError(
                f"the basis has {len(basis.directions)} directions, the network expects {self.components} components"
            )
        for name in ("mean", "directions", "spreads"):
            buffer = self.get_buffer(name)
            buffer.copy_(torch.from_numpy(getattr(basis, name)).to(buffer))

    def coordinates(self, landmarks: Tensor) -> Tensor:
        """`(..., 68, 2)` outer-eye distances -> `(..., components)`, in spreads."""
        moved = (landmarks.flatten(-2) - self.get_buffer("mean")) @ self.get_buffer("directions").T
        return moved / self.get_buffer("spreads")

    def placed(self, changes: Tensor, examples: Tensor) -> Tensor:
        """Changes of coordinates `(batch, frames, components)` put on examples `(batch, 68, 2)` -> landmarks."""
        moved = (changes * self.get_buffer("spreads")) @ self.get_buffer("directions")
        return examples.unsqueeze(1) + moved.unflatten(-1, (68, 2))

    def forward(self, audio: Tensor, examples: Tensor, state: State | None = None) -> MovedLandmarks:
        """Landmarks of each frame.

        Args:
            audio: `(batch, frames, window, coefficients)` cepstral coefficients around each video frame.
            examples: `(batch, 68, 2)` registered landmarks of the face, outer-eye distances.
            state: from the frames before; None at the beginning.

        Raises:
            ValueError: another window.
        """
        if audio.shape[2:] != (self.window, self.coefficients):
            raise ValueError(
                f"got windows of {tuple(audio.shape[2:])}; expected {(self.window, self.coefficients)} coefficients"
            )
        heard = self.audio_out(self.audio(audio.flatten(0, 1).unsqueeze(1) / _SPREAD)).unflatten(0, audio.shape[:2])
        seen = self.example(self.coordinates(examples)).unsqueeze(1).expand(-1, audio.shape[1], -1)
        features = torch.cat([heard, seen], dim=-1)
        if self.lstm is not None:
            features, state = self.lstm(features, state)
        changes = self.boost * self.out(features)
        return MovedLandmarks(changes, self.placed(changes, examples), state)


def _convolved(inputs: int, outputs: int) -> tuple[nn.Module, nn.Module]:
    return nn.Conv2d(inputs, outputs, 3, padding=1), _leaky()


def _leaky() -> nn.Module:
    return nn.LeakyReLU(_LEAK)

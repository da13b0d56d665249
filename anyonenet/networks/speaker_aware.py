"""MakeItTalk's speaker-aware branch: how this speaker holds and moves the whole head (section 3.2)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from anyonenet.networks.base import Network
from anyonenet.networks.frame_attention import FrameAttention
from anyonenet.networks.landmark_head import POINTS, FaceShape, LandmarkHead
from anyonenet.networks.window_lstm import WindowLSTM


class SpeakerProjection(nn.Module):
    """The speaker embedding made small: to MakeItTalk's 256 numbers, then to 128 by its one-layer MLP.

    Args:
        inputs: of the embedding (unit length).
        between: features of the first projection, the size of MakeItTalk's embedding.
        outputs: features of the second.
    """

    def __init__(self, inputs: int = 1024, between: int = 256, outputs: int = 128):
        super().__init__()
        self.inputs = inputs
        self.first = nn.Linear(inputs, between)
        self.second = nn.Linear(between, outputs)

    def forward(self, speakers: Tensor) -> Tensor:
        """`(B, inputs)` -> `(B, outputs)`."""
        # entries of a unit vector are small: scale them to a mean square of one
        hidden = torch.tanh(self.first(speakers * self.inputs**0.5))
        return nn.functional.leaky_relu(self.second(hidden), 0.2)


class SpeakerAwareBranch(Network):
    """Equations (4) to (6). The defaults are the paper's sizes.

    Args:
        content_size: features of a frame, as of `SpeechContentBranch`.
        lstm_width, lstm_layers, window: of its own `WindowLSTM`.
        speaker_size: of the speaker embedding.
        speaker_between, speaker_width: see `SpeakerProjection`.
        attention_width, attention_layers, attention_heads, attention_window: see `FrameAttention`.
        hidden: hidden units of the MLP.
    """

    def __init__(
        self,
        content_size: int = 32,
        lstm_width: int = 256,
        lstm_layers: int = 3,
        window: int = 18,
        speaker_size: int = 1024,
        speaker_between: int = 256,
        speaker_width: int = 128,
        attention_width: int = 32,
        attention_layers: int = 2,
        attention_heads: int = 2,
        attention_window: int = 256,
        hidden: Sequence[int] = (512, 256),
    ):
        super().__init__()
        self.content_size = content_size
        self.listen = WindowLSTM(content_size, lstm_width, lstm_layers, window)
        self.speaker = SpeakerProjection(speaker_size, speaker_between, speaker_width)
        self.shape = FaceShape()
        inputs = lstm_width + speaker_width + POINTS * 3
        self.attention = FrameAttention(inputs, attention_width, attention_layers, attention_heads, attention_window)
        self.head = LandmarkHead(attention_width, hidden)

    def forward(self, content: Tensor, lengths: Tensor, speakers: Tensor, faces: Tensor) -> tuple[Tensor, Tensor]:
        """
        Args:
            content: `(B, T, content_size)`.
            lengths: `(B,)` int64 frames.
            speakers: `(B, speaker_size)` unit embeddings.
            faces: `(B, 68, 3)` landmarks of the photograph as it holds its head, outer-eye distances.

        Returns:
            displacements `(B, T, 68, 3)` that turn and move the whole face, and what was heard `(B, T, lstm_width)`.
        """
        heard = self.listen(content, lengths)
        beside = torch.cat([self.speaker(speakers), self.shape(faces)], dim=-1)
        frames = torch.cat([heard, beside[:, None].expand(-1, heard.shape[1], -1)], dim=-1)
        return self.head(self.attention(frames, lengths), faces), heard


class LandmarkDiscriminator(nn.Module):
    """How real moving landmarks look at each frame (equation (10), appendix A): attention, then 512, 256 and 1 units.

    Args:
        heard_size: features of what the generator heard.
        speaker_size, speaker_between, speaker_width: see `SpeakerProjection`.
        attention_width, attention_layers, attention_heads, attention_window: see `FrameAttention`.
        hidden: hidden units of the MLP.
    """

    def __init__(
        self,
        heard_size: int = 256,
        speaker_size: int = 1024,
        speaker_between: int = 256,
        speaker_width: int = 128,
        attention_width: int = 32,
        attention_layers: int = 2,
        attention_heads: int = 2,
        attention_window: int = 256,
        hidden: Sequence[int] = (512, 256),
    ):
        super().__init__()
        self.shape = FaceShape()
        self.speaker = SpeakerProjection(speaker_size, speaker_between, speaker_width)
        inputs = POINTS * 3 + heard_size + speaker_width
        self.attention = FrameAttention(inputs, attention_width, attention_layers, attention_heads, attention_window)
        layers: list[nn.Module] = []
        for before, after in zip((attention_width, *hidden[:-1]), hidden, strict=True):
            layers += [nn.Linear(before, after), nn.LeakyReLU(0.2)]
        self.verdict = nn.Sequential(*layers, nn.Linear(hidden[-1], 1))

    def forward(self, landmarks: Tensor, lengths: Tensor, heard: Tensor, speakers: Tensor) -> Tensor:
        """Landmarks `(B, T, 68, 3)` as the head holds them, heard `(B, T, heard_size)` -> `(B, T)`, 1 = real."""
        speaker = self.speaker(speakers)[:, None].expand(-1, heard.shape[1], -1)
        frames = torch.cat([self.shape(landmarks), heard, speaker], dim=-1)
        return self.verdict(self.attention(frames, lengths)).squeeze(-1)

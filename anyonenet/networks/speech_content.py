"""MakeItTalk's speech-content branch: what is said -> how lips and the face around them move (section 3.1)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from anyonenet.networks.base import Network
from anyonenet.networks.landmark_head import LandmarkHead
from anyonenet.networks.window_lstm import WindowLSTM


class SpeechContentBranch(Network):
    """Equations (1) and (2). The defaults are the paper's sizes.

    Args:
        content_size: features of a frame: twice the `neck` of the content encoder, or the mel bands.
        lstm_width, lstm_layers, window: see `WindowLSTM`.
        hidden: hidden units of the MLP.
    """

    def __init__(
        self,
        content_size: int = 32,
        lstm_width: int = 256,
        lstm_layers: int = 3,
        window: int = 18,
        hidden: Sequence[int] = (512, 256),
    ):
        super().__init__()
        self.content_size = content_size
        self.listen = WindowLSTM(content_size, lstm_width, lstm_layers, window)
        self.head = LandmarkHead(lstm_width, hidden)

    def forward(self, content: Tensor, lengths: Tensor, faces: Tensor, places: Tensor | None = None) -> Tensor:
        """
        Args:
            content: `(B, T, content_size)`.
            lengths: `(B,)` int64 frames.
            faces: `(B, 68, 3)` frontal landmarks of the photograph, outer-eye distances.
            places: `(K,)` int64 frames that are asked for; None: all.

        Returns:
            displacements `(B, K, 68, 3)` of the frontal face.
        """
        return self.head(self.listen(content, lengths, places), faces)

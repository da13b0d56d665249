"""What MakeItTalk's branches hear: the codes of a trained content encoder, or the mel itself."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from anyonenet.audio.mel import MelSettings
from anyonenet.errors import WeightsError
from anyonenet.networks.voice_conversion import VoiceConverter
from anyonenet.weights import load_weights

STAGE = "makeittalk_content"


class ContentCodes:
    """A frozen content encoder; no module, so that what it holds is in nobody's parameters or checkpoints.

    Args:
        folder: of the exported weights; None: the mel is taken as it is, the paper's baseline (section 3).
        device: where it runs; `to` moves it.

    Raises:
        WeightsError: missing, corrupt, or of another stage.
    """

    def __init__(self, folder: Path | str | None, device: torch.device | str = "cpu"):
        self._network: VoiceConverter | None = None
        self.sha256 = ""
        """of the weights; empty for the mel itself"""
        self.mel = MelSettings()
        """of the mels it was trained on"""
        self.size = self.mel.bands
        """features a frame"""
        if folder is not None:
            network, card = load_weights(Path(folder), STAGE, device)
            if not isinstance(network, VoiceConverter):
                raise WeightsError(f"{folder} holds a {type(network).__name__}; expected a VoiceConverter")
            self._network, self.sha256, self.mel, self.size = network, card.sha256, card.mel, network.code_size

    def to(self, device: torch.device | str) -> None:
        """Move the encoder."""
        if self._network is not None:
            self._network.to(device)

    @torch.no_grad()
    def __call__(self, mels: Tensor, lengths: Tensor, speakers: Tensor) -> Tensor:
        """Mels `(B, T, bands)`, `(B,)` frames, embeddings `(B, 1024)` -> `(B, T, size)` float32, without gradient."""
        if self._network is None:
            return mels
        with torch.autocast(mels.device.type, enabled=False):
            return self._network.features(mels.float(), lengths, speakers.float())

    def check(self, expected: str, size: int, whose: str) -> None:
        """Raises WeightsError where a branch was trained on other codes than these."""
        if expected != self.sha256 or size != self.size:
            made = f"codes of the content encoder {expected[:12]}" if expected else "mels"
            have = f"the content encoder {self.sha256[:12]}" if self.sha256 else "mels"
            raise WeightsError(
                f"{whose} was trained on {made}, and is given {have}; export the content encoder it was trained with, "
                "or train it again"
            )

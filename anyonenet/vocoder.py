"""Mel spectrogram -> sound by name: Griffin-Lim, the paper's, or the neural vocoder. Nothing heavy is imported here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from anyonenet.errors import InputError, WeightsError

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from anyonenet.audio.mel import MelSettings

VOCODERS = ("griffin_lim", "neural")

Sound = Callable[["Tensor"], "Tensor"]
"""standardised log-mels `(B, T, bands)` -> `(B, T * hop_samples)` float32, on the same device"""


def load_vocoder(name: str, weights: Path, settings: MelSettings, device: torch.device | str = "cpu") -> Sound:
    """What turns mels of these settings into sound.

    Args:
        name: of `VOCODERS`.
        weights: folder that holds `vocoder`; not looked at for Griffin-Lim.
        settings: of the mels.
        device: where the network runs.

    Raises:
        InputError: no such vocoder.
        WeightsError: the network's weights are missing, corrupt, or made for other mels.
    """
    if name not in VOCODERS:
        raise InputError(f"'{name}' is not a vocoder; choose {' or '.join(VOCODERS)}")
    if name == "griffin_lim":
        from anyonenet.audio.griffin_lim import griffin_lim

        return lambda mels: griffin_lim(mels, settings)
    import torch

    from anyonenet.weights import load_weights

    folder = Path(weights) / "vocoder"
    network, card = load_weights(folder, "vocoder", device)
    if card.mel != settings:
        raise WeightsError(f"{folder} was trained for other mels than those that are to be heard; train it on these")

    def neural(mels: Tensor) -> Tensor:
        with torch.inference_mode():
            sound: Tensor = network(mels)
        return sound

    return neural

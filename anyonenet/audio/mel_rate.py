"""Mels at another frame rate, for networks that were trained on another hop."""

from __future__ import annotations

import torch
from torch import Tensor


def at_frame_rate(mel: Tensor, rate: float, wanted: float) -> Tensor:
    """Take a mel between its frames, along straight lines.

    A frame spans 50 ms whatever the hop, so neighbours share most of their sound and little is lost. Where the sound
    itself is at hand, `log_mel` with the other settings is exact.

    Args:
        mel: `(T, bands)` at `rate` frames a second.
        rate, wanted: frames a second.

    Returns:
        `(round(T * wanted / rate), bands)`, at least one frame; the mel itself where the rates are equal.
    """
    if rate == wanted:
        return mel
    frames = max(1, round(len(mel) * wanted / rate))
    places = (torch.arange(frames, device=mel.device) * (rate / wanted)).clamp(max=len(mel) - 1)
    before = places.long()
    after = (before + 1).clamp(max=len(mel) - 1)
    share = (places - before).to(mel.dtype).unsqueeze(-1)
    return mel[before] * (1 - share) + mel[after] * share

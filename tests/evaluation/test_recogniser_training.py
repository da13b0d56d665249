"""The judge of the synthesis learns from recordings that are worn a little, each in its own measure."""

from __future__ import annotations

import torch

from evaluation.recogniser_training import MASKED_BANDS, worn


def test_worn_recordings_keep_their_shape_and_most_of_their_sound() -> None:
    mels = torch.randn(16, 40, 80, generator=torch.Generator().manual_seed(0)).cumsum(1) / 4
    heard = worn(mels, torch.Generator().manual_seed(1))
    assert heard.shape == mels.shape
    assert torch.equal(heard, worn(mels, torch.Generator().manual_seed(1)))
    missing = (heard == 0).all(1).sum(1)  # bands, of each item
    assert 0 < int(missing.max()) <= MASKED_BANDS and len(missing.unique()) > 3
    kept = ~(heard == 0).all(1, keepdim=True).expand_as(heard)
    correlation = torch.corrcoef(torch.stack([heard[kept], mels[kept]]))[0, 1]
    assert 0.8 < float(correlation) < 0.999

"""The judge of the synthesis learns from recordings that are worn a little, each in its own measure."""

from __future__ import annotations

import math

import torch

from anyonenet.audio.mel import MelSettings
from evaluation.recogniser_training import GAIN, MASKED_BANDS, SHIFT, shifted, worn


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


def test_worn_recordings_are_louder_or_quieter() -> None:
    mels = torch.zeros(64, 40, 80)
    levels = worn(mels, torch.Generator().manual_seed(1)).median(1).values.median(1).values  # away from missing bands
    largest = GAIN * math.log(10) / 20 / MelSettings().scale
    assert 0.8 * largest < float(levels.abs().max()) < 1.3 * largest
    assert float(levels.min()) < 0 < float(levels.max())


def test_shifted_recordings_begin_later_and_stay_whole() -> None:
    mels, lengths = torch.rand(8, 20, 80), torch.tensor([20, 9, 20, 15, 20, 20, 1, 20])
    later, longer = shifted(mels, lengths, torch.Generator().manual_seed(0))
    late = (longer - lengths).tolist()
    assert later.shape == (8, 20 + SHIFT, 80) and len(set(late)) > 2 and max(late) <= SHIFT
    for item, begin in enumerate(late):
        frames = int(lengths[item])
        assert torch.equal(later[item, begin : begin + frames], mels[item, :frames])
        assert (later[item, :begin] == MelSettings().silence).all()
        assert (later[item, begin + frames :] == MelSettings().silence).all()

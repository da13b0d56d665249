import math

import numpy as np
import pytest
import scipy.fft
import torch

from anyonenet.audio.mel import log_mel
from anyonenet.audio.mfcc import MFCCSettings, cepstra, mfcc, windows


def tone(hertz: float, seconds: float = 0.5) -> torch.Tensor:
    return 0.3 * torch.sin(2 * math.pi * hertz * torch.arange(int(16000 * seconds)) / 16000)


def test_is_the_cosine_transform_of_the_log_mel():
    plain = MFCCSettings(first=0, coefficients=26, lifter=0, preemphasis=0.0)
    mel = log_mel(tone(700.0), plain.mel).numpy()
    np.testing.assert_allclose(mfcc(tone(700.0), plain), scipy.fft.dct(mel, norm="ortho"), rtol=1e-4, atol=1e-4)


def test_a_hundred_frames_a_second_of_twelve_coefficients_without_the_loudness():
    settings = MFCCSettings()
    said = mfcc(tone(700.0))
    assert settings.frame_rate == 100 and said.shape == (50, 12)
    noise = 0.1 * torch.randn(8000, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(mfcc(4 * noise), mfcc(noise), rtol=1e-3, atol=1e-3)
    assert mfcc(torch.zeros(1600)).abs().max() < 1e-4


def test_the_lifter_and_the_pick_of_coefficients():
    bands = torch.randn(3, 26)
    every = cepstra(bands, MFCCSettings(first=0, coefficients=26, lifter=0))
    some = cepstra(bands, MFCCSettings())
    lift = 1 + 11 * torch.sin(math.pi * torch.arange(1, 13) / 22)
    torch.testing.assert_close(some, every[:, 1:13] * lift)
    with pytest.raises(ValueError, match="coefficients 1 to 26 are wanted of 26 bands"):
        MFCCSettings(coefficients=26)


def test_windows_lie_around_their_centres_and_repeat_the_ends():
    features = torch.arange(10.0)[:, None]
    cut = windows(features, torch.tensor([0, 5, 9]), 4)
    assert cut[..., 0].tolist() == [[0, 0, 0, 1], [3, 4, 5, 6], [7, 8, 9, 9]]

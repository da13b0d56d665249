import math

import pytest
import torch

from anyonenet.networks.sound_discriminators import SoundDiscriminators
from anyonenet.networks.vocoder import Vocoder


def small(**options) -> Vocoder:
    torch.manual_seed(0)
    settings = {"width": 8, "inner": 16, "blocks": 2, "kernel": 3, "window_samples": 80, "hop_samples": 20}
    return Vocoder(**{**settings, **options})


@pytest.mark.parametrize("frames", [1, 2, 7])
def test_each_frame_makes_a_hop_of_samples(frames: int):
    assert small()(torch.randn(3, frames, 80)).shape == (3, 20 * frames)


def test_a_spectrum_said_at_every_frame_is_the_tone_it_describes():
    vocoder = small()
    with torch.no_grad():
        vocoder.head.weight.zero_()
        vocoder.head.bias.zero_()
        vocoder.head.bias[:41] = -20.0
        # 2 periods a hop; overlapping windows sum to 2, their squares to 1.5, so 4/3 of what is said is heard
        vocoder.head.bias[8] = math.log(80 / 2 * 3 / 4)
    sound = vocoder(torch.randn(1, 12, 80))[0]
    expected = torch.cos(2 * math.pi * 8 / 80 * torch.arange(240.0))
    assert torch.allclose(sound[40:200], expected[40:200], atol=1e-4)


def test_a_sound_changes_near_the_frame_that_changed_only():
    vocoder, mels = small(), torch.randn(1, 40, 80)
    other = mels.clone()
    other[:, 20] += 1.0
    changed = (vocoder(mels) - vocoder(other))[0].abs() > 1e-7
    seen = 3 * 1 + 2  # frames to either side: two blocks and the entrance, and half a window
    assert changed.any() and not changed[: (20 - seen) * 20].any() and not changed[(20 + seen) * 20 :].any()


def test_a_window_is_of_whole_hops():
    with pytest.raises(ValueError, match="whole hops"):
        small(window_samples=70)


def test_every_discriminator_says_what_its_layers_see():
    judges = SoundDiscriminators(periods=[2, 3], windows=[64], width=2)
    said = judges(torch.randn(2, 1001))
    assert len(said) == 3 and all(maps[-1].shape[:2] == (2, 1) for maps in said)
    assert [len(maps) for maps in said] == [5, 5, 6]
    assert said[1][-1].shape[-1] == 3  # a column for each place within the period


def test_a_period_discriminator_keeps_the_places_within_a_period_apart():
    judges = SoundDiscriminators(periods=[5], windows=[], width=2)
    sound = torch.randn(1, 500)
    other = sound.clone()
    other[:, 3::5] += 1.0
    difference = (judges(sound)[0][-1] - judges(other)[0][-1]).abs().amax((0, 1, 2))
    assert difference[3] > 0 and (difference[[0, 1, 2, 4]] == 0).all()

import math

import torch

from anyonenet.audio.mel import MelSettings
from anyonenet.losses.spectra import SpectralLoss, mel_l1


def test_equal_sounds_cost_nothing_and_others_more_the_further_off():
    torch.manual_seed(0)
    sound, noise, loss = torch.randn(2, 4000) * 0.1, torch.randn(2, 4000), SpectralLoss((128, 512))
    assert float(loss(sound, sound)) < 1e-6
    costs = [float(loss(sound + share * noise, sound)) for share in (0.01, 0.05, 0.2)]
    assert 0 < costs[0] < costs[1] < costs[2]


def test_half_as_loud_is_a_convergence_of_a_half_and_a_log_distance_of_ln_2():
    torch.manual_seed(0)
    sound = torch.randn(1, 4000)
    assert abs(float(SpectralLoss((256,))(sound / 2, sound)) - (0.5 + math.log(2))) < 1e-3
    assert abs(float(mel_l1(sound / 2, sound, MelSettings())) - math.log(2)) < 1e-3


def test_the_gradient_of_silence_is_finite():
    made = torch.zeros(1, 2000, requires_grad=True)
    (SpectralLoss()(made, torch.zeros(1, 2000)) + mel_l1(made, torch.zeros(1, 2000), MelSettings())).backward()
    assert made.grad.isfinite().all()

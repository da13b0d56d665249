import numpy as np

from datamodules.mini.identity import draw_identity, draw_voice


def test_voices_lie_in_their_ranges():
    rng = np.random.default_rng(0)
    for index in range(300):
        identity = draw_identity(str(index), rng)
        voice = draw_voice(identity, rng, noise=1.6)
        assert (70 < voice.f0_hz < 180) if identity.sex == "m" else (130 < voice.f0_hz < 320)
        assert 0.88 <= voice.tract_scale <= 1.28
        assert all(0.9 <= factor <= 1.1 for factor in voice.formants)


def test_without_noise_a_voice_follows_from_the_identity():
    identity = draw_identity("x", np.random.default_rng(0))
    one, other = (draw_voice(identity, np.random.default_rng(seed), noise=0) for seed in (1, 2))
    assert one == other
    assert one.formants == (1.0, 1.0, 1.0, 1.0)

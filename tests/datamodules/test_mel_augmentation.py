import numpy as np

from anyonenet.audio.mel import MelSettings
from datamodules.mel_augmentation import MelAugmentation, band_centres_hz

SETTINGS = MelSettings()
NOTHING = {"gain_db": 0.0, "tilt_db": 0.0, "ripple_db": 0.0, "noise": 0.0, "room": 0.0, "band_limit": 0.0}


def speech_like() -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.5, (40, 80)).astype(np.float32)


def test_nothing_changes_when_everything_is_off():
    mel = speech_like()
    np.testing.assert_allclose(MelAugmentation(**NOTHING)(mel, np.random.default_rng(0), SETTINGS), mel, atol=1e-5)


def test_gain_moves_the_level_by_that_many_decibels():
    class Full(np.random.Generator):
        def uniform(self, *arguments, **named):
            return 1.0

    moved = MelAugmentation(**{**NOTHING, "gain_db": 6.0})(speech_like(), Full(np.random.PCG64(0)), SETTINGS)
    expected = 6.0 / 20 * np.log(10) / SETTINGS.scale
    np.testing.assert_allclose(moved - speech_like(), expected, atol=1e-5)


def test_silence_stays_the_floor_and_the_draw_decides():
    augmentation = MelAugmentation(noise=1.0, room=1.0, band_limit=1.0)
    one, same, other = (augmentation(speech_like(), np.random.default_rng(seed), SETTINGS) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 0.1
    assert one.dtype == np.float32 and one.min() >= SETTINGS.silence - 1e-6


def test_noise_keeps_its_ratio():
    quiet = MelAugmentation(**{**NOTHING, "noise": 1.0}, noise_snr_db=(60.0, 60.0))
    mel = speech_like()
    changed = quiet(mel, np.random.default_rng(0), SETTINGS)
    assert 0 < np.abs(changed - mel).mean() < 0.01


def test_band_centres():
    centres = band_centres_hz(SETTINGS)
    assert centres.shape == (80,) and (np.diff(centres) > 0).all()
    assert 50 < centres[0] < 110 and 7000 < centres[-1] < 7600

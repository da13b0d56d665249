import numpy as np
import pytest

from anyonenet.audio.mel import MelSettings
from evaluation.vocoder import distances


def tone(hertz: float, samples: int = 8000) -> np.ndarray:
    times = np.arange(samples) / 16000
    return sum(0.1 / n * np.sin(2 * np.pi * hertz * n * times) for n in range(1, 9)).astype(np.float32)


def test_a_perfect_copy_has_no_distance_and_another_pitch_has_that_of_its_interval():
    true = [tone(120), tone(180)]
    same = distances(true, true, MelSettings())
    assert all(np.abs(values).max() < 1e-5 for values in same.values())
    fifth = distances([tone(180)], [tone(120)], MelSettings())
    assert fifth["f0_cents"][0] == pytest.approx(702, abs=3)
    assert fifth["mel_l1"][0] > 0.1 and fifth["spectral"][0] > 0.5 and fifth["mcd"][0] > 1
    noise = np.random.default_rng(0).normal(0, 0.1, 8000).astype(np.float32)
    whispered = distances([noise], [tone(120)], MelSettings())
    assert whispered["voicing_error"][0] > 0.8

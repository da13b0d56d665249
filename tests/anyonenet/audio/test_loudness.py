from __future__ import annotations

import numpy as np
import pytest

from anyonenet.audio.loudness import _high_pass, _shelf, loudness
from anyonenet.errors import InputError


def sine(hertz, seconds, rate, decibels=0.0):
    return 10 ** (decibels / 20) * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


def test_filters_are_the_standards_at_48_khz():
    """Tables 1 and 2 of ITU-R BS.1770-4."""
    (shelf, shelf_back), (high, high_back) = _shelf(48000), _high_pass(48000)
    assert shelf == pytest.approx([1.53512485958697, -2.69169618940638, 1.19839281085285], abs=1e-9)
    assert shelf_back == pytest.approx([1.0, -1.69065929318241, 0.73248077421585], abs=1e-9)
    assert high == [1.0, -2.0, 1.0]
    assert high_back == pytest.approx([1.0, -1.99004745483398, 0.99007225036621], abs=1e-9)


@pytest.mark.parametrize("rate", [16000, 44100, 48000])
def test_the_standards_calibration(rate):
    """997 Hz at full scale in one channel reads -3.01 LKFS."""
    assert loudness(sine(997, 5, rate), rate) == pytest.approx(-3.01, abs=0.06)
    assert loudness(sine(997, 5, rate, -20), rate) == pytest.approx(-23.01, abs=0.06)


def test_pauses_do_not_count():
    rate = 16000
    speech = sine(500, 4, rate, -20)
    paused = np.concatenate([speech, np.zeros(6 * rate), speech])
    assert loudness(paused, rate) == pytest.approx(loudness(speech, rate), abs=0.3)
    quiet = np.concatenate([speech, sine(500, 8, rate, -45)])
    assert loudness(quiet, rate) == pytest.approx(loudness(speech, rate), abs=0.3)


def test_errors():
    with pytest.raises(InputError, match="0.30 s"):
        loudness(np.zeros(4800), 16000)
    with pytest.raises(InputError, match="silent"):
        loudness(np.zeros(16000), 16000)

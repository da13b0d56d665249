import math

import numpy as np
import pytest

from anyonenet.audio.mel import MelSettings
from evaluation.metrics.prosody import F0Error, VoicingError, f0_error, melodies, voicing_error

NAN = math.nan


def tone(hertz: float, seconds: float = 0.4, rate: int = 16000) -> np.ndarray:
    time = np.arange(int(seconds * rate)) / rate
    return (sum(np.sin(2 * np.pi * hertz * k * time) / k for k in range(1, 15)) * 0.1).astype(np.float32)


def test_errors_by_hand():
    one, other = np.array([200.0, 100.0, NAN, 150.0]), np.array([100.0, 100.0, 120.0, NAN])
    assert f0_error(one, other) == pytest.approx(1200 / math.sqrt(2))
    assert f0_error(one, other, unit="hertz") == pytest.approx(100 / math.sqrt(2))
    assert voicing_error(one, other) == pytest.approx(2 / 4)
    assert math.isnan(f0_error(one[2:], other[2:]))


def test_a_path_pairs_the_frames():
    path = np.array([[0, 0], [1, 0], [2, 1]])
    assert f0_error(np.array([100.0, 100.0, 200.0]), np.array([100.0, 200.0]), path) == 0
    assert voicing_error(np.array([100.0, NAN, 200.0]), np.array([100.0, 200.0]), path) == pytest.approx(1 / 3)


def test_two_sounds_a_semitone_apart():
    """Two notes with a pause, sung higher and slower: warping undoes the pace, and a semitone is 100 cents."""
    pause = np.zeros(3200, np.float32)
    reference = np.concatenate([tone(120), pause, tone(150)])
    semitone = 2 ** (1 / 12)
    made = np.concatenate([tone(120 * semitone, 0.5), pause, pause, tone(150 * semitone, 0.6)])
    error, voicing = F0Error(), VoicingError()
    error.update([made], [reference])
    voicing.update([made], [reference])
    assert float(error.compute()) == pytest.approx(100, rel=0.1)
    assert float(voicing.compute()) < 0.08


def test_melodies_have_a_pitch_for_every_mel_frame():
    f0, reference, path = melodies(tone(120, 0.31), tone(120, 0.4))
    assert (len(f0), len(reference)) == (25, 32)
    assert path[0].tolist() == [0, 0] and path[-1].tolist() == [24, 31]
    assert len(melodies(tone(120, rate=24000), tone(110, rate=24000), MelSettings(sample_rate=24000))[0]) == 32


def test_silent_utterances_are_counted_apart():
    metric = F0Error()
    metric.update([tone(120), np.zeros(3200)], [tone(120), tone(120)])
    assert (int(metric.items), int(metric.undefined)) == (1, 1)
    assert float(metric.compute()) == pytest.approx(0, abs=1e-6)


def test_mistakes_are_named():
    with pytest.raises(ValueError, match="F0 has 2 and 3 frames; without a path"):
        f0_error(np.ones(2), np.ones(3))
    with pytest.raises(ValueError, match=r"F0 is \(1, 2\) and \(2,\)"):
        voicing_error(np.ones((1, 2)), np.ones(2))
    with pytest.raises(ValueError, match=r"path is \(1, 2\); expected .* within 2 and 2 frames"):
        f0_error(np.ones(2), np.ones(2), np.array([[0, 2]]))
    with pytest.raises(ValueError, match="unit is 'mel'; choose 'cents' or 'hertz'"):
        F0Error(unit="mel")
    with pytest.raises(ValueError, match="1 made and 2 reference waveforms"):
        VoicingError().update([tone(100)], [tone(100), tone(100)])
    with pytest.raises(ValueError, match=r"a waveform is \(0,\)"):
        melodies(np.zeros(0), tone(100))

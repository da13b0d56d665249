import numpy as np
import pytest

from anyonenet.audio.mel import MelSettings
from anyonenet.errors import InputError
from anyonenet.recorded import cuts, recorded

MEL = MelSettings()


def test_stretches_together_are_the_recording_in_whole_mel_frames():
    waveform = np.random.default_rng(0).normal(0, 0.1, 3 * 16000 + 77).astype(np.float32)
    stretches = list(recorded(waveform, MEL, longest_seconds=1.0))
    assert len(stretches) >= 3
    whole = np.concatenate([stretch.waveform for stretch in stretches])
    np.testing.assert_array_equal(whole[: len(waveform)], waveform)
    assert not whole[len(waveform) :].any() and len(whole) - len(waveform) < MEL.hop_samples
    for stretch in stretches:
        assert len(stretch.waveform) == len(stretch.mel) * MEL.hop_samples and len(stretch.mel) <= 80
        assert (stretch.symbol_of_frame == -1).all() and len(stretch.symbol_of_frame) == len(stretch.mel)


def test_long_speech_is_cut_where_it_is_quietest():
    level = np.zeros(300)
    level[85:95] = -5  # a pause in reach of the first stretch
    assert cuts(level, 100)[0] in range(87, 94)
    assert cuts(level, 300) == [300]
    ends = cuts(level, 100)
    assert ends[-1] == 300 and max(np.diff([0, *ends])) <= 100


def test_silence_is_refused():
    with pytest.raises(InputError, match="the recording is silent; give one in which somebody speaks"):
        list(recorded(np.zeros(16000, np.float32), MEL))

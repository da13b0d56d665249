from pathlib import Path

import pytest
import torch

from anyonenet.audio.griffin_lim import griffin_lim
from anyonenet.audio.mel import MelSettings
from anyonenet.errors import InputError, WeightsError
from anyonenet.networks.vocoder import Vocoder
from anyonenet.vocoder import load_vocoder
from anyonenet.voice import Voice
from anyonenet.weights import WeightsCard, save_weights


def neural(folder: Path, **card) -> Vocoder:
    torch.manual_seed(0)
    network = Vocoder(width=8, inner=8, blocks=1)
    save_weights(folder / "vocoder", network, WeightsCard("vocoder", "nothing: random", **card), half=False)
    return network.eval()


def test_a_vocoder_by_name_is_that_vocoder(tmp_path):
    network, mels = neural(tmp_path), torch.randn(2, 9, 80)
    settings = MelSettings()
    with torch.inference_mode():
        assert torch.equal(load_vocoder("neural", tmp_path, settings)(mels), network(mels))
    assert torch.equal(load_vocoder("griffin_lim", tmp_path / "nowhere", settings)(mels), griffin_lim(mels, settings))


def test_what_cannot_be_used_is_told(tmp_path):
    with pytest.raises(InputError, match="'wavenet' is not a vocoder; choose griffin_lim or neural"):
        load_vocoder("wavenet", tmp_path, MelSettings())
    with pytest.raises(WeightsError, match="no weights in .*vocoder"):
        load_vocoder("neural", tmp_path, MelSettings())
    neural(tmp_path, mel=MelSettings(sample_rate=24000))
    with pytest.raises(WeightsError, match="trained for other mels"):
        load_vocoder("neural", tmp_path, MelSettings())


def test_the_voice_speaks_through_it(tiny_weights, tmp_path):
    for stage in tiny_weights.iterdir():
        (tmp_path / stage.name).symlink_to(stage)
    network = neural(tmp_path)
    speaker = torch.nn.functional.normalize(torch.ones(1024), dim=0).numpy()
    spoken = [next(Voice(tmp_path, vocoder=name).speak("Yes.", speaker, "en")) for name in ("griffin_lim", "neural")]
    assert len(spoken[0].waveform) == len(spoken[1].waveform) == 200 * len(spoken[0].mel)
    assert abs(spoken[0].waveform - spoken[1].waveform).max() > 1e-3
    assert network.hop_samples == 200

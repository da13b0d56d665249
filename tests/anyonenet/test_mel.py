import math

import numpy as np
import pytest
import torch

from anyonenet.audio import mel as module
from anyonenet.audio.mel import MelSettings, frames_of, log_mel, mel_magnitude


def test_settings_are_whole_samples():
    settings = MelSettings()
    assert (settings.window_samples, settings.hop_samples, settings.frame_rate) == (800, 200, 80.0)
    settings = MelSettings(sample_rate=24000)
    assert (settings.window_samples, settings.hop_samples, settings.frame_rate) == (1200, 300, 80.0)


def test_rate_without_whole_hop_is_refused():
    with pytest.raises(ValueError, match="22050 Hz"):
        MelSettings(sample_rate=22050)


@pytest.mark.parametrize("samples", [1, 199, 200, 201, 16000])
def test_one_frame_a_started_hop(samples):
    mel = log_mel(torch.zeros(samples))
    assert mel.shape == (math.ceil(samples / 200), 80)
    assert frames_of(samples, MelSettings()) == len(mel)


def test_silence_is_the_floor():
    mel = log_mel(torch.zeros(2, 1600))
    assert torch.allclose(mel, torch.full_like(mel, MelSettings().silence))


def test_agrees_with_librosa():
    import librosa

    rng = np.random.default_rng(0)
    wave = rng.normal(0, 0.1, 8000).astype(np.float32)
    settings = MelSettings()
    expected = librosa.feature.melspectrogram(
        y=wave, sr=16000, n_fft=1024, hop_length=200, win_length=800, power=1.0, n_mels=80, fmin=50, fmax=7600,
        center=True, pad_mode="constant",
    )  # fmt: skip
    ours = mel_magnitude(log_mel(torch.from_numpy(wave), settings), settings).numpy().T
    assert np.allclose(ours, expected[:, : ours.shape[1]], rtol=1e-3, atol=1e-5)


def test_frame_is_centred_on_its_sample():
    wave = torch.zeros(4000)
    wave[2000] = 1.0
    energy = mel_magnitude(log_mel(wave)).sum(-1)
    assert int(energy.argmax()) == 2000 // 200


def test_batch_equals_single_and_empty_is_refused():
    wave = torch.randn(3, 2, 1000, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(log_mel(wave)[1, 0], log_mel(wave[1, 0]), atol=1e-5)
    with pytest.raises(ValueError, match="empty"):
        log_mel(torch.zeros(0))


def test_long_sound_gives_the_same_in_pieces(monkeypatch):
    wave = torch.randn(2, 5001, generator=torch.Generator().manual_seed(0))
    whole = log_mel(wave)
    monkeypatch.setattr(module, "_TOGETHER", 7)
    assert torch.allclose(log_mel(wave), whole, atol=1e-5) and whole.shape == (2, 26, 80)


def test_a_filterbank_first_asked_for_in_inference_can_be_trained_through():
    settings = MelSettings(bands=17)  # asked for nowhere else
    with torch.inference_mode():
        log_mel(torch.randn(2000), settings)
    waveform = torch.randn(2000, requires_grad=True)
    log_mel(waveform, settings).sum().backward()
    assert waveform.grad.abs().sum() > 0

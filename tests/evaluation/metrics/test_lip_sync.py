"""SyncNet's score and network, with random weights in the layout of the published ones."""

import numpy as np
import pytest
import torch

from anyonenet.errors import WeightsError
from evaluation.metrics.lip_sync import LipSyncError, face_crops, lip_sync_error
from evaluation.metrics.syncnet import SyncNet, load_syncnet, mel_frequency_cepstra


@pytest.fixture(scope="module")
def network() -> SyncNet:
    torch.manual_seed(0)
    return SyncNet().eval()


@pytest.fixture(scope="module")
def clip() -> tuple[np.ndarray, np.ndarray]:
    """Eight frames of 64 x 64 and their sound."""
    rng = np.random.default_rng(0)
    return rng.integers(0, 255, (8, 64, 64, 3)).astype(np.uint8), rng.normal(0, 0.1, 6400)


def test_score_by_hand():
    """Mouths and sounds on a line: frame t lies at t, its sound at t + 2, so that sound t - 2 fits mouth t."""
    places = torch.arange(60.0)[:, None]
    distance, confidence, offset = lip_sync_error(places, places + 2)
    # a shift of d frames leaves |d| between mouth and sound; zeros beyond the ends are what these windows have instead
    means = []
    for shift in range(-15, 16):
        apart = [abs(t - (t + shift + 2 if 0 <= t + shift < 60 else 0)) for t in range(60)]
        means.append(np.mean(apart))
    assert distance == pytest.approx(min(means), abs=1e-4)
    assert confidence == pytest.approx(np.median(means) - min(means), abs=1e-4)
    assert offset == 15 - int(np.argmin(means)) == 2


def test_the_layers_are_those_of_the_published_weights(network):
    shapes = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    assert shapes["netcnnaud.4.weight"] == (192, 64, 3, 3)
    assert shapes["netcnnaud.18.weight"] == (512, 256, 5, 4)
    assert shapes["netcnnlip.0.weight"] == (96, 3, 5, 7, 7)
    assert shapes["netcnnlip.18.weight"] == (512, 256, 1, 6, 6)
    assert shapes["netfcaud.3.weight"] == shapes["netfclip.3.weight"] == (1024, 512)
    assert len(shapes) == 2 * (6 * (2 + 5) + 2 + 5 + 2)  # six convolutions and two dense layers, seven normalised


@torch.inference_mode()
def test_a_clip_in_one_pass_is_its_windows_one_by_one(network, clip):
    faces, waveform = clip
    mouths, sounds = network.features(faces, waveform)
    assert mouths.shape == sounds.shape == (3, 1024)
    pictures = torch.from_numpy(faces[..., ::-1].copy()).permute(0, 3, 1, 2).float()
    pictures = torch.nn.functional.interpolate(pictures, (224, 224), mode="bilinear", antialias=True)
    cepstra = torch.from_numpy(mel_frequency_cepstra(waveform)).float()
    for window in (0, 2):
        torch.testing.assert_close(network.mouths(pictures[window : window + 5])[0], mouths[window])
        span = cepstra[4 * window : 4 * window + 20].T[None, None]
        torch.testing.assert_close(network.sounds(span)[0], sounds[window])


def test_metric_with_weights_of_a_file(network, clip, tmp_path):
    torch.save(network.state_dict(), tmp_path / "syncnet.model")
    metric = LipSyncError(tmp_path / "syncnet.model")
    metric.update([clip[0], clip[0][::-1]], [clip[1], clip[1]])
    figures = metric.compute()
    scores = [lip_sync_error(*network.features(faces, clip[1])) for faces in (clip[0], clip[0][::-1])]
    assert float(figures["distance"]) == pytest.approx(np.mean([score[0] for score in scores]), rel=1e-4)
    assert float(figures["confidence"]) == pytest.approx(np.mean([score[1] for score in scores]), rel=1e-3)
    assert float(figures["absolute_offset"]) == pytest.approx(np.mean([abs(score[2]) for score in scores]))


def test_cepstra_by_the_definition():
    """One window, transform by transform, in loops."""
    waveform = np.random.default_rng(1).normal(0, 0.1, 400)
    samples = waveform * 32768
    emphasised = np.array([samples[0]] + [samples[t] - 0.97 * samples[t - 1] for t in range(1, 400)])
    turns = np.exp(-2j * np.pi * np.outer(np.arange(257), np.arange(400)) / 512)
    power = np.abs(turns @ emphasised) ** 2 / 512
    mels = np.linspace(0, 2595 * np.log10(1 + 8000 / 700), 28)
    corners = np.floor(513 * 700 * (10 ** (mels / 2595) - 1) / 16000)
    bands = np.zeros(26)
    for band, (left, middle, right) in enumerate(zip(corners, corners[1:], corners[2:])):
        for k in range(257):
            if left <= k < middle:
                bands[band] += power[k] * (k - left) / (middle - left)
            elif middle <= k < right:
                bands[band] += power[k] * (right - k) / (right - middle)
    logs = np.log(bands)
    expected = []
    for m in range(13):
        scale = np.sqrt((1 if m == 0 else 2) / 26)
        value = scale * sum(logs[n] * np.cos(np.pi * m * (2 * n + 1) / 52) for n in range(26))
        expected.append(value * (1 + 11 * np.sin(np.pi * m / 22)))
    expected[0] = np.log(power.sum())
    np.testing.assert_allclose(mel_frequency_cepstra(waveform), [expected], rtol=1e-9)
    assert mel_frequency_cepstra(np.zeros(16000)).shape == (99, 13)


def test_crops_are_square_and_follow_the_box():
    frames = np.zeros((2, 100, 120, 3), np.uint8)
    frames[:, 40:60, 50:70] = 255  # a white square of 20
    boxes = np.array([[50, 40, 70, 60], [40, 40, 60, 60]])
    crops = face_crops(frames, boxes)
    assert crops.shape == (2, 224, 224, 3)
    # the square spans 20 of 28 pixels across, from 4 on; downwards from 0 on
    assert (crops[0, 5:150, 40:184] == 255).all() and (crops[0, 170:, :] == 0).all() and (crops[0, :, :24] == 0).all()
    assert (crops[1, 5:150, 120:184] == 255).all()  # the second box lies further left
    assert (face_crops(frames[:1], np.array([[-20, 0, 20, 40]]))[0, 10, 10] == 110).all()  # beyond the picture


def test_weights_that_are_not_there_or_not_syncnets_are_named(tmp_path):
    with pytest.raises(WeightsError, match=r"SyncNet weights are not at .*none: download http://www\.robots"):
        LipSyncError(tmp_path / "none")
    torch.save({"fc.weight": torch.zeros(2)}, tmp_path / "other")
    with pytest.raises(WeightsError, match=r"other is not SyncNet's syncnet_v2\.model"):
        load_syncnet(tmp_path / "other")


def test_mistakes_are_named(network, clip):
    faces, waveform = clip
    with pytest.raises(ValueError, match="5 frames have both picture and sound; SyncNet needs at least 6"):
        network.features(faces[:5], waveform)
    with pytest.raises(ValueError, match=r"faces are \(8, 64, 64, 3\) float32"):
        network.features(faces.astype(np.float32), waveform)
    with pytest.raises(ValueError, match="1 clips and 0 waveforms"):
        LipSyncError(network=network).update([faces], [])
    with pytest.raises(ValueError, match=r"mouths are \(3, 2\), sounds \(4, 2\)"):
        lip_sync_error(torch.zeros(3, 2), torch.zeros(4, 2))
    with pytest.raises(ValueError, match=r"boxes \(7, 4\)"):
        face_crops(faces, np.zeros((7, 4)))
    with pytest.raises(ValueError, match="the box of frame 0 is empty"):
        face_crops(faces, np.zeros((8, 4)))

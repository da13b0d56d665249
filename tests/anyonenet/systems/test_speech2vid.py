"""Speech2Vid as a system: frames of the right number and size over two sentences, only the lower face moves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from anyonenet.errors import InputError
from anyonenet.face.registration import register
from anyonenet.face.template import frontal_template
from anyonenet.networks.face_sharpener import FaceSharpener
from anyonenet.networks.speech2vid import Speech2Vid
from anyonenet.portrait import Portrait
from anyonenet.side_by_side import SideBySide
from anyonenet.stopwatch import Stopwatch
from anyonenet.systems.known import OWN
from anyonenet.systems.speech2vid import Speech2VidSystem, load, steady, windows_at
from anyonenet.voice import Spoken
from anyonenet.weights import WeightsCard, save_weights


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random, tiny; batch statistics of noise, so that the sound comes through."""
    folder = tmp_path_factory.mktemp("weights")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = Speech2Vid(2, 32, (4, 4, 4, 4, 4), (4, 4, 4, 4, 4), 8, 8, (8, 8, 8, 8, 8))
        for _ in range(30):
            network(3 * torch.randn(4, 35, 12), torch.rand(4, 6, 32, 32))
        save_weights(folder / "speech2vid", network, WeightsCard("speech2vid", "nothing"))
        sharpener = FaceSharpener(3, 4)
        save_weights(folder / "speech2vid_deblur", sharpener, WeightsCard("speech2vid_deblur", "nothing"))
    return folder


@pytest.fixture
def system(weights: Path) -> Speech2VidSystem:
    return load(weights, torch.device("cpu"), "auto")


@pytest.fixture
def portrait() -> Portrait:
    image = np.random.default_rng(0).integers(90, 160, (130, 120, 3)).astype(np.uint8)
    landmarks = (frontal_template() * 42 + [60, 55, 0]).astype(np.float32)
    found = register(landmarks)
    return Portrait(
        image, landmarks, found.frontal, found.quaternions, float(found.scale), found.translation, image, landmarks
    )


def sentence(mel_frames: int, seed: int) -> Spoken:
    waveform = 0.1 * np.random.default_rng(seed).standard_normal(200 * mel_frames).astype(np.float32)
    mel = np.zeros((mel_frames, 80), np.float32)
    return Spoken("", (), mel, waveform, np.full(mel_frames, -1), True)


def test_frames_of_two_sentences(system: Speech2VidSystem, portrait: Portrait) -> None:
    performer = system.performer(portrait, 25.0, 0, OWN)
    first, second = sentence(41, 1), sentence(30, 2)
    performances = [performer.perform(first), performer.perform(second)]
    assert [len(each.landmarks) for each in performances] == [13, 10]  # ceil(41 / 80 * 25), ceil(71 / 80 * 25) in all
    with SideBySide(2) as pool:
        frames = [frame for each in performances for frame in performer.draw(each, pool, Stopwatch())]
    assert len(frames) == 23 and {frame.shape for frame in frames} == {portrait.image.shape}
    eyes = int(portrait.landmarks[36:48, 1].min()) - 2  # a canonical pixel of so small a network is three of these
    for frame in frames:
        np.testing.assert_array_equal(frame[:eyes], portrait.image[:eyes])
    mouths = np.stack([frame[70:95, 45:75].astype(float) for frame in frames])
    assert mouths.std(0).max() > 1  # they speak
    # what is heard is what the two make together, up to what has not been said yet
    whole = windows_at(np.concatenate([first.waveform, second.waveform]), np.arange(23) / 25)
    heard = np.concatenate([each.driving for each in performances])  # type: ignore[misc]
    np.testing.assert_allclose(heard[:8], whole[:8], atol=1e-4)
    np.testing.assert_allclose(heard[14:], whole[14:], atol=1e-4)


def test_windows_lie_around_their_moment() -> None:
    waveform = np.zeros(16000, np.float32)
    waveform[8000:8080] = 0.5  # a click at half a second
    heard = np.abs(windows_at(waveform, np.array([0.3, 0.5, 0.6]))).sum(-1)
    assert [np.flatnonzero(row > 0.1).tolist() for row in heard] == [[], [16, 17, 18], [6, 7, 8]]
    assert windows_at(waveform, np.zeros(0)).shape == (0, 35, 12)


def test_a_video_is_dubbed(system: Speech2VidSystem, portrait: Portrait) -> None:
    film = [np.roll(portrait.image, shift, 1) for shift in (0, 2, 4, 6)]
    landmarks = np.stack([portrait.landmarks + [shift, 0, 0] for shift in (0, 2, 4, 6)])
    waveform = sentence(20, 3).waveform
    eyes = int(portrait.landmarks[36:48, 1].min()) - 2
    made = list(system.redub(lambda: iter(film), landmarks, waveform, 25.0))
    assert len(made) == 4
    for number, (frame, before) in enumerate(zip(made, film, strict=True)):
        np.testing.assert_array_equal(frame[:eyes], before[:eyes])
        moved = np.argwhere((frame != before).any(-1))
        assert len(moved) and abs(moved[:, 1].mean() - (60 + 2 * number)) < 6
    with pytest.raises(InputError, match="fewer frames than the 4"):
        list(system.redub(lambda: iter(film[:0]), landmarks, waveform, 25.0))
    with pytest.raises(InputError, match="cannot be dubbed"):
        list(system.redub(lambda: iter(film), landmarks, waveform[:0], 25.0))


def test_places_are_averaged_over_neighbours() -> None:
    matrices = np.tile(np.float64([[2, 0, 10], [0, 2, 20]]), (30, 1, 1))
    np.testing.assert_allclose(steady(matrices), matrices)
    matrices[:, 0, 2] += np.random.default_rng(0).normal(size=30)
    assert steady(matrices)[:, 0, 2].std() < 0.8 * matrices[:, 0, 2].std()


def test_other_renderers_are_refused(system: Speech2VidSystem) -> None:
    with pytest.raises(InputError, match="its renderer is 'own', not 'warp'"):
        system.prepare("warp")

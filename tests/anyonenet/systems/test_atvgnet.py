"""ATVGnet as a system: two sentences on one portrait, states that go on, and the photo where nothing changes."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from anyonenet.audio.mel import MelSettings
from anyonenet.audio.mfcc import MFCCSettings
from anyonenet.errors import InputError, WeightsError
from anyonenet.face.template import frontal_template
from anyonenet.networks.at_net import ATNet
from anyonenet.networks.vg_net import VGNet
from anyonenet.portrait import Portrait, portrait_of
from anyonenet.render.attend import AttentiveRenderer
from anyonenet.side_by_side import SideBySide
from anyonenet.stopwatch import Stopwatch
from anyonenet.systems.atvgnet import ATMover
from anyonenet.systems.known import load_system
from anyonenet.voice import Spoken
from anyonenet.weights import WeightsCard, save_weights


def face() -> Portrait:
    picture = np.random.default_rng(0).integers(0, 255, (96, 128, 3), dtype=np.uint8)
    return portrait_of(picture, frontal_template() * 20 + [64, 48, 0])


def spoken(frames: int, seed: int) -> Spoken:
    wave = np.random.default_rng(seed).normal(size=frames * 200).astype(np.float32) * 0.1
    mel = np.full((frames, 80), MelSettings().silence, dtype=np.float32)
    return Spoken("", (), mel, wave, np.full(frames, -1), True)


def at_net() -> ATNet:
    torch.manual_seed(0)
    return ATNet(
        components=3, audio_widths=[2, 2, 2, 2, 2], audio_hidden=8, audio_width=8, example_hidden=8, example_width=8,
        lstm_width=8, lstm_layers=1,
    ).eval()  # fmt: skip


def vg_net() -> VGNet:
    torch.manual_seed(0)
    return VGNet(widths=[4, 4, 4, 4, 4], landmark_hidden=8, blocks=1, kernel=3).eval()


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights")
    extra = {"mfcc": MFCCSettings().as_dict()}
    save_weights(folder / "atvgnet_landmarks", at_net(), WeightsCard("atvgnet_landmarks", "nothing", extra=extra))
    save_weights(folder / "atvgnet_frames", vg_net(), WeightsCard("atvgnet_frames", "nothing"))
    return folder


def test_two_sentences_make_as_many_frames_as_they_last(weights: Path) -> None:
    system = load_system("atvgnet", weights)
    assert system.renderers[0] == "own" and not system.reads_symbols
    system.prepare("own")
    portrait = face()
    performer = system.performer(portrait, 25.0, 0, "own")
    drawn, heard = 0, 0
    with SideBySide(1) as pool:
        for seed, frames in enumerate((43, 50)):
            performance = performer.perform(spoken(frames, seed))
            np.testing.assert_allclose(
                performance.quaternions, np.tile(portrait.quaternion, (len(performance.quaternions), 1)), atol=1e-5
            )
            for frame in performer.draw(performance, pool, Stopwatch()):
                assert frame.shape == portrait.image.shape and frame.dtype == np.uint8
                drawn += 1
            heard += frames
            assert drawn == math.ceil(heard / 80 * 25)
    with pytest.raises(InputError, match="renderer 'other' cannot draw the system 'atvgnet'"):
        system.performer(portrait, 25.0, 0, "other")


def test_what_was_heard_before_goes_on() -> None:
    def mover() -> ATMover:
        return ATMover(at_net(), MFCCSettings(), face())

    long, first, second = spoken(96, 0), spoken(48, 0), spoken(96, 0)
    second = Spoken("", (), second.mel[48:], long.waveform[48 * 200 :], second.symbol_of_frame[48:], True)
    whole = mover().hear(long).displacements
    parts = mover()
    first = Spoken("", (), first.mel, long.waveform[: 48 * 200], first.symbol_of_frame, True)
    begun = parts.hear(first).displacements
    # what comes next is not heard yet, so the first sentence's last windows differ, and with them a little what follows
    np.testing.assert_allclose(begun[:10], whole[:10], atol=1e-5)
    with_state = parts.hear(second).displacements
    without = mover().hear(second).displacements
    assert np.abs(with_state - whole[15:]).mean() < np.abs(without - whole[15:]).mean()


def test_frames_in_two_calls_are_those_of_one_and_rest_is_the_photo() -> None:
    portrait = face()
    moving = np.repeat(portrait.landmarks[None], 11, 0)
    moving[:, 48:68, 1] += 4 * np.sin(np.arange(11))[:, None]
    turned = np.zeros((11, 4))

    def drawn(*parts: slice) -> list[np.ndarray]:
        renderer = AttentiveRenderer(portrait.image, portrait.landmarks, vg_net())
        return [frame for part in parts for frame in renderer.render_many(moving[part], turned[part])]

    whole, apart = drawn(slice(None)), drawn(slice(0, 3), slice(3, None))
    assert len(whole) == len(apart) == 11
    for one, other in zip(whole, apart, strict=True):
        assert np.abs(one.astype(int) - other).max() <= 1
    renderer = AttentiveRenderer(portrait.image, portrait.landmarks, vg_net())
    still = renderer.render(portrait.landmarks, turned[0])
    assert np.abs(still.astype(int) - portrait.image).max() <= 1
    with pytest.raises(InputError, match="expected 68 finite landmarks"):
        renderer.render(portrait.landmarks[:5], turned[0])


def test_missing_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="atvgnet_landmarks"):
        load_system("atvgnet", tmp_path)

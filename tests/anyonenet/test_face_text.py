"""From a spoken sentence and an emotion to tracks, by small generators with random weights."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from anyonenet.errors import InputError, WeightsError
from anyonenet.face.blendshapes import EMOTIONS
from anyonenet.face_text import STAGES, FaceTracks, TextMotion, timed_text
from anyonenet.networks.mouth_generator import MouthGenerator
from anyonenet.networks.word_generator import WordGenerator
from anyonenet.text.frames import SILENCE
from anyonenet.text.phonemes import phonemise
from anyonenet.text.symbols import INDEX, SYMBOLS
from anyonenet.voice import Spoken
from anyonenet.weights import WeightsCard, save_weights


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    torch.manual_seed(0)
    networks = [
        MouthGenerator(len(SYMBOLS), 8, 16, [1], 3, 4),
        WordGenerator(10, 23, 8, 16, 2, 1),
        WordGenerator(10, 6, 8, 16, 2, 1, 0),
    ]
    extra = {"words": ["the", "cat"], "emotions": list(EMOTIONS), "symbols": list(SYMBOLS)}
    for stage, network in zip(STAGES, networks, strict=True):
        torch.nn.init.normal_(network.leave.weight, std=0.3)
        save_weights(folder / stage, network, WeightsCard(stage, "a test", extra=extra))
    return folder


def spoken(text: str = "The cat, yes.", frames: int = 97) -> Spoken:
    symbols = phonemise(text, "en").symbols
    said = np.full(frames, -1)
    said[10 : frames - 10] = np.arange(frames - 20) * len(symbols) // (frames - 20)
    return Spoken(text, symbols, np.zeros((frames, 80), np.float32), np.zeros(frames * 200, np.float32), said, True)


def test_tracks_of_a_sentence(weights):
    motion = TextMotion(weights)
    tracks = motion.animate(spoken(), "happy")
    frames = int(np.ceil(97 / 80 * 25))
    assert tracks.parameters.shape == (frames, 51) and tracks.head.shape == (frames, 6)
    assert tracks.parameters.min() >= 0 and tracks.parameters.max() <= 1 and tracks.parameters.std(axis=0).max() > 0
    again = motion.animate(spoken(), "happiness")
    np.testing.assert_array_equal(tracks.parameters, again.parameters)
    other = motion.animate(spoken(), "anger")
    assert np.abs(tracks.parameters - other.parameters).max() > 0.01
    # this head was made without emotions
    np.testing.assert_array_equal(tracks.head, other.head)
    with pytest.raises(InputError, match="'gloomy' is not an emotion"):
        motion.animate(spoken(), "gloomy")


def test_text_is_timed_by_the_attention():
    sentence = spoken()
    symbols, said, words = timed_text(sentence, "en")
    assert words == ["the", "cat", "yes"]
    assert symbols[0] == symbols[-1] == SILENCE and said[0] == said[-1] == -1
    assert INDEX["k"] in symbols.tolist() and [place for place in dict.fromkeys(said.tolist()) if place >= 0] == [
        0,
        1,
        2,
    ]
    for frame in range(len(symbols)):
        assert (said[frame] < 0) == (symbols[frame] == SILENCE)


def test_tracks_at_other_times():
    track = np.arange(10, dtype=np.float32)[:, None]
    tracks = FaceTracks(np.repeat(track / 10, 51, 1), np.repeat(track, 6, 1))
    moved = tracks.at(np.array([-1.0, 0.02, 0.36, 5.0]), 30.0)
    np.testing.assert_allclose(moved.head[:, 0], [0, 0.5, 9, 9], atol=1e-6)
    assert moved.rate == 30.0 and moved.parameters.dtype == np.float32


def test_weights_of_other_symbols_are_refused(weights, tmp_path):
    for stage in STAGES:
        (tmp_path / stage).symlink_to(weights / stage)
    (tmp_path / STAGES[0]).unlink()
    network = MouthGenerator(30, 8, 16, [1], 3, 4)
    extra = {"words": [], "emotions": list(EMOTIONS), "symbols": ["a"]}
    save_weights(tmp_path / STAGES[0], network, WeightsCard(STAGES[0], "a test", extra=extra))
    with pytest.raises(WeightsError, match="trained with other symbols"):
        TextMotion(tmp_path)

from __future__ import annotations

import wave

import numpy as np
import pytest

from anyonenet.artefacts import Artefacts
from anyonenet.errors import InputError
from anyonenet.voice import Spoken


def sentence(number: int, frames: int) -> tuple[Spoken, np.ndarray, np.ndarray]:
    random = np.random.default_rng(number)
    mel = random.normal(size=(8, 80)).astype(np.float32)
    spoken = Spoken("Hi.", ("h",), mel, np.full(1600, 0.5, np.float32), np.zeros(8, np.int64), True)
    landmarks = random.normal(size=(frames, 68, 3)).astype(np.float32)
    return spoken, landmarks, random.normal(size=(frames, 4)).astype(np.float32)


def test_sentences_are_joined_from_the_disk(tmp_path):
    sentences = [sentence(1, 3), sentence(2, 0), sentence(3, 5)]
    with Artefacts(tmp_path / "talk.mp4", 16000, 25, np.zeros((68, 3))) as kept:
        for one in sentences:
            kept.add_sentence(*one)
        for value in (1, 2):
            kept.add_frame(np.full((4, 4, 3), value, np.uint8))
        held = [value for value in vars(kept).values() if isinstance(value, (list, np.ndarray))]
        assert len(held) == 1  # the photo's landmarks: nothing grows with the text
    mel = np.load(tmp_path / "talk.mel.npy")
    np.testing.assert_array_equal(mel, np.concatenate([spoken.mel for spoken, _, _ in sentences]))
    with np.load(tmp_path / "talk.landmarks.npz") as file:
        np.testing.assert_array_equal(file["landmarks"], np.concatenate([one[1] for one in sentences]))
        np.testing.assert_array_equal(file["quaternions"], np.concatenate([one[2] for one in sentences]))
        assert file["fps"] == 25 and file["photo_landmarks"].shape == (68, 3)
    with wave.open(str(tmp_path / "talk.wav")) as sound:
        assert sound.getnframes() == 4800
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["talk.frames", "talk.landmarks.npz", "talk.mel.npy", "talk.wav"]
    assert len(list((tmp_path / "talk.frames").iterdir())) == 2


def test_a_bad_end_leaves_nothing_and_its_own_message(tmp_path):
    with pytest.raises(KeyError), Artefacts(tmp_path / "talk.mp4", 16000, 25, np.zeros((68, 3))) as kept:
        kept.add_sentence(*sentence(1, 3))
        raise KeyError
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_written_is_one_line(tmp_path, monkeypatch):
    def full(path, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with (
        pytest.raises(InputError, match=r"cannot keep .*talk.mp4 .*\(No space left on device\); is the disk full"),
        Artefacts(tmp_path / "talk.mp4", 16000, 25, np.zeros((68, 3))) as kept,
    ):
        kept.add_frame(np.zeros((4, 4, 3), np.uint8))
    assert not list(tmp_path.iterdir())

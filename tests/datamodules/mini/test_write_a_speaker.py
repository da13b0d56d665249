"""The embedded corpus of facial motion: what is written is read back, exact in time, and acted as the emotion says."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from anyonenet.audio.files import read_audio
from anyonenet.face.blendshapes import EMOTIONS, MOUTH, RATE, UPPER, columns, landmarks
from anyonenet.text.frames import at_frames
from anyonenet.text.phonemes import phonemise
from anyonenet.text.symbols import PAUSES
from datamodules.corpora import write_a_speaker as reader
from datamodules.mini import write_a_speaker as module
from datamodules.mini.acting import act
from datamodules.mini.identity import Voice
from datamodules.mini.voices import speak
from datamodules.mini.write_a_speaker import write_write_a_speaker

VOICE = Voice(180.0, 1.1, 1.0, 1.0, 0.0, 0.1)


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("mini") / "WriteASpeaker"
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(module.SIZES, "small", 4)
        assert write_write_a_speaker(folder, "small", progress=False) > 16
    return folder


def digests(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_is_read_back(root):
    found = reader.read(root.parent)
    assert found == reader.read(root) and len(found) == 8
    assert [item.language for item in found] == ["en"] * 4 + ["zh"] * 4
    assert [item.emotion for item in found[:4]] == list(EMOTIONS)
    for item in found:
        parameters, head = reader.read_motion(item.motion)
        assert parameters.shape[1] == len(UPPER) + len(MOUTH) and head.shape == (len(parameters), 6)
        assert parameters.min() >= 0 and parameters.max() <= 1
        seconds = len(read_audio(item.audio, 16000)) / 16000
        assert abs(len(parameters) / RATE - seconds) <= 0.5 / RATE + 1e-3
        symbols, words = reader.read_alignment(item.alignment)
        said = tuple(symbol for symbol in phonemise(item.text, item.language).symbols if symbol not in PAUSES)
        assert tuple(interval.label for interval in symbols if interval.label) == said
        for intervals in (symbols, words):
            assert intervals[0].start == 0 and abs(intervals[-1].end - seconds) < 0.01
            for before, after in zip(intervals, intervals[1:], strict=False):
                assert abs(before.end - after.start) < 1e-5


def test_lips_close_when_p_b_and_m_are_said(root):
    closures = 0
    for item in reader.read(root):
        parameters, _ = reader.read_motion(item.motion)
        symbols, _ = reader.read_alignment(item.alignment)
        face = landmarks(parameters)
        gap = face[:, 66, 1] - face[:, 62, 1]
        assert gap.max() > 0.05
        places = at_frames(symbols, len(parameters), RATE)
        for place in set(places.tolist()) - {-1}:
            if symbols[place].label in ("p", "b", "m", "zh_b", "zh_p", "zh_m"):
                closures += 1
                frames = np.flatnonzero(places == place)
                assert gap[max(frames[0] - 1, 0) : frames[-1] + 2].min() < 0.01, (item.id, symbols[place])
    assert closures > 3


def test_same_seed_same_bytes_other_seed_others(root, tmp_path, monkeypatch):
    monkeypatch.setitem(module.SIZES, "small", 1)
    for seed in (0, 1):
        write_write_a_speaker(tmp_path / str(seed), "small", seed, progress=False)
    whole, same, other = digests(root), digests(tmp_path / "0"), digests(tmp_path / "1")
    for name, digest in same.items():
        assert name.endswith(".csv") and "utterances" in name or whole[name] == digest
        assert other[name] != digest
    with pytest.raises(ValueError, match="unknown size 'tiny'; choose full or small"):
        write_write_a_speaker(tmp_path / "x", "tiny")


def test_emotions_are_acted_each_in_its_way():
    speech = speak("The old doctor will never find my blue ladder.", "en", VOICE)

    def mean(emotion: str) -> np.ndarray:
        acted = act(speech.waveform, 16000, speech.phonemes, emotion, np.random.default_rng(0))
        assert acted.parameters.shape == (round(speech.seconds * RATE), 51)
        return acted.parameters.mean(axis=0)

    faces = {emotion: mean(emotion) for emotion in EMOTIONS}
    for emotion, shape in (
        ("surprise", "browOuterUp"), ("surprise", "eyeWide"), ("anger", "browDown"), ("happiness", "mouthSmile"),
    ):  # fmt: skip
        others = [faces[other][columns(shape)].mean() for other in EMOTIONS if other != emotion]
        assert faces[emotion][columns(shape)].mean() > max(others) + 0.15, (emotion, shape)

from pathlib import Path

import numpy as np
import pytest
import soundfile

from anyonenet.errors import CorpusError
from datamodules.corpora.obama import find, read_clips, read_utterances


@pytest.fixture
def root(tmp_path) -> Path:
    folder = tmp_path / "Obama"
    (folder / "2009").mkdir(parents=True)
    for name in ("b.mp4", "a.mp4", "2009/c.webm", ".hidden.mp4", "notes.pdf", "a.landmarks.npz"):
        (folder / name).write_text("")
    (folder / "a.txt").write_text("Hello everybody.\n")
    (folder / "b.txt").write_text("大家好。\n", encoding="utf-8")
    return tmp_path


def test_clips(root):
    clips = read_clips(root)
    assert [c.id for c in clips] == ["2009/c", "a", "b"]
    assert clips[1].landmarks.name == "a.landmarks.npz" and clips[2].landmarks is None
    assert all(c.audio == c.video and c.person == "obama" and c.sex == "m" for c in clips)
    assert read_clips(root / "Obama") == clips


def test_utterances_have_their_text_and_language(root):
    assert [(u.text, u.language) for u in read_utterances(root)] == [
        (None, "en"),
        ("Hello everybody.", "en"),
        ("大家好。", "zh"),
    ]
    assert read_utterances(root)[0].defect == "no text beside the video"


def test_an_address_that_is_there_twice_is_read_once(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"one address")
    (tmp_path / "b.mp4").write_bytes(b"two address")
    (tmp_path / "a (1).mp4").write_bytes(b"one address")
    rng = np.random.default_rng(0)
    loudness = np.repeat(rng.uniform(0.01, 0.5, 40), 800)
    other = np.repeat(rng.uniform(0.01, 0.5, 40), 800)
    noise = rng.normal(size=32000)
    for name, samples, rate in (("c", loudness * noise, 16000), ("d", other * noise, 16000)):
        (tmp_path / f"{name}.mp4").write_bytes(f"film {name}".encode())
        soundfile.write(tmp_path / f"{name}.wav", (samples * 0.2), rate)
    (tmp_path / "e.mp4").write_bytes(b"c in another encoding, half as loud")
    soundfile.write(tmp_path / "e.flac", (loudness * noise * 0.1)[::2], 8000)
    found = find(tmp_path)
    assert [clip.id for clip in found.clips] == ["a (1)", "b", "c", "d"]
    told = {copy.name: kept.name for copy, kept in found.duplicates.items()}
    assert told == {"a.mp4": "a (1).mp4", "e.mp4": "c.mp4"}
    assert [[path.name for path in clip.copies] for clip in found.clips] == [["a.mp4"], [], ["e.mp4"], []]


def test_missing_parts_are_told(tmp_path):
    with pytest.raises(CorpusError, match="no folder"):
        read_clips(tmp_path / "nowhere")
    with pytest.raises(CorpusError, match="no video"):
        read_clips(tmp_path)

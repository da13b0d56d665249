from pathlib import Path

import pytest

from anyonenet.errors import CorpusError
from datamodules.corpora.obama import read_clips, read_utterances


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
    assert all(c.audio == c.video and c.person == "obama" for c in clips)
    assert read_clips(root / "Obama") == clips


def test_utterances_have_their_text_and_language(root):
    assert [(u.text, u.language) for u in read_utterances(root)] == [
        (None, "en"),
        ("Hello everybody.", "en"),
        ("大家好。", "zh"),
    ]


def test_missing_parts_are_told(tmp_path):
    with pytest.raises(CorpusError, match="no folder"):
        read_clips(tmp_path / "nowhere")
    with pytest.raises(CorpusError, match="no video"):
        read_clips(tmp_path)

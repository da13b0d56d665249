from pathlib import Path

import pytest

from anyonenet.errors import CorpusError
from datamodules.corpora.cnceleb import read_pictures, read_utterances


def touch(path: Path, text: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture
def root(tmp_path) -> Path:
    folder = tmp_path / "CN-Celeb"
    touch(folder / "CN-Celeb_flac/data/id00001/speech-01-002.flac")
    touch(folder / "CN-Celeb_flac/data/id00000/interview-01-001.flac")
    touch(folder / "CN-Celeb2_flac/data/id10000/vlog-01-001.flac")
    touch(folder / "CN-Celeb_flac/dev/dev.lst", "id00000\n")
    touch(folder / "faces/id00000/001.jpg")
    touch(folder / "faces/id00000/notes.txt")
    touch(folder / "faces/id00001/a.PNG")
    return tmp_path


def test_utterances(root):
    utterances = read_utterances(root)
    assert [u.id for u in utterances] == ["id00000/interview-01-001", "id00001/speech-01-002", "id10000/vlog-01-001"]
    assert {u.language for u in utterances} == {"zh"} and utterances[0].sex is None
    assert read_utterances(root / "CN-Celeb") == utterances


def test_pictures_and_sexes(root):
    touch(root / "CN-Celeb/faces/sex.csv", "person,sex\nid00000,f\nid00001,?\n")
    pictures = read_pictures(root)
    assert [(p.id, p.sex) for p in pictures] == [("id00000/001", "f"), ("id00001/a", None)]


def test_missing_parts_are_told(tmp_path):
    with pytest.raises(CorpusError, match="no folder"):
        read_utterances(tmp_path / "nowhere")
    with pytest.raises(CorpusError, match="no recording"):
        read_utterances(tmp_path)
    with pytest.raises(CorpusError, match="no picture"):
        read_pictures(tmp_path)

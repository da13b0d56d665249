from pathlib import Path

import numpy as np
import pytest
import soundfile

from anyonenet.errors import CorpusError
from datamodules.corpora.cnceleb import read_pictures, read_sexes, read_utterances


def touch(path: Path, text: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def flac(path: Path, seconds: float) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(0).uniform(-0.1, 0.1, round(seconds * 16000))
    soundfile.write(path, noise, 16000)


@pytest.fixture
def root(tmp_path) -> Path:
    folder = tmp_path / "CN-Celeb"
    touch(folder / "CN-Celeb_flac/data/id00001/speech-01-002.flac")
    touch(folder / "CN-Celeb_flac/data/id00000/interview-01-001.flac")
    touch(folder / "CN-Celeb2_flac/data/id10000/vlog-01-001.flac")
    touch(folder / "CN-Celeb_flac/eval/test/id00001-speech-01-002.flac")
    touch(folder / "CN-Celeb_flac/dev/dev.lst", "id00000\n")
    touch(folder / "faces/id00000/001.jpg")
    touch(folder / "faces/id00000/notes.txt")
    touch(folder / "faces/id00001/a.PNG")
    touch(folder / "faces/id00001/.thumb.jpg")
    touch(folder / "faces/loose.jpg")
    return tmp_path


def test_utterances_of_both_corpora(root):
    utterances = read_utterances(root)
    assert [u.id for u in utterances] == ["id00000/interview-01-001", "id00001/speech-01-002", "id10000/vlog-01-001"]
    assert {u.language for u in utterances} == {"zh"} and utterances[0].sex is None
    assert read_utterances(root / "CN-Celeb") == utterances


def test_short_recordings_of_one_session_are_joined(tmp_path):
    person = tmp_path / "CN-Celeb_flac" / "data" / "id00002"
    lengths = {"drama-01-001": 0.8, "drama-01-002": 3.0, "drama-01-003": 0.9, "drama-01-004": 0.7, "drama-01-005": 2.6}
    lengths |= {"drama-02-001": 0.5, "vlog-02-001": 0.4, "vlog-02-002": 0.4, "vlog-02-003": 12.0}
    for name, seconds in lengths.items():
        flac(person / f"{name}.flac", seconds)
    found = read_utterances(tmp_path)
    joined = {u.id: [p.stem for p in u.audio] if isinstance(u.audio, tuple) else u.audio.stem for u in found}
    assert joined == {
        "id00002/drama-01-002": "drama-01-002",
        "id00002/drama-01-001+2": ["drama-01-001", "drama-01-003", "drama-01-004"],
        "id00002/drama-01-005": "drama-01-005",
        "id00002/drama-02-001": "drama-02-001",
        "id00002/vlog-02-003+2": ["vlog-02-003", "vlog-02-001", "vlog-02-002"],
    }
    files = [path for u in found for path in (u.audio if isinstance(u.audio, tuple) else (u.audio,))]
    assert len(files) == len(set(files)) == len(lengths)


def test_pictures_and_sexes(root):
    touch(root / "CN-Celeb/faces/sex.csv", "\ufeffperson,sex\nid00000,female\nid00001,?\n")
    pictures = read_pictures(root)
    assert [(p.id, p.sex) for p in pictures] == [("id00000/001", "f"), ("id00001/a", None)]


def test_persons_of_a_list(root, tmp_path):
    (tmp_path / "list.txt").write_text("# the paper's\nid00001\n")
    assert [u.speaker for u in read_utterances(root, tmp_path / "list.txt")] == ["id00001"]
    assert [p.person for p in read_pictures(root, tmp_path / "list.txt")] == ["id00001"]


def test_missing_parts_are_told(tmp_path):
    with pytest.raises(CorpusError, match="no folder"):
        read_utterances(tmp_path / "nowhere")
    with pytest.raises(CorpusError, match="no recording"):
        read_utterances(tmp_path)
    with pytest.raises(CorpusError, match="no picture"):
        read_pictures(tmp_path)
    touch(tmp_path / "faces/sex.csv", "name,gender\n")
    with pytest.raises(CorpusError, match="expected person and sex"):
        read_sexes(tmp_path)

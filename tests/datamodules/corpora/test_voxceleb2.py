from pathlib import Path

import pytest

from anyonenet.errors import CorpusError
from datamodules.corpora.voxceleb2 import read_clips, read_sexes, read_utterances


def touch(path: Path, text: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture
def root(tmp_path) -> Path:
    folder = tmp_path / "VoxCeleb2"
    for part, person, video, number in (
        ("dev", "id00012", "21Uxsk56VDQ", "00001"),
        ("dev", "id00012", "21Uxsk56VDQ", "00002"),
        ("dev", "id00015", "0fijmz4vTVU", "00001"),
        ("test", "id00017", "5MkXgwdrmJw", "00001"),
    ):
        touch(folder / part / "mp4" / person / video / f"{number}.mp4")
        touch(folder / part / "aac" / person / video / f"{number}.m4a")
    touch(folder / "dev/mp4/id00012/21Uxsk56VDQ/00002.landmarks.npz")
    touch(
        folder / "vox2_meta.csv",
        "VoxCeleb2 ID ,VGGFace2 ID ,Gender ,Set \nid00012 ,n000012 ,m ,dev \nid00015 ,n000015 ,f ,dev \n",
    )
    return tmp_path


def test_clips_have_sound_sex_and_landmarks(root):
    clips = read_clips(root)
    assert [c.id for c in clips] == [
        "id00012/21Uxsk56VDQ/00001",
        "id00012/21Uxsk56VDQ/00002",
        "id00015/0fijmz4vTVU/00001",
        "id00017/5MkXgwdrmJw/00001",
    ]
    assert [c.sex for c in clips] == ["m", "m", "f", None]
    assert [c.split for c in clips] == [None, None, None, "test"]
    assert clips[0].landmarks is None and clips[1].landmarks.name == "00002.landmarks.npz"
    assert clips[0].audio.name == "00001.m4a" and "aac" in clips[0].audio.parts


def test_sound_is_the_video_itself_where_aac_is_missing(root):
    (root / "VoxCeleb2/dev/aac/id00015/0fijmz4vTVU/00001.m4a").unlink()
    clip = next(c for c in read_clips(root) if c.person == "id00015")
    assert clip.audio == clip.video


def test_utterances(root):
    utterances = read_utterances(root / "VoxCeleb2")
    assert [u.speaker for u in utterances] == ["id00012", "id00012", "id00015", "id00017"]
    assert utterances[2].sex == "f"


def test_missing_folder_and_missing_videos_are_told(tmp_path):
    with pytest.raises(CorpusError, match="no folder"):
        read_clips(tmp_path / "nowhere")
    with pytest.raises(CorpusError, match="no video"):
        read_clips(tmp_path)
    with pytest.raises(CorpusError, match="no sound"):
        read_utterances(tmp_path)


def test_a_foreign_meta_file_is_told(tmp_path):
    touch(tmp_path / "vox2_meta.csv", "name,sex\na,f\n")
    with pytest.raises(CorpusError, match="lacks the columns"):
        read_sexes(tmp_path)

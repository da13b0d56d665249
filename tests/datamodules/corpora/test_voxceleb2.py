from pathlib import Path

import numpy as np
import pytest

from anyonenet.errors import CorpusError, InputError
from datamodules.corpora.voxceleb2 import read_clips, read_notes, read_sexes, read_utterances

NOTES = """\
Identity  : \tid00012
Reference : \t21Uxsk56VDQ
Offset    : \t-2
FV Conf   : \t16.303\t(1)
ASD Conf  : \t6.201

FRAME \tX \tY \tW \tH
000245 \t0.340 \t0.175 \t0.198 \t0.352
000246 \t0.341 \t0.175 \t0.198 \t0.352
"""


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
    touch(folder / "dev/txt/id00012/21Uxsk56VDQ/00001.txt", NOTES)
    touch(
        folder / "vox2_meta.csv",
        "VoxCeleb2 ID ,VGGFace2 ID ,Gender ,Set \nid00012 ,n000012 ,m ,dev \nid00015 ,n000015 ,f ,dev \n",
    )
    return tmp_path


def test_clips_have_sound_sex_landmarks_and_notes(root):
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
    assert clips[0].notes.name == "00001.txt" and clips[1].notes is None


def test_notes(root, tmp_path):
    notes = read_notes(read_clips(root)[0].notes)
    assert (notes.offset_frames, notes.face_confidence, notes.speaking_confidence) == (-2, 16.303, 6.201)
    assert notes.frames.tolist() == [245, 246]
    assert np.allclose(notes.boxes, [[0.340, 0.175, 0.198, 0.352], [0.341, 0.175, 0.198, 0.352]])
    for broken in ("", NOTES.replace("Offset", "Onset"), NOTES.replace("-2", "two"), NOTES.replace("0.352", "")):
        touch(tmp_path / "broken.txt", broken)
        with pytest.raises(CorpusError, match="broken.txt is not a clip's notes"):
            read_notes(tmp_path / "broken.txt")


def test_sound_is_the_video_itself_where_aac_is_missing_and_wav_where_people_converted_it(root):
    folder = root / "VoxCeleb2/dev"
    (folder / "aac/id00015/0fijmz4vTVU/00001.m4a").unlink()
    (folder / "aac/id00012/21Uxsk56VDQ/00001.m4a").rename(folder / "aac/id00012/21Uxsk56VDQ/00001.wav")
    clips = read_clips(root)
    assert clips[2].audio == clips[2].video
    assert clips[0].audio.name == "00001.wav"
    assert len(read_utterances(root)) == 3


def test_a_test_set_without_a_folder_of_its_own(root):
    (root / "VoxCeleb2/test/mp4").rename(root / "VoxCeleb2/mp4")
    (root / "VoxCeleb2/test/aac").rename(root / "VoxCeleb2/aac")
    (last,) = [clip for clip in read_clips(root) if clip.split == "test"]
    assert last.id == "id00017/5MkXgwdrmJw/00001" and last.audio.suffix == ".m4a"
    assert len(read_utterances(root)) == 4


def test_utterances(root):
    utterances = read_utterances(root / "VoxCeleb2")
    assert [u.speaker for u in utterances] == ["id00012", "id00012", "id00015", "id00017"]
    assert utterances[2].sex == "f"


def test_the_papers_speakers_by_a_list(root, tmp_path):
    names = tmp_path / "speakers.txt"
    names.write_text("id00015 # a comment\n\nid00012,f\nid00012\n")
    assert {clip.person for clip in read_clips(root, names)} == {"id00012", "id00015"}
    assert len(read_utterances(root, names)) == 3
    names.write_text("id00015\nid99999\n")
    with pytest.raises(CorpusError, match=r"1 of the 2 speakers in .*speakers.txt are not in the corpus \(id99999\)"):
        read_clips(root, names)
    names.write_text("# nobody\n")
    with pytest.raises(InputError, match="names no speaker"):
        read_clips(root, names)


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

from pathlib import Path

import pytest

from anyonenet.errors import CorpusError
from datamodules.corpora.videos import find_videos, read_clips, read_utterances


def touch(path: Path, content: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")


def test_persons_sound_text_and_landmarks(tmp_path):
    touch(tmp_path / "anna/first talk.MPG", "1")
    touch(tmp_path / "anna/first talk.wav")
    touch(tmp_path / "anna/first talk.txt", "Good\nmorning.")
    touch(tmp_path / "anna/2020/春天.mkv", "2")
    touch(tmp_path / "anna/2020/春天.txt", "早上好")
    touch(tmp_path / "alone.mp4", "3")
    touch(tmp_path / "alone.landmarks.npz")
    touch(tmp_path / "alone.avi", "4")
    touch(tmp_path / ".cache/x.mp4", "5")
    touch(tmp_path / "anna/._first talk.mpg", "6")
    clips = {clip.id: clip for clip in read_clips(tmp_path, "mine")}
    assert list(clips) == ["alone.avi", "alone.mp4", "anna/2020/春天", "anna/first talk"]
    talk = clips["anna/first talk"]
    assert (talk.person, talk.corpus, talk.audio.name, talk.text) == (
        "anna",
        "mine",
        "first talk.wav",
        "Good morning.",
    )
    assert clips["alone.mp4"].landmarks and clips["alone.mp4"].audio == clips["alone.mp4"].video
    assert clips["anna/2020/春天"].person == "anna"
    spoken = {item.id: item for item in read_utterances(tmp_path, "mine")}
    assert spoken["anna/2020/春天"].language == "zh" and spoken["anna/first talk"].language == "en"
    assert spoken["alone.mp4"].text is None and spoken["alone.mp4"].defect == "no text beside the video"


def test_the_same_bytes_are_read_once_and_told(tmp_path):
    for name in ("b.mp4", "a.mp4"):
        touch(tmp_path / name, "same")
    touch(tmp_path / "c.mp4", "else")
    touch(tmp_path / "d.mp4")
    touch(tmp_path / "e.mp4")
    found = find_videos(tmp_path, "videos")
    assert [clip.id for clip in found.clips] == ["a", "c", "d", "e"]  # empty files are no copies: the work lists them
    assert found.duplicates == {tmp_path / "b.mp4": tmp_path / "a.mp4"}
    assert found.clips[0].copies == (tmp_path / "b.mp4",) and found.clips[1].copies == ()


def test_links_to_nowhere_and_loops_do_no_harm(tmp_path):
    touch(tmp_path / "a/x.mp4", "1")
    (tmp_path / "a/gone.mp4").symlink_to(tmp_path / "nowhere.mp4")
    (tmp_path / "a/loop").symlink_to(tmp_path)
    assert [clip.id for clip in read_clips(tmp_path)] == ["a/gone", "a/x"]


def test_a_text_that_is_none_is_told(tmp_path):
    touch(tmp_path / "x.mp4", "1")
    (tmp_path / "x.txt").write_bytes(b"\x00\xff\x00\x07")
    (item,) = read_utterances(tmp_path)
    assert item.text is None and "x.txt is no text" in item.defect


def test_missing_folder_and_missing_videos_are_told(tmp_path):
    with pytest.raises(CorpusError, match="no folder .*it does not exist"):
        read_clips(tmp_path / "nowhere")
    touch(tmp_path / "x.txt")
    with pytest.raises(CorpusError, match="no folder .*it is a file"):
        read_clips(tmp_path / "x.txt")
    with pytest.raises(CorpusError, match=r"no video \(.*.mp4.*\) in"):
        read_clips(tmp_path)

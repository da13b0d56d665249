from pathlib import Path

from datamodules.corpora.survey import notes
from tests.datamodules.corpora import test_aishell3, test_vctk


def touch(path: Path, content: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


def test_recordings_without_text_and_lines_without_sound(tmp_path):
    (note,) = notes("vctk", test_vctk.make(tmp_path / "vctk"))
    assert note.startswith(
        "1 of 5 recordings have no text (most: p315 1), as p315_001: no text of this recording in txt/p315"
    )
    (note,) = notes("aishell3", test_aishell3.make(tmp_path / "aishell3"))
    assert note.startswith("1 of 5 recordings are not there, as ") and note.endswith("SSB01010002.wav")


def test_videos_that_are_there_twice_and_have_no_text(tmp_path):
    for name in ("a.mp4", "b.mp4"):
        touch(tmp_path / name, "same")
    touch(tmp_path / "c.mp4", "other")
    touch(tmp_path / "c.txt", "hello")
    twice, silent = notes("videos", tmp_path)
    assert twice == "1 videos are there twice and are read once: b.mp4 is a.mp4"
    assert silent.startswith("1 of 2 recordings have no text (most: a 1), as a: no text beside the video")


def test_clips_without_sound_or_notes_and_persons_without_face_or_voice(tmp_path):
    touch(tmp_path / "dev/mp4/id1/v/1.mp4")
    touch(tmp_path / "dev/mp4/id1/v/2.mp4")
    for kind, suffix in (("aac", "m4a"), ("txt", "txt")):
        touch(tmp_path / f"dev/{kind}/id1/v/1.{suffix}")
    sound, told = notes("voxceleb2", tmp_path)
    assert sound.startswith("1 of 2 videos have no sound beside them, as ") and sound.endswith("2.mp4")
    assert told.startswith("1 of 2 videos have no notes")
    touch(tmp_path / "CN-Celeb_flac/data/id1/a.flac")
    touch(tmp_path / "faces/id2/a.jpg")
    assert notes("cnceleb", tmp_path) == [
        "1 persons have a voice but no picture, as id1",
        "1 persons have pictures but no voice, as id2",
    ]


def test_nothing_is_told_of_a_whole_corpus(tmp_path):
    touch(tmp_path / "anna/a.wav")
    touch(tmp_path / "anna/a.txt", "hello")
    assert notes("speech", tmp_path) == []

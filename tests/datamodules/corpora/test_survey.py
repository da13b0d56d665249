from pathlib import Path

from datamodules.corpora.manifest import ArchiveMember, Clip, Utterance
from datamodules.corpora.survey import lacking


def test_recordings_without_text_and_lines_without_sound(tmp_path):
    (tmp_path / "a.wav").touch()
    utterances = [
        Utterance("a", "vctk", "p315", tmp_path / "a.wav", "en", defect="no text of this recording in txt/p315"),
        Utterance("b", "vctk", "p225", tmp_path / "b.wav", "en", "Please."),
        Utterance("c", "aidatatang", "G1", ArchiveMember(tmp_path / "G1.tar.gz", "c.wav"), "zh", "好"),
        Utterance("d", "cnceleb", "id1", (tmp_path / "a.wav", tmp_path / "b.wav"), "zh"),
    ]
    gone, mute = lacking([tuple(utterances)])
    assert gone == f"1 of 4 recordings are not there, as {tmp_path / 'b.wav'}"
    assert mute == "1 of 4 recordings have no text (most: p315 1), as a: no text of this recording in txt/p315"
    assert lacking([(utterances[2],), (utterances[3],)]) == []


def test_copies_and_clips_without_sound_or_notes():
    first, second = Path("a.mp4"), Path("b.mp4")
    clip = Clip("a", "obama", "obama", first, first, copies=(second,))
    assert lacking([(clip, "train")]) == ["1 videos hold what another one holds and are not read: b.mp4 is a.mp4"]
    whole = Clip("a", "voxceleb2", "id1", first, Path("a.m4a"), notes=Path("a.txt"))
    sound, notes = lacking([(whole, None), (Clip("b", "voxceleb2", "id1", second, second), None)])
    assert sound == "1 of 2 videos have no sound beside them: their own is read, as b"
    assert notes == "1 of 2 videos have no notes (txt): no offset is corrected, as b"
    assert lacking([(whole, None), 3, None]) == []

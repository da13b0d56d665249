import io
import tarfile

import numpy as np
import pytest
import soundfile

from anyonenet.errors import CorpusError
from datamodules.corpora import aidatatang
from datamodules.corpora.manifest import ArchiveMember
from datamodules.corpora.sounds import read_sounds

NAMES = ("T0055G0013S0002", "T0055G0013S0001")


def wav(level: float) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, np.full(160, level, np.float32), 16000, format="WAV")
    return file.getvalue()


def make(root, names=NAMES, folder="G0013", transcript="T0055G0013S0001 以后 你 是 男孩子\n"):
    archive = root / "corpus" / "train" / f"{folder.removeprefix('./')}.tar.gz"
    archive.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive, "w:gz") as tar:
        for number, name in enumerate(names):
            metadata = b"SPK\tG0013\nSEX\tFemale\nAGE\t25\n"
            for file, content in ((f"{name}.wav", wav(0.1 * number)), (f"{name}.metadata", metadata)):
                member = tarfile.TarInfo(f"{folder}/{file}")
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
    (root / "transcript").mkdir(exist_ok=True)
    (root / "transcript" / "aidatatang_200_zh_transcript.txt").write_text(transcript, encoding="utf-8")
    return archive


def test_reads_layout_without_unpacking(tmp_path):
    archive = make(tmp_path)
    first, second = aidatatang.read(tmp_path)
    assert (first.id, first.speaker, first.sex, first.text) == ("T0055G0013S0001", "G0013", "f", "以后你是男孩子")
    assert first.audio == ArchiveMember(archive, "G0013/T0055G0013S0001.wav")
    assert second.text is None and second.defect == "no line in the transcript"
    assert [path.name for path in archive.parent.iterdir()] == ["G0013.tar.gz"]


def test_member_names_may_begin_with_a_dot_and_hidden_files_are_none(tmp_path):
    make(tmp_path, (*NAMES, "._T0055G0013S0001"), folder="./G0013")
    assert [item.id for item in aidatatang.read(tmp_path)] == sorted(NAMES)


def test_an_unpacked_folder_is_read_where_the_archive_is_gone(tmp_path):
    archive = make(tmp_path)
    with tarfile.open(archive) as tar:
        tar.extractall(archive.parent, filter="data")
    assert all(isinstance(item.audio, ArchiveMember) for item in aidatatang.read(tmp_path))
    archive.unlink()
    first, _ = aidatatang.read(tmp_path)
    assert first.audio == archive.parent / "G0013" / "T0055G0013S0001.wav" and first.sex == "f"


def test_listing_the_speakers_opens_no_archive(tmp_path):
    archive = make(tmp_path)
    archive.write_bytes(archive.read_bytes()[:60])
    (speaker,) = aidatatang.read_speakers(tmp_path)
    assert speaker.place == archive and speaker.texts == {"T0055G0013S0001": "以后你是男孩子"}
    with pytest.raises(CorpusError, match=r"G0013.tar.gz cannot be read .*fetch it again"):
        speaker.utterances()


def test_a_damaged_archive_is_listed_once_and_the_others_are_read(tmp_path):
    make(tmp_path)
    other = make(tmp_path, ("T0055G0014S0001",), "G0014")
    other.write_bytes(other.read_bytes()[:90])
    found = aidatatang.read(tmp_path)
    assert [item.id for item in found] == [*sorted(NAMES), "G0014"]
    assert found[2].text is None and "G0014.tar.gz cannot be read" in found[2].defect
    (_, error) = next(read_sounds(found[2:], 16000))
    assert isinstance(error, CorpusError) and "G0014.tar.gz cannot be read" in str(error)


def test_an_archive_without_sound_is_named(tmp_path):
    make(tmp_path, ())
    with pytest.raises(CorpusError, match="G0013.tar.gz holds no wav"):
        aidatatang.read(tmp_path)


def test_missing_parts_are_said(tmp_path):
    with pytest.raises(CorpusError, match="no aidatatang_200zh in"):
        aidatatang.read(tmp_path)
    (tmp_path / "corpus").mkdir()
    with pytest.raises(CorpusError, match="transcript.txt is missing"):
        aidatatang.read(tmp_path)

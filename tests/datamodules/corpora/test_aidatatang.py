import tarfile

import pytest

from anyonenet.errors import CorpusError
from datamodules.corpora import aidatatang


def make(root, folder_in_archive="G0013"):
    source = root / "source" / folder_in_archive
    source.mkdir(parents=True)
    for name in ("T0055G0013S0001", "T0055G0013S0002"):
        (source / f"{name}.wav").touch()
        (source / f"{name}.metadata").write_text("SPK\tG0013\nSEX\tFemale\nAGE\t25\n")
    archive = root / "corpus" / "train" / "G0013.tar.gz"
    archive.parent.mkdir(parents=True)
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(source, folder_in_archive)
    (root / "transcript").mkdir()
    (root / "transcript" / "aidatatang_200_zh_transcript.txt").write_text(
        "T0055G0013S0001 以后 你 是 男孩子\n", encoding="utf-8"
    )
    return archive


def test_reads_layout(tmp_path):
    make(tmp_path)
    first, second = aidatatang.read(tmp_path)
    assert (first.id, first.speaker, first.sex, first.text) == ("T0055G0013S0001", "G0013", "f", "以后你是男孩子")
    assert first.audio.is_file()
    assert second.text is None


def test_corrupt_archive_is_named_and_leaves_nothing(tmp_path):
    archive = make(tmp_path)
    archive.write_bytes(archive.read_bytes()[:60])
    with pytest.raises(CorpusError, match=r"G0013.tar.gz cannot be unpacked"):
        aidatatang.read(tmp_path)
    assert [path.name for path in archive.parent.iterdir()] == ["G0013.tar.gz"]


def test_archive_with_other_folder_is_named(tmp_path):
    make(tmp_path, "elsewhere")
    with pytest.raises(CorpusError, match="does not hold a folder G0013"):
        aidatatang.read(tmp_path)


def test_missing_parts_are_said(tmp_path):
    with pytest.raises(CorpusError, match="no aidatatang_200zh in"):
        aidatatang.read(tmp_path)
    (tmp_path / "corpus").mkdir()
    with pytest.raises(CorpusError, match="transcript.txt is missing"):
        aidatatang.read(tmp_path)

import os

import pytest

from anyonenet.errors import CorpusError, InputError
from datamodules.corpora.files import find_files, language_of, legible, names_of, read_spoken_text, read_text, sex_of


@pytest.mark.parametrize(
    ("content", "language", "text"),
    [
        ("naïve café".encode(), None, "naïve café"),
        ("\ufeff你好".encode(), None, "你好"),
        ("hello 你好".encode("utf-16"), None, "hello 你好"),
        ("你好，世界".encode("gb18030"), None, "你好，世界"),
        ("朱镕基".encode("gb18030"), "zh", "朱镕基"),
        ("It’s a café".encode("cp1252"), None, "It’s a café"),
        ("naïve".encode("cp1252"), "en", "naïve"),
        ("café".encode("cp1252"), None, "café"),
    ],
)
def test_text_in_any_usual_encoding(tmp_path, content, language, text):
    (tmp_path / "x.txt").write_bytes(content)
    assert read_text(tmp_path / "x.txt", language) == text


@pytest.mark.parametrize("content", [b"\x00\x01\x02", b"RIFF\x24\x00\x00\x00WAVE", b"\xff\xfeab\x01"])
def test_what_is_no_text_is_refused(tmp_path, content):
    (tmp_path / "x.txt").write_bytes(content)
    with pytest.raises(InputError, match="x.txt is no text in UTF-8"):
        read_text(tmp_path / "x.txt")


def test_a_text_that_is_cut_off_is_told(tmp_path):
    (tmp_path / "x.txt").write_bytes("大家好".encode()[:-1])
    with pytest.raises(InputError, match="ends within a character"):
        read_text(tmp_path / "x.txt")


def test_spoken_text_is_one_line_and_never_empty(tmp_path):
    (tmp_path / "x.txt").write_text(" one\r\n two \n")
    assert read_spoken_text(tmp_path / "x.txt") == "one two"
    (tmp_path / "x.txt").write_text(" \n")
    with pytest.raises(InputError, match="is empty"):
        read_spoken_text(tmp_path / "x.txt")
    with pytest.raises(InputError, match="cannot read .*gone.txt"):
        read_spoken_text(tmp_path / "gone.txt")


def test_files_are_found_whatever_their_capitals_and_names_are_unique(tmp_path):
    for name in ("b/x.WAV", "b/x.flac", "a b.wav", "b/.x.wav", ".h/y.wav", "c.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "folder.wav").mkdir()
    found = find_files(tmp_path, {".wav", ".flac"})
    assert names_of(found, tmp_path) == ["a b", "b/x.WAV", "b/x.flac"]


def test_names_that_are_no_utf_8_become_legible(tmp_path):
    try:
        with open(os.fsencode(tmp_path) + "/语音.wav".encode("gb18030"), "wb"):
            pass
    except OSError:
        pytest.skip("this disk takes UTF-8 names only")
    (path,) = find_files(tmp_path, {".wav"})
    (name,) = names_of([path], tmp_path)
    assert name.encode("utf-8") and name.startswith("\\udc") and path.is_file()
    assert legible("plain 语音") == "plain 语音"


def test_a_folder_that_cannot_be_listed_is_named(tmp_path, monkeypatch):
    (tmp_path / "locked").mkdir()
    real = os.scandir

    def scandir(path):
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(CorpusError, match=r"cannot list .*locked \(Permission denied\)"):
        find_files(tmp_path, {".wav"})


def test_language_and_sex():
    assert [language_of(text) for text in ("hello", "OK，好", None)] == ["en", "zh", None]
    assert [sex_of(word) for word in ("Female", " M ", "女", "?", "", None)] == ["f", "m", "f", None, None, None]

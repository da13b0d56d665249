from pathlib import Path

import pytest

from anyonenet.errors import CorpusError
from datamodules.corpora.speech import read


def touch(path: Path, content: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def test_a_folder_with_texts_beside_the_recordings(tmp_path):
    for name in ("anna/a.wav", "anna/b b.FLAC", "王/c.mp3", "loose.ogg", "anna/.x.wav", "anna/notes.pdf"):
        touch(tmp_path / name)
    touch(tmp_path / "anna/a.txt", "Good morning.\n")
    touch(tmp_path / "anna/b b.lab", "good evening")
    (tmp_path / "王/c.txt").write_bytes("你好，世界".encode("gb18030"))
    found = {item.id: item for item in read(tmp_path, "mine")}
    assert {name: (item.speaker, item.language, item.text) for name, item in found.items()} == {
        "anna/a": ("anna", "en", "Good morning."),
        "anna/b b": ("anna", "en", "good evening"),
        "loose": (tmp_path.name, None, None),
        "王/c": ("王", "zh", "你好，世界"),
    }
    assert found["loose"].defect == "no text (.txt, .lab) beside the recording"
    assert found["anna/a"].corpus == "mine" and found["anna/a"].defect is None


def test_transcripts_of_a_chapter_as_librispeech_has_them(tmp_path):
    for name in ("367/130732/367-130732-0000.flac", "367/130732/367-130732-0001.flac"):
        touch(tmp_path / name)
    touch(tmp_path / "367/130732/367-130732.trans.txt", "367-130732-0000 LOBSTERS AND LOBSTERS\n")
    first, second = read(tmp_path)
    assert first.text == "Lobsters and lobsters" and first.speaker == "367"
    assert second.text is None and second.defect


def test_librispeech_and_libritts_as_they_unpack(tmp_path):
    for name in ("dev-clean/84/121123/84-121123-0000.flac", "dev-clean/1272/128104/1272_128104_000003_000000.wav"):
        touch(tmp_path / name)
    touch(tmp_path / "dev-clean/84/notes/1-2-3.flac")
    touch(tmp_path / "SPEAKERS.TXT", "; some lines\n;ID  |SEX| SUBSET\n84   | F | dev-clean | 8.02 | Christie Nowak\n")
    for root, other in ((tmp_path, "dev-clean"), (tmp_path / "dev-clean", "84")):
        assert {(item.speaker, item.sex) for item in read(root)} == {
            ("84", "f"),
            ("1272", None),
            (other, {"84": "f"}.get(other)),
        }


def test_capitals_stay_where_they_mean_something(tmp_path):
    table = touch(tmp_path / "x.csv", "audio,text\na.wav,IT IS US\nb.wav,你好\nc.wav,\n")
    assert [item.text for item in read(table)] == ["It is us", "你好", None]
    table = touch(tmp_path / "y.csv", "audio,text\na.wav,USA\nb.wav,The USA\n")
    assert [item.text for item in read(table)] == ["USA", "The USA"]


def test_a_table_with_the_columns_of_other_toolkits(tmp_path):
    table = touch(
        tmp_path / "list.csv",
        "\ufeffpath,sentence,client_id,gender,locale\n"
        'clips/1.mp3,"Hello, you.",s1,female,en-GB\n'
        "/elsewhere/2.wav,你好,s2,男,zh_CN\n"
        "\n"
        "clips/3.mp3,,s2,,\n",
    )
    first, second, third = read(table, "mine")
    assert (first.id, first.text, first.speaker, first.sex, first.language) == (
        "clips/1",
        "Hello, you.",
        "s1",
        "f",
        "en",
    )
    assert first.audio == tmp_path / "clips/1.mp3" and second.audio == Path("/elsewhere/2.wav")
    assert (second.sex, second.language) == ("m", "zh")
    assert third.text is None and third.defect == "no text in list.csv"


def test_json_lines_and_semicolons_and_a_table_in_the_folder(tmp_path):
    touch(
        tmp_path / "manifest.jsonl", '{"audio_filepath": "a.wav", "text": "one", "speaker": 7}\n\n{"audio": "b.wav"}\n'
    )
    first, second = read(tmp_path)
    assert (first.speaker, first.text, second.speaker, second.text) == ("7", "one", "unknown", None)
    table = touch(tmp_path / "x.csv", "audio;text;speaker\na.wav;one, two;s\n")
    assert read(table)[0].text == "one, two"


def test_all_problems_of_a_table_are_told_at_once(tmp_path):
    table = touch(
        tmp_path / "x.csv",
        "audio,text,speaker,language\na.wav,one,s,en\n,two,s,en\nb.wav,x\na.wav,one,s,\nc.wav,q,s,fr\n",
    )
    with pytest.raises(CorpusError) as caught:
        read(table)
    assert [line.removeprefix(f"{table} ") for line in caught.value.problems] == [
        "line 4 has 2 columns; the first line 4",
        "line 3 names no audio file",
        "line 5 has the id 'a' of line 2",
        "line 6 is of language 'fr'; known are 'en' and 'zh'",
    ]
    assert str(caught.value).startswith("4 problems: (1) ")


def test_many_problems_are_counted(tmp_path):
    table = touch(tmp_path / "x.jsonl", "not json\n" * 30 + "[1]\n")
    with pytest.raises(CorpusError) as caught:
        read(table)
    assert len(caught.value.problems) == 11 and caught.value.problems[-1].endswith("has 21 more problems like these")


def test_what_is_no_speech_is_told(tmp_path):
    with pytest.raises(CorpusError, match="no folder or table"):
        read(tmp_path / "nowhere")
    with pytest.raises(CorpusError, match="no recording"):
        read(tmp_path)
    with pytest.raises(CorpusError, match="expected audio, and text and speaker"):
        read(touch(tmp_path / "x.csv", "a,b\n1,2\n"))
    with pytest.raises(CorpusError, match="has no line"):
        read(touch(tmp_path / "y.csv", "audio,text\n"))
    with pytest.raises(CorpusError, match="is not a table of speech"):
        read(touch(tmp_path / "x.wav"))
    (tmp_path / "z.csv").write_bytes(b"\x00\x01")
    with pytest.raises(CorpusError, match="is no text in UTF-8"):
        read(tmp_path / "z.csv")

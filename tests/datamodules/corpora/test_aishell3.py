from pathlib import Path

import pytest

from anyonenet.errors import CorpusError
from datamodules.corpora import aishell3

LABELS = """\
# header of the labels
# % word, $ phrase
SSB00050001|guang3 zhou1 % nv3 sheng1 $|广州$女%生$
SSB00050002|shi4 ma5|是吗？$
SSB00050003|wanr2 yi2 huir4|玩儿%一$会儿$
"""


def make(root: Path) -> Path:
    lines = {
        "train": [
            "SSB00050001.wav\t广 guang3 州 zhou1 女 nv3 生 sheng1",
            "SSB00050002.wav\t是 shi4 吗 ma5",
            "SSB00050003.wav\t玩 wanr2 一 yi2 会儿 huir4",
        ],
        "test": ["SSB01010001.wav\t你 ni2 好 hao3", "SSB01010002.wav\t没 mei2 有 you3"],
    }
    for part, content in lines.items():
        (root / part / "wav").mkdir(parents=True)
        (root / part / "content.txt").write_text("\n".join(content) + "\n", encoding="utf-8")
    for name in ("train/wav/SSB0005/SSB0005000{}", "test/wav/SSB0101/SSB0101000{}"):
        for number in (1, 2, 3) if name.startswith("train") else (1,):
            path = root / f"{name.format(number)}.wav"
            path.parent.mkdir(exist_ok=True)
            path.touch()
    (root / "train" / "label_train-set.txt").write_text(LABELS, encoding="utf-8")
    (root / "spk-info.txt").write_text("# comment\nSSB0005\tB\tfemale\tnorth\nSSB0101\tC\tmale\tsouth\n")
    return root


def test_reads_layout(tmp_path):
    first, second, third, fourth, fifth = aishell3.read(make(tmp_path))
    assert first.pinyin == ("guang3", "zhou1", ",", "nv3", "sheng1", ".")
    assert first.text == "广州,女生."
    assert (first.speaker, first.sex, first.defect) == ("SSB0005", "f", None)
    assert second.pinyin == ("shi4", "ma5", "?")
    assert fourth.pinyin == ("ni2", "hao3", ".")  # no labels in test
    assert (fourth.id, fourth.speaker, fourth.sex) == ("SSB01010001", "SSB0101", "m")
    assert fifth.id == "SSB01010002" and not fifth.audio.exists()  # the work lists it


def test_pauses_of_r_coloured_syllables_with_and_without_their_hanzi(tmp_path):
    third = aishell3.read(make(tmp_path))[2]
    assert third.pinyin == ("wanr2", "yi2", ",", "huir4", ".")
    assert third.text == "玩一,会儿."


def test_label_that_counts_otherwise_is_left_aside(tmp_path):
    make(tmp_path)
    (tmp_path / "train" / "label_train-set.txt").write_text("SSB00050001|x|广$州女$\n", encoding="utf-8")
    assert aishell3.read(tmp_path)[0].pinyin == ("guang3", "zhou1", "nv3", "sheng1", ".")


def test_unreadable_lines_and_sound_without_line_have_no_text_but_the_reason(tmp_path):
    make(tmp_path)
    content = tmp_path / "test" / "content.txt"
    content.write_text("SSB01010001.wav\t你 ni2 好\nSSB01010002.wav\t没 mei2 有 you3\n", encoding="utf-8")
    (tmp_path / "train/wav/SSB0005/SSB00050009.wav").touch()
    found = {utterance.id: utterance for utterance in aishell3.read(tmp_path)}
    assert found["SSB01010001"].text is None and found["SSB01010001"].pinyin is None
    assert "content.txt line 1: expected a file, a tab" in found["SSB01010001"].defect
    assert found["SSB00050009"].defect == "no line in content.txt" and found["SSB00050009"].text is None


def test_lists_in_gb18030_with_windows_line_ends(tmp_path):
    make(tmp_path)
    for path in (*tmp_path.glob("*/content.txt"), tmp_path / "train" / "label_train-set.txt"):
        path.write_bytes(path.read_text(encoding="utf-8").replace("\n", "\r\n").encode("gb18030"))
    assert aishell3.read(tmp_path)[0].text == "广州,女生."


def test_all_missing_parts_are_said_at_once(tmp_path):
    with pytest.raises(CorpusError, match="no AISHELL-3 in"):
        aishell3.read(tmp_path)
    make(tmp_path)
    (tmp_path / "test/wav/SSB0101/SSB01010001.wav").unlink()
    (tmp_path / "train/content.txt").unlink()
    with pytest.raises(CorpusError) as caught:
        aishell3.read(tmp_path)
    assert [line.split(",")[0].replace(f"{tmp_path}/", "") for line in caught.value.problems] == [
        "no sound in test/wav",
        "train/content.txt is missing",
    ]


def test_a_content_without_a_readable_line_is_refused(tmp_path):
    make(tmp_path)
    (tmp_path / "test" / "content.txt").write_text("SSB01010001.wav 你好\n", encoding="utf-8")
    with pytest.raises(CorpusError, match="no line of .*content.txt can be read .*line 1: expected"):
        aishell3.read(tmp_path)

import pytest

from anyonenet.errors import CorpusError
from datamodules.corpora import aishell3


def make(root):
    lines = {
        "train": ["SSB00050001.wav\t广 guang3 州 zhou1 女 nv3 生 sheng1", "SSB00050002.wav\t是 shi4 吗 ma5"],
        "test": ["SSB01010001.wav\t你 ni2 好 hao3", "SSB01010002.wav\t没 mei2 有 you3"],
    }
    for split, content in lines.items():
        (root / split / "wav").mkdir(parents=True)
        (root / split / "content.txt").write_text("\n".join(content) + "\n", encoding="utf-8")
    for file in ("train/wav/SSB0005/SSB00050001", "train/wav/SSB0005/SSB00050002", "test/wav/SSB0101/SSB01010001"):
        path = root / f"{file}.wav"
        path.parent.mkdir(exist_ok=True)
        path.touch()
    (root / "train" / "label_train-set.txt").write_text(
        "# file|pinyin|hanzi\nSSB00050001|guang3 zhou1 nv3 sheng1|广州$女%生$\nSSB00050002|shi4 ma5|是吗？$\n",
        encoding="utf-8",
    )
    (root / "spk-info.txt").write_text("# comment\nSSB0005\tB\tfemale\tnorth\nSSB0101\tC\tmale\tsouth\n")


def test_reads_layout(tmp_path):
    make(tmp_path)
    first, second, third = aishell3.read(tmp_path)
    assert first.pinyin == ("guang3", "zhou1", ",", "nv3", "sheng1", ".")
    assert first.text == "广州,女生."
    assert (first.speaker, first.sex) == ("SSB0005", "f")
    assert second.pinyin == ("shi4", "ma5", "?")
    assert third.pinyin == ("ni2", "hao3", ".")  # no labels in test
    assert (third.id, third.speaker, third.sex) == ("SSB01010001", "SSB0101", "m")


def test_label_that_counts_otherwise_is_left_aside(tmp_path):
    make(tmp_path)
    (tmp_path / "train" / "label_train-set.txt").write_text("SSB00050001|x|广$州女$\n", encoding="utf-8")
    assert aishell3.read(tmp_path)[0].pinyin == ("guang3", "zhou1", "nv3", "sheng1", ".")


def test_unreadable_line_is_named(tmp_path):
    make(tmp_path)
    (tmp_path / "test" / "content.txt").write_text("SSB01010001.wav\t你 ni2 好\n", encoding="utf-8")
    with pytest.raises(CorpusError, match=r"content.txt line 1: expected a file, a tab"):
        aishell3.read(tmp_path)


def test_missing_parts_are_said(tmp_path):
    with pytest.raises(CorpusError, match="no AISHELL-3 in"):
        aishell3.read(tmp_path)
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "content.txt").write_text("SSB00050001.wav\t你 ni3\n", encoding="utf-8")
    with pytest.raises(CorpusError, match="no sound in"):
        aishell3.read(tmp_path)

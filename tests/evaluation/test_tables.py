from __future__ import annotations

import pytest

from evaluation.tables import Table, escaped_for_latex, write_text

TABLE = Table(
    ["method", "D-LL ↓"],
    [["BLSTM", "0.012 ± 0.001"], ["a_b|c", "0.1"]],
    title="Lips, 50 %",
    notes=["sd over seeds"],
    best=[(0, 1)],
)


def test_terminal_is_aligned_and_stars_the_best():
    assert TABLE.terminal().splitlines() == [
        "Lips, 50 %",
        "method         D-LL ↓",
        "BLSTM   0.012 ± 0.001 *",
        "a_b|c             0.1",
        "sd over seeds",
    ]


def test_chinese_takes_two_columns():
    lines = Table(["a", "b"], [["声音", "1"], ["x", "2"]]).terminal().splitlines()
    assert lines == ["a     b", "声音  1", "x     2"]


def test_markdown_keeps_bars_inside_cells():
    text = TABLE.markdown().splitlines()
    assert text[2:6] == ["| method | D-LL ↓ |", "| --- | ---: |", "| BLSTM | **0.012 ± 0.001** |", r"| a_b\|c | 0.1 |"]


def test_latex_is_escaped():
    text = TABLE.latex()
    assert r"BLSTM & \textbf{0.012 $\pm$ 0.001} \\" in text and r"a\_b|c & 0.1 \\" in text
    assert r"\caption{Lips, 50 \%}" in text and r"\begin{tabular}{lr}" in text and r"D-LL $\downarrow$" in text
    assert escaped_for_latex("\\{}") == r"\textbackslash{}\{\}"


def test_rows_of_another_width_are_refused():
    with pytest.raises(ValueError, match="1 cells for 2 columns"):
        Table(["a", "b"], [["x"]])


def test_files_are_written_whole(tmp_path):
    write_text(tmp_path / "t.md", "text")
    assert (tmp_path / "t.md").read_text() == "text\n" and len(list(tmp_path.iterdir())) == 1
    with pytest.raises(FileNotFoundError):
        write_text(tmp_path / "none" / "t.md", "text")

"""The benchmark of speed: its arithmetic, its tables, and that one part's failure leaves the others."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from anyonenet.errors import InputError
from benchmarks import bench
from benchmarks.speed import record
from benchmarks.speed.bars import BARS, judged, missed
from benchmarks.speed.document import replace
from benchmarks.speed.lines import fit
from benchmarks.speed.memory import growth
from benchmarks.speed.record import Section, Table
from benchmarks.speed.shares import shares, shares_table


def test_a_line_is_found_with_its_deviation() -> None:
    line = fit([5, 60, 600], [1 + 0.2 * 5, 1 + 0.2 * 60, 1 + 0.2 * 600])
    assert (line.fixed, line.each) == pytest.approx((1, 0.2))
    assert line.deviation == pytest.approx(0, abs=1e-9)
    assert line.at(10) == pytest.approx(3)
    # quadratic growth is no line
    assert fit([5, 60, 600], [5**2, 60**2, 600**2]).deviation > 0.3


def test_a_line_needs_two_amounts() -> None:
    with pytest.raises(ValueError, match="no line through"):
        fit([5, 5], [1, 2])


def test_tables_take_the_place_of_marked_blocks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- bench: one -->\nold\n<!-- end -->\nb\n<!-- bench: two -->\n<!-- end -->\nc\n")
    tables = [Table("one", "", ["x", "y"], [["r\\1", "2"]]), Table("absent", "", ["z"], [])]
    wanted = (
        "a\n<!-- bench: one -->\n| x | y |\n| --- | ---: |\n| r\\1 | 2 |\n<!-- end -->\n"
        "b\n<!-- bench: two -->\n<!-- end -->\nc\n"
    )
    for _ in range(2):  # doing it again changes nothing
        assert replace(page, tables) == ["one"]
        assert page.read_text() == wanted
    assert replace(page, [Table("two", "", ["q"], [])]) == ["two"]
    assert "<!-- bench: two -->\n| q |\n| --- |\n<!-- end -->\nc\n" in page.read_text()


def test_a_block_without_an_end_is_told(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- bench: one -->\nold\n")
    with pytest.raises(InputError, match="begins 1 blocks and ends 0"):
        replace(page, [])
    with pytest.raises(InputError, match="cannot be read"):
        replace(tmp_path / "none.md", [])


def test_results_come_back_from_their_file(tmp_path: Path) -> None:
    sections = {"a": Section("a", [Table("t", "T", ["x"], [["1"]])], {"f_seconds": 1.5}, ["n"], 2.0, "why")}
    record.write(tmp_path / "r.json", sections)
    assert record.read(tmp_path / "r.json") == sections
    (tmp_path / "bad.json").write_text('{"a": {"name": "a"}}')
    with pytest.raises(InputError, match="holds no results"):
        record.read(tmp_path / "bad.json")
    with pytest.raises(InputError, match="no results at"):
        record.read(tmp_path / "none.json")


def test_bars_are_judged_by_their_figures() -> None:
    figures = {BARS[0].figure: BARS[0].most, BARS[1].figure: BARS[1].most * 1.01, BARS[2].figure: float("nan")}
    rows = judged({"a": Section("a", figures=figures)}).rows
    assert [row[3] for row in rows[:4]] == ["yes", "**no**", "**no**", "-"]
    assert rows[3][2] == "not measured"
    assert missed({"a": Section("a", figures=figures)}) == [BARS[1].what, BARS[2].what]


def test_a_row_has_as_many_cells_as_the_head() -> None:
    with pytest.raises(ValueError, match="1 cells for the 2 columns"):
        Table("t", "", ["a", "b"]).add("1")


def limits_and_parts() -> dict[str, Section]:
    limits = Section(
        "limits", figures={"macs_float32_1": 100e9, "macs_float32_2": 200e9, "bytes_1": 10e9, "bytes_2": 10e9}
    )
    part = {"name": "p", "precision": "float32", "rtf": {"1": 0.5, "2": 0.25}, "macs": 10e9, "bytes": 0.5e9}
    uncounted = {**part, "name": "q", "macs": None, "bytes": None}
    return {"limits": limits, "parts": Section("parts", data={"parts": [part, uncounted]})}


def test_a_share_is_of_the_limit_on_as_many_threads() -> None:
    (one,) = shares(limits_and_parts())
    assert (one.threads, one.seconds, one.macs) == (2, 0.25, 40e9)
    assert one.limit.shares(one.work, one.seconds) == pytest.approx((0.2, 0.2))
    assert one.least_seconds == pytest.approx(0.05)
    assert shares_table(limits_and_parts()).rows[0][5:8] == ["20%", "0.5", "20%"]
    assert shares({"parts": limits_and_parts()["parts"]}) == []


def test_memory_grows_from_the_first_minute_on() -> None:
    assert growth([(1, 100), (59, 300), (61, 310), (90, 290)]) == 10
    assert growth([(1, 100)]) != growth([(1, 100)])  # nothing after the first minute: not a number


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Parts of a benchmark's own: one that works, one that fails half-way, one that hangs."""
    folder = tmp_path / "benchmarks" / "speed"
    folder.mkdir(parents=True)
    begin = "def measure(setting, section):\n    section.figures['found'] = 1.0\n"
    for name, rest in {
        "good": "",
        "bad": "    raise RuntimeError('broken')\n",
        "slow": "    while True: pass\n",
    }.items():
        (folder / f"{name}.py").write_text(begin + rest)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{Path(bench.__file__).parents[1]}")
    return tmp_path


@pytest.mark.parametrize(("name", "why"), [("good", ""), ("bad", "RuntimeError: broken")])
def test_a_part_that_fails_is_told_of_and_keeps_what_it_found(parts: Path, name: str, why: str) -> None:
    section = bench.measured(name, ["--scratch", str(parts)], parts, limit=200)
    assert (section.failed, section.figures) == (why, {"found": 1.0})


def test_a_part_that_hangs_is_ended(parts: Path) -> None:
    assert bench.measured("slow", ["--scratch", str(parts)], parts, 0.5).failed == "took more than 0 s and was ended"


def test_parts_are_chosen_by_name_in_their_order() -> None:
    assert bench.chosen(["peers,startup", "parts"]) == ["startup", "parts", "peers"]
    assert bench.chosen(None) == list(bench.LIMITS)
    assert bench.chosen(["none"]) == []
    with pytest.raises(InputError, match="no part is called sound"):
        bench.chosen(["sound"])


def test_a_long_sentence_is_not_padded_on_the_terminal() -> None:
    assert bench.aligned(Table("t", "", ["a", "b"], [["x", "1"], ["yy", "22"]])) == "a    b\nx    1\nyy  22"
    assert bench.aligned(Table("t", "", ["a", "b"], [["x", "s" * 90]])) == "x: " + "s" * 90


def test_results_alone_make_the_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sections = limits_and_parts()
    sections["parts"].figures = {"rtf_voice": 0.05}
    record.write(tmp_path / "r.json", sections)
    page = tmp_path / "page.md"
    page.write_text("<!-- bench: bars -->\n<!-- end -->\n<!-- bench: shares -->\n<!-- end -->\n")
    with pytest.raises(SystemExit) as ended:
        bench.main(["--only", "none", "--from", str(tmp_path / "r.json"), "--markdown", str(page)])
    assert ended.value.code == 0
    assert "| 0.06 | 0.05 | yes |" in page.read_text()
    assert "| p | float32 | 2 |" in page.read_text()
    assert "bars missed: 0" in capsys.readouterr().out

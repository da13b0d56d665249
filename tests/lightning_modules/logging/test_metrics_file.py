from __future__ import annotations

from pathlib import Path

import pytest

from lightning_modules.logging.metrics_file import MetricsFile, read_rows


def written(path: Path, rows: list[tuple[int, dict]], resume: int | None = None) -> list[dict[str, str]]:
    file = MetricsFile(path)
    file.resume(-1 if resume is None else resume)
    for step, values in rows:
        file.write(step, values)
    return read_rows(path)[1]


def test_a_row_a_step_and_a_column_a_value(tmp_path):
    rows = written(tmp_path / "metrics.csv", [(0, {"epoch": 0, "b": 2.5}), (9, {"epoch": 0, "a": 1.0, "b": 0.1})])
    assert rows == [
        {"step": "0", "epoch": "0", "b": "2.5", "a": ""},
        {"step": "9", "epoch": "0", "b": "0.1", "a": "1.0"},
    ]


def test_every_row_is_in_the_file_when_write_returns(tmp_path):
    file = MetricsFile(tmp_path / "metrics.csv")
    for step in range(3):
        file.write(step, {"loss": step / 3})
        assert len(read_rows(tmp_path / "metrics.csv")[1]) == step + 1
    assert (tmp_path / "metrics.csv").read_text() == "step,loss\n0,0.0\n1,0.3333333333333333\n2,0.6666666666666666\n"


def test_a_run_that_goes_on_drops_what_lies_behind_its_checkpoint(tmp_path):
    path = tmp_path / "metrics.csv"
    written(path, [(step, {"loss": float(step)}) for step in (9, 19, 29, 39)])
    rows = written(path, [(29, {"loss": 0.5})], resume=20)
    assert [(row["step"], row["loss"]) for row in rows] == [("9", "9.0"), ("19", "19.0"), ("29", "0.5")]


def test_what_is_measured_again_at_a_kept_step_takes_its_place(tmp_path):
    path = tmp_path / "metrics.csv"
    written(path, [(9, {"epoch": 0, "loss": 1.0, "valid": 3.0}), (19, {"epoch": 1, "loss": 2.0})])
    rows = written(path, [(19, {"epoch": 1, "loss": 7.0}), (19, {"epoch": 1, "valid": 8.0})], resume=19)
    assert [(row["step"], row["loss"], row["valid"]) for row in rows] == [
        ("9", "1.0", "3.0"), ("19", "7.0", ""), ("19", "", "8.0"),
    ]  # fmt: skip
    rows = written(path, [(9, {"epoch": 0, "loss": 4.0})], resume=9)
    assert [(row["loss"], row["valid"]) for row in rows] == [("", "3.0"), ("4.0", "")]


@pytest.mark.parametrize("end", ("25,3", "25", "\0\0\0\n", "25,3.0,4.0\n", "2x,3.0\n"))
def test_a_line_that_a_kill_cut_short_is_left_out(tmp_path, end):
    path = tmp_path / "metrics.csv"
    path.write_text("step,loss\n9,1.0\n19,2.0\n" + end)
    rows = written(path, [(29, {"loss": 3.0})], resume=100)
    assert [row["loss"] for row in rows] == ["1.0", "2.0", "3.0"]
    assert path.read_text() == "step,loss\n9,1.0\n19,2.0\n29,3.0\n"


def test_a_file_that_is_no_table_is_written_anew(tmp_path):
    path = tmp_path / "metrics.csv"
    path.write_text("nothing\n")
    assert written(path, [(0, {"loss": 1.0})]) == [{"step": "0", "loss": "1.0"}]
    assert not list(tmp_path.glob(".*"))

from __future__ import annotations

from pathlib import Path

import pytest

from anyonenet.errors import InputError
from sweeps.rows import find_rows, read_row

ROOT = Path(__file__).resolve().parents[2]


def row(folder: Path, text: str, name: str = "a_row") -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_rows_of_the_paper_are_there():
    rows = {found.name: found for found in find_rows([], ROOT / "configs" / "landmarks" / "ablations")}
    assert set(rows) >= {"cnn_blstm", "blstm", "tdlstm"}
    assert rows["cnn_blstm"].title == "CNN-BLSTM" and rows["cnn_blstm"].trained
    assert rows["tdlstm"].delta == {"model": {"init_args": {"decoder": "tdlstm"}}}


def test_rows_of_other_systems(tmp_path):
    found = read_row(row(tmp_path, "row: {title: MakeItTalk, predictions: 'there/seed{seed}'}"))
    assert found.title == "MakeItTalk" and not found.trained and found.has_seeds
    assert found.predictions == str(tmp_path / "there/seed{seed}")
    found = read_row(row(tmp_path, "row: {command: 'predict {clips} {out}'}"))
    assert found.command == "predict {clips} {out}" and not found.trained and not found.has_seeds
    other = row(tmp_path, "data: {}", "other")
    found = read_row(row(tmp_path, f"row: {{config: {other.name}}}\nmodel: {{init_args: {{decoder: blstm}}}}"))
    assert found.config == other and found.trained and found.delta["model"]["init_args"]["decoder"] == "blstm"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("row: {titel: x}", "'row' does not know titel"),
        ("row: words", "'row' does not know words"),
        ("row: {command: a, predictions: b}", "names command and predictions"),
        ("row: {command: a}\nmodel: {}", "is not trained; take model away"),
        ("row: {config: none.yaml}", "no configuration at"),
        ("- 1", "holds a list"),
        ("a: [", "cannot be read as YAML"),
    ],
)
def test_mistakes_in_rows_are_told(tmp_path, text, expected):
    with pytest.raises(InputError, match=expected) as told:
        read_row(row(tmp_path, text))
    assert "a_row.yaml" in str(told.value) and "\n" not in str(told.value)


def test_rows_are_found_by_name_or_file(tmp_path):
    path = row(tmp_path, "")
    assert find_rows(["a_row"], tmp_path) == find_rows([path], tmp_path / "elsewhere") == find_rows([], tmp_path)
    with pytest.raises(InputError, match="no row 'b_row'.*has a_row"):
        find_rows(["b_row"], tmp_path)
    with pytest.raises(InputError, match="two rows are named a_row"):
        find_rows(["a_row", path], tmp_path)
    with pytest.raises(InputError, match="no rows in"):
        find_rows([], tmp_path / "none")

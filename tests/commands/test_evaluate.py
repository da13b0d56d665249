from __future__ import annotations

import json
import shutil
import types
from pathlib import Path

import pytest

from commands.__main__ import main
from commands.evaluate import evaluation_of, own_options
from commands.stages import STAGES


@pytest.fixture
def measured(monkeypatch):
    """A stage's evaluation that notes its arguments."""
    seen: dict = {}

    def evaluate(weights: Path, root: Path, features: Path, clips: int = 3, other: Path | None = None):
        seen.update(weights=weights, root=root, features=features, clips=clips, other=other)
        return {"d_ll": 0.25, "longer_name": 12.0}

    module = types.SimpleNamespace(evaluate=evaluate)
    monkeypatch.setattr("commands.evaluate.evaluation_of", lambda stage: module)
    return seen


def test_table_json_and_card(measured, tiny_weights, tmp_path, capsys):
    shutil.copytree(tiny_weights / "landmarks", tmp_path / "w" / "landmarks")
    arguments = ["--weights", str(tmp_path / "w"), "--json", str(tmp_path / "f.json"), "--card", "--root", "here"]
    assert main(["evaluate", "landmarks", *arguments]) == 0
    assert capsys.readouterr().out == "d_ll             0.2500\nlonger_name     12.0000\n"
    assert json.loads((tmp_path / "f.json").read_text()) == {"d_ll": 0.25, "longer_name": 12.0}
    assert "| d_ll | 0.25 |" in (tmp_path / "w" / "landmarks" / "README.md").read_text()
    assert measured["root"] == Path("here") and measured["clips"] == 3 and measured["other"] is None


def test_a_stages_own_options_are_options(measured, capsys):
    assert main(["evaluate", "landmarks", "--clips", "7", "--other", "x"]) == 0
    assert measured["clips"] == 7 and measured["other"] == Path("x")
    assert main(["evaluate", "landmarks", "--clips", "few"]) == 2


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_can_be_measured(stage):
    assert callable(evaluation_of(stage).evaluate)
    assert all(kind in (int, float, str, Path) for kind, _ in own_options(stage).values())


@pytest.mark.parametrize("stage", STAGES)
def test_missing_weights_are_one_line(stage, tmp_path, capsys):
    places = [f"--{name}={tmp_path / name}" for name in ("weights", "root", "features")]
    assert main(["evaluate", stage, *places]) == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("anyonenet: ")]
    assert len(lines) == 1

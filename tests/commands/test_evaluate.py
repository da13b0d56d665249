from __future__ import annotations

import json
import shutil
import types
from pathlib import Path

import pytest
import torch

from anyonenet.weights import load_weights
from commands.__main__ import main
from commands.evaluate import documented, evaluation_of, options, own_options
from commands.stages import STAGES
from evaluation.bootstrap import Figure
from evaluation.measurement import Measurement
from lightning_modules.landmarks import LandmarkModule


@pytest.fixture
def measured(monkeypatch):
    """A stage's evaluation that notes its arguments."""
    seen: dict = {}

    def evaluate(weights: Path, root: Path, features: Path, clips: int = 3, other: Path | None = None):
        seen.update(weights=weights, root=root, features=features, clips=clips, other=other)
        seen["loaded"] = load_weights(weights / "landmarks", "landmarks")[0]
        figures = {"d_ll": Figure(0.25, 0.2, 0.3, 7, "videos"), "longer_name": Figure(12.0)}
        return Measurement("obama (test split)", figures)

    module = types.SimpleNamespace(evaluate=evaluate)
    monkeypatch.setattr("commands.evaluate.evaluation_of", lambda stage: module)
    return seen


def test_table_json_and_card(measured, tiny_weights, tmp_path, capsys):
    shutil.copytree(tiny_weights / "landmarks", tmp_path / "w" / "landmarks")
    arguments = ["--weights", str(tmp_path / "w"), "--card", "--root", "here"]
    arguments += ["--json", str(tmp_path / "f.json"), "--markdown", str(tmp_path / "f.md")]
    arguments += ["--latex", str(tmp_path / "f.tex")]
    assert main(["evaluate", "landmarks", *arguments]) == 0
    digest = json.loads((tiny_weights / "landmarks" / "config.json").read_text())["sha256"]
    assert capsys.readouterr().out.splitlines() == [
        "landmarks: obama (test split)",
        "figure         value     95% interval      over",
        "d_ll          0.2500  0.2000 - 0.3000  7 videos",
        "longer_name  12.0000",
        f"weights: landmarks {digest[:12]}",
    ]
    told = json.loads((tmp_path / "f.json").read_text())
    assert told["figures"]["d_ll"] == {"value": 0.25, "low": 0.2, "high": 0.3, "items": 7, "of": "videos"}
    assert told["weights"] == {"landmarks": digest} and told["corpus"] == "obama (test split)"
    assert "| d_ll | 0.2500 | 0.2000 - 0.3000 | 7 videos |" in (tmp_path / "f.md").read_text()
    assert r"longer\_name & 12.0000" in (tmp_path / "f.tex").read_text()
    assert "| d_ll | 0.25 | 0.2 to 0.3" in (tmp_path / "w" / "landmarks" / "README.md").read_text()
    assert measured["root"] == Path("here") and measured["clips"] == 3 and measured["other"] is None


def test_a_checkpoint_is_measured_beside_the_other_stages(measured, tiny_weights, tmp_path, capsys):
    module = LandmarkModule(audio_width=8, landmark_hidden=8, landmark_width=8, cnn_widths=[8], lstm_width=4)
    hyper = {**module.hparams, "_class_path": "lightning_modules.landmarks.LandmarkModule"}
    (tmp_path / "run").mkdir()
    torch.save({"hyper_parameters": hyper, "state_dict": module.state_dict()}, tmp_path / "run" / "last.ckpt")
    places = ["--weights", str(tiny_weights), "--checkpoint", str(tmp_path / "run")]
    assert main(["evaluate", "landmarks", *places]) == 0
    for name, value in module.network.state_dict().items():
        torch.testing.assert_close(measured["loaded"].state_dict()[name], value)
    assert measured["weights"] != tiny_weights and not measured["weights"].exists()
    assert main(["evaluate", "landmarks", *places, "--card"]) == 2
    assert main(["evaluate", "speaker", *places]) == 2
    errors = capsys.readouterr().err.splitlines()
    assert "--card writes into exported weights" in errors[0] and "of the stage 'landmarks', not of" in errors[1]


def test_stages_have_short_names(measured, tiny_weights, capsys):
    assert main(["evaluate", "speaker", "--weights", str(tiny_weights)]) == 0
    assert capsys.readouterr().out.startswith("speaker_encoder: ")


def test_a_stages_own_options_are_options(measured, tiny_weights, capsys):
    assert main(["evaluate", "landmarks", "--weights", str(tiny_weights), "--clips", "7", "--other", "x"]) == 0
    assert measured["clips"] == 7 and measured["other"] == Path("x")
    capsys.readouterr()
    for wrong, expected in (
        (["--clips", "few"], "'few' is not a whole number"),
        (["--clips", "0"], "0 is out of range (at least 1)"),
        (["--json", "no/where/f.json"], "the folder 'no/where' does not exist; make it first"),
        (["--latex", "."], "'.' is a folder; name a file"),
    ):
        seen_before = dict(measured)
        assert main(["evaluate", "landmarks", *wrong]) == 2 and measured == seen_before  # before any work
        assert expected in capsys.readouterr().err


@pytest.mark.parametrize("stage", [*STAGES, "video"])
def test_every_stage_can_be_measured_and_its_options_are_told(stage):
    told = documented(evaluation_of(stage).evaluate)
    own = own_options(stage)
    assert all(kind in (int, float, str, Path) for kind, _ in own.values())
    assert [name for name in own if not told.get(name)] == []
    help_text = options(stage).format_help()
    assert all(f"--{name.replace('_', '-')}" in help_text for name in own)


def test_what_was_not_measured_is_said(measured, tiny_weights, tmp_path, monkeypatch, capsys):
    module = types.SimpleNamespace(
        evaluate=lambda *places: Measurement("here", {"l1": Figure(0.5)}, ("fid not measured: no file",))
    )
    monkeypatch.setattr("commands.evaluate.evaluation_of", lambda stage: module)
    told = tmp_path / "f.json"
    assert main(["evaluate", "landmarks", "--weights", str(tiny_weights), "--json", str(told)]) == 0
    assert capsys.readouterr().out.splitlines()[3] == "fid not measured: no file"
    assert json.loads(told.read_text())["notes"] == ["fid not measured: no file"]


def test_the_judge_of_the_tts_stays_beside_a_checkpoint(tiny_weights, tmp_path, monkeypatch):
    """It is trained where it is missing, and then found by the next evaluation, its card beside it."""
    asked = []

    def evaluate(weights: Path, root: Path, features: Path, judge: Path | None = None):
        asked.append(judge)
        if not judge.is_dir():
            shutil.copytree(tiny_weights / "landmarks", judge)
            (judge / "README.md").unlink(missing_ok=True)
        return Measurement("here", {"per": Figure(0.5)})

    monkeypatch.setattr("commands.evaluate.evaluation_of", lambda stage: types.SimpleNamespace(evaluate=evaluate))

    def beside(checkpoint: Path, stage: str, weights: Path, folder: Path) -> Path:
        return folder

    monkeypatch.setattr("commands.evaluate.beside_others", beside)
    weights = tmp_path / "w"
    arguments = ["evaluate", "tts", "--weights", str(weights), "--checkpoint", "run"]
    assert main(arguments) == 0 and main(arguments) == 0
    assert asked == [weights / "phoneme_recogniser"] * 2
    assert (weights / "phoneme_recogniser" / "README.md").is_file()
    assert main([*arguments, "--judge", str(tmp_path / "other")]) == 0 and asked[-1] == tmp_path / "other"


def test_a_docstrings_arguments_are_told():
    def function(one, two, three):
        """Do.

        Args:
            one: first words
                and more of them: here.
            two, three: both.

        Returns:
            four: nothing.
        """

    assert documented(function) == {"one": "first words and more of them: here", "two": "both", "three": "both"}
    assert documented(lambda: None) == {}


@pytest.mark.parametrize("stage", STAGES)
def test_missing_weights_are_one_line(stage, tmp_path, capsys):
    places = [f"--{name}={tmp_path / name}" for name in ("weights", "root", "features")]
    assert main(["evaluate", stage, *places]) == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("anyonenet: ")]
    assert len(lines) == 1

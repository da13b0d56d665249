from __future__ import annotations

import json
from pathlib import Path

import pytest

from commands.__main__ import main
from commands.weights import CORPORA, FURTHER, ORDER


@pytest.fixture
def places(tmp_path: Path) -> list[str]:
    for name in CORPORA:
        (tmp_path / "mini" / name).mkdir(parents=True)
    named = {"--root": "mini", "--features": "features", "--runs": "runs", "--out": "weights"}
    return [text for option, folder in named.items() for text in (option, str(tmp_path / folder))]


def planned(capsys, *arguments: str) -> list[list[str]]:
    assert main(["weights", "--dry", *arguments]) == 0
    return [line.split()[1:] for line in capsys.readouterr().out.splitlines()]


def finish(folder: Path, figures: dict) -> None:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"metrics": figures}))


def test_from_nothing_everything_in_order(capsys, tmp_path):
    plan = planned(capsys, "--root", str(tmp_path / "none"), "--out", str(tmp_path / "weights"))
    assert plan[0][0] == "mini"
    fits = [line for line in plan if line[0] == "fit"]
    assert [line[2] for line in fits if line[4] not in FURTHER.values()] == [
        f"configs/{stage}/mini.yaml" for stage in ORDER
    ]
    assert [line[0] for line in plan[1:4]] == ["fit", "export", "evaluate"]
    assert ORDER.index("speaker_encoder") == 0


def test_what_is_finished_is_skipped(capsys, tmp_path, places):
    finish(tmp_path / "weights" / "tts", {"failures": 0.0})
    finish(tmp_path / "weights" / "landmarks", {})
    plan = planned(capsys, *places, "--only", "tts", "--only", "landmarks", "--only", "images")
    assert [line[:2] for line in plan if line[0] != "fit"][0] == ["evaluate", "landmarks"]
    assert [line[2] for line in plan if line[0] == "fit"] == ["configs/images/mini.yaml"] * 2  # two legs


def test_a_stopped_training_goes_on(capsys, tmp_path, places):
    fit = planned(capsys, *places, "--only", "tts")[0]
    assert "--resume" in fit
    assert fit[fit.index("--trainer.default_root_dir") + 1] == str(tmp_path / "runs" / "tts")


def test_a_second_leg_starts_from_the_weights_of_the_first(capsys, tmp_path, places):
    first = tmp_path / "runs" / "tts" / "exported"
    both = planned(capsys, *places, "--only", "tts")
    assert [line[0] for line in both] == ["fit", "export", "fit", "export", "evaluate"]
    assert both[1][-1] == str(first) and both[3][-1] == str(tmp_path / "weights" / "tts")
    assert both[2][both[2].index("--initial_weights") + 1] == str(first) and FURTHER["tts"] in both[2]
    finish(first, {})
    assert planned(capsys, *places, "--only", "tts") == both[2:]
    assert "--resume" in both[2]


def test_a_step_that_fails_ends_it(tmp_path, places, monkeypatch, capsys):
    run = []

    class Failed:
        returncode = 2

    monkeypatch.setattr("subprocess.run", lambda command, **_: run.append(command) or Failed())
    assert main(["weights", *places]) == 2
    assert len(run) == 1

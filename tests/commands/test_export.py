from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import torch

from anyonenet.weights import load_weights
from commands.__main__ import main
from commands.cards import add_figures
from evaluation.bootstrap import Figure
from lightning_modules.landmarks import LandmarkModule

SMALL = {"audio_width": 8, "landmark_hidden": 8, "landmark_width": 8, "cnn_widths": [8, 8], "lstm_width": 8}


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """What LightningCLI leaves of a landmark training, as far as export reads it."""
    module = LandmarkModule(**SMALL)
    hyper = {**module.hparams, "_class_path": "lightning_modules.landmarks.LandmarkModule", "_instantiator": "x"}
    path = tmp_path / "run" / "last.ckpt"
    path.parent.mkdir()
    torch.save({"hyper_parameters": hyper, "state_dict": module.state_dict()}, path)
    return path


def export(run: Path, out: Path, *more: str) -> int:
    return main(["export", str(run), "--out", str(out), *more])


def test_checkpoint_becomes_weights_that_load(checkpoint, tmp_path, capsys):
    assert export(checkpoint, tmp_path / "w") == 0
    network, card = load_weights(tmp_path / "w", "landmarks")
    assert network.arguments["lstm_width"] == 8
    state = torch.load(checkpoint, weights_only=True)["state_dict"]
    for name, tensor in network.state_dict().items():
        assert torch.allclose(tensor.float(), state[f"network.{name}"].float(), atol=1e-3)
    assert "embedded" in card.corpus and "landmarks: " in capsys.readouterr().out


def test_full_precision_and_corpus_by_option(checkpoint, tmp_path):
    assert (
        export(checkpoint, tmp_path / "half") == export(checkpoint, tmp_path / "w", "--full", "--corpus", "GRID") == 0
    )
    sizes = [(tmp_path / name / "model.safetensors").stat().st_size for name in ("half", "w")]
    assert sizes[1] > 1.8 * sizes[0]
    assert load_weights(tmp_path / "w", "landmarks")[1].corpus == "GRID"
    assert "synthetic" not in (tmp_path / "w" / "README.md").read_text()


def test_card_says_what_it_is_and_takes_figures(checkpoint, tmp_path):
    export(checkpoint, tmp_path / "w")
    text = (tmp_path / "w" / "README.md").read_text()
    assert text.startswith("# landmarks: mel and face") and "synthetic" in text and "Not measured yet" in text
    figures = {"d_ll": Figure(0.012345678, 0.011, 0.0135, 22, "videos"), "clips": Figure(22)}
    add_figures(tmp_path / "w", figures)
    lines = (tmp_path / "w" / "README.md").read_text().splitlines()
    assert "| d_ll | 0.01235 | 0.011 to 0.0135, over 22 videos |" in lines and "| clips | 22 |  |" in lines
    assert json.loads((tmp_path / "w" / "config.json").read_text())["metrics"] == {"d_ll": 0.012346, "clips": 22.0}
    add_figures(tmp_path / "w", {"d_ll": Figure(0.5)})  # an interval of another value must not stay
    assert "| d_ll | 0.5 |  |" in (tmp_path / "w" / "README.md").read_text()
    load_weights(tmp_path / "w", "landmarks")


def test_a_runs_best_checkpoint_goes_before_its_newest(checkpoint, tmp_path, capsys):
    run = checkpoint.parent
    (run / "best.ckpt").write_bytes(checkpoint.read_bytes())
    os.utime(run / "best.ckpt", (1, 1))
    assert export(run, tmp_path / "w") == 0
    assert "best.ckpt" in capsys.readouterr().out


def test_what_is_no_checkpoint_of_ours_is_refused(checkpoint, tmp_path, capsys):
    (tmp_path / "words.ckpt").write_text("words")
    assert export(tmp_path / "words.ckpt", tmp_path / "w") == 2
    assert "not a checkpoint that can be read" in capsys.readouterr().err
    (tmp_path / "empty").mkdir()
    assert export(tmp_path / "empty", tmp_path / "w") == 2
    assert "no checkpoint in" in capsys.readouterr().err
    foreign = torch.load(checkpoint, weights_only=True)
    foreign["hyper_parameters"]["_class_path"] = "os.system"
    torch.save(foreign, tmp_path / "foreign.ckpt")
    assert export(tmp_path / "foreign.ckpt", tmp_path / "w") == 2
    assert "was made by os.system" in capsys.readouterr().err
    older = torch.load(checkpoint, weights_only=True)
    older["state_dict"].pop("network.lstm.weight_ih_l0")
    torch.save(older, tmp_path / "older.ckpt")
    assert export(tmp_path / "older.ckpt", tmp_path / "w") == 2
    assert "another version" in capsys.readouterr().err
    assert not (tmp_path / "w").exists()


@pytest.mark.parametrize("left", [0, 3, 100, 5000])
def test_a_damaged_checkpoint_is_a_mistake_wherever_it_was_cut(checkpoint, tmp_path, capsys, left):
    (tmp_path / "cut.ckpt").write_bytes(checkpoint.read_bytes()[:left])
    assert export(tmp_path / "cut.ckpt", tmp_path / "w") == 2
    assert "cut.ckpt is not a checkpoint that can be read" in capsys.readouterr().err


@pytest.mark.parametrize("content", [{"state_dict": {}}, [1, 2], 3])
def test_other_things_that_torch_saves_are_no_checkpoints(tmp_path, capsys, content):
    torch.save(content, tmp_path / "other.pt")
    assert export(tmp_path / "other.pt", tmp_path / "w") == 2
    assert "no training's checkpoint" in capsys.readouterr().err


def test_weights_are_exported_for_an_engine(tiny_weights, tmp_path, monkeypatch, capsys):
    pytest.importorskip("openvino")
    import shutil

    import numpy as np

    shutil.copytree(tiny_weights / "images", tmp_path / "images")
    seen = np.random.default_rng(0).uniform(-1, 1, (2, 9, 256, 256)).astype(np.float32)
    monkeypatch.setattr("datamodules.calibration.calibration_pictures", lambda **options: seen)
    assert main(["export", str(tmp_path / "images"), "--engine", "openvino-int8"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("openvino-int8: ") and "engines/openvino-int8 (" in said[0]
    assert said[1].startswith("distance from PyTorch in 32-bit floats: SSIM 0.9")
    record = json.loads((tmp_path / "images" / "engines" / "openvino-int8" / "record.json").read_text())
    assert record["calibration"] == "2 pictures: drawn persons and packaged photographs"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--engine", "torch"], "runs the weights as they are; nothing to export"),
        (["--engine", "tensorrt"], "unknown engine 'tensorrt'; choose one of openvino-int8, "),
        (["--engine", "onnx", "--out", "x"], "leave --out away"),
        ([], "export needs --out DIR"),
    ],
)
def test_what_cannot_be_exported_for_an_engine_is_one_line(tiny_weights, capsys, options, said):
    assert main(["export", str(tiny_weights / "images"), *options]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1

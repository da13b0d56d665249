"""`anyonenet ablate` on a store made by hand, with real trainings of a tiny network."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import yaml

from commands.__main__ import main
from sweeps.ablation import Setting, jobs_of, merged, run_settings
from sweeps.rows import find_rows
from tests.evaluation.test_landmarks import store_of

TINY = {
    "trainer": {
        "accelerator": "cpu",
        "max_epochs": 2,
        "num_sanity_val_steps": 0,
        "enable_model_summary": False,
        "callbacks": [
            {
                "class_path": "pytorch_lightning.callbacks.ModelCheckpoint",
                "init_args": {"dirpath": "nowhere", "filename": "last", "enable_version_counter": False},
            }
        ],
        "logger": {"class_path": "pytorch_lightning.loggers.CSVLogger", "init_args": {"save_dir": "nowhere"}},
    },
    "model": {
        "class_path": "lightning_modules.landmarks.LandmarkModule",
        "init_args": {
            "audio_width": 8, "landmark_hidden": 8, "landmark_width": 8, "cnn_widths": [8, 8], "lstm_width": 8,
            "decoder_hidden": 8, "smoothing_width": 5,
        },
    },
    "data": {
        "class_path": "datamodules.landmarks.LandmarkDataModule",
        "init_args": {"batch_size": 2, "shortest_seconds": 0.1},
    },
}  # fmt: skip
PREDICT = """
import sys
from pathlib import Path
import numpy as np
for path in Path(sys.argv[1]).glob("*.npz"):
    arrays = np.load(path)
    still = np.repeat(arrays["base_landmarks"][None], len(arrays["mel"]), axis=0)
    np.save(Path(sys.argv[2]) / f"{path.stem}.npy", still)
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch) -> Path:
    """A folder with a configuration, rows and a store."""
    store_of(tmp_path / "data" / "features", ["train", "train", "test", "validation", "test"])
    rows = tmp_path / "configs" / "ablations"
    rows.mkdir(parents=True)
    (tmp_path / "configs" / "tiny.yaml").write_text(yaml.safe_dump(TINY))
    for decoder in ("cnn_blstm", "blstm"):
        (rows / f"{decoder}.yaml").write_text(f"model: {{init_args: {{decoder: {decoder}}}}}\n")
    (tmp_path / "predict.py").write_text(PREDICT)
    command = f"row: {{title: Still, command: '{sys.executable} predict.py {{clips}} {{out}}'}}"
    (rows / "still.yaml").write_text(command)
    monkeypatch.chdir(tmp_path)
    return tmp_path


CALL = ("ablate", "--config", "configs/tiny.yaml", "--seeds", "0", "--parallel", "2")


def test_rows_are_trained_measured_and_not_repeated(place, capsys):
    files = ["--json", "t.json", "--markdown", "t.md", "--latex", "t.tex"]
    (place / "configs" / "ablations" / "broken.yaml").write_text("row: {command: 'sh -c \"echo no memory; false\"'}\n")
    assert main([*CALL, *files]) == 1  # one row fails, the others go on
    printed = capsys.readouterr().out
    assert "Lip landmarks on 2 unseen clips (2 cuts): obama (test split) in data/mini" in printed
    lines = {line.split()[0]: line.split() for line in printed.splitlines()}
    assert lines["BROKEN"][1] == "failed" and "BROKEN, seed 0 failed: no memory" in printed
    assert lines["CNN-BLSTM"][-1] == lines["BLSTM"][-1] == lines["Still"][-1] == "1"
    assert "0.095" in lines["CNN-BLSTM"] and "0.101" in lines["BLSTM"]
    told = json.loads((place / "t.json").read_text())
    assert told["rows"]["blstm"]["figures"]["d_ll"]["mean"] > 0 and told["epochs"] is None
    assert (place / "t.md").read_text().startswith("**Lip landmarks") and r"\toprule" in (place / "t.tex").read_text()
    run = place / "runs" / "ablation" / "blstm" / "seed-0"
    assert (run / "last.ckpt").is_file() and list(run.rglob("metrics.csv")) and not (place / "nowhere").exists()
    made = (run / "last.ckpt").stat().st_mtime_ns

    (place / "configs" / "ablations" / "broken.yaml").unlink()
    assert main([*CALL]) == 0
    assert (run / "last.ckpt").stat().st_mtime_ns == made
    assert main([*CALL, "--epochs", "3"]) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert "trainer.max_epochs = 2, wanted 3" in error and "give another --out" in error


def test_a_dry_run_says_what_would_be_done(place, capsys):
    assert main([*CALL, "--dry-run", "--epochs", "4"]) == 0
    printed = capsys.readouterr().out
    assert "BLSTM        trained, seeds 0" in printed and "4 epochs, 2 at a time, into runs/ablation" in printed
    assert not (place / "runs").exists()


def test_mistakes_are_one_line(place, capsys):
    for arguments, expected in (
        (["--rows", "lstm"], "no row 'lstm'"),
        (["--config", "none.yaml", "--rows", "configs/ablations/blstm.yaml"], "no configuration at none.yaml"),
        (["--seeds", "-1"], "out of range"),
        (["--reference", "lstm"], "--reference lstm is none of the rows blstm, cnn_blstm, still"),
    ):
        assert main([*CALL[:1], *(CALL[1:3] if "--config" not in arguments else []), *arguments]) == 2
        lines = capsys.readouterr().err.splitlines()
        assert expected in lines[-1] and len([line for line in lines if line.startswith("anyonenet: ")]) == 1


def test_runs_differ_in_seed_and_row_only(place):
    setting = Setting([Path("configs/tiny.yaml")], Path("data/mini"), Path("data/features"), Path("out"), 7)
    rows = find_rows([], Path("configs/ablations"))
    jobs = jobs_of(setting, rows, [0, 5], ["anyonenet"], "abc")
    assert [key for key in jobs if key[0] == "still"] == [("still", 0)]  # it knows no seed
    one, other = jobs["blstm", 0].options, jobs["cnn_blstm", 0].options
    assert {key for key in one if one[key] != other[key]} == {"model.init_args.decoder"}
    later = jobs["blstm", 5].options
    assert {key for key in one if one[key] != later[key]} == {"seed_everything", "data.init_args.seed"}
    assert all("--resume" in jobs[row, 0].command for row in ("blstm", "cnn_blstm"))  # a killed one goes on
    assert one["trainer.max_epochs"] == 7 and one["corpora"] == "abc" and not any("dirpath" in key for key in one)


def test_every_place_that_a_run_writes_to_is_its_own(place):
    setting = Setting([Path("configs/tiny.yaml")], Path("r"), Path("f"), Path("out"))
    own = run_settings(merged(setting.configs), setting, 3, Path("/here"))
    assert own["trainer"]["callbacks"][0]["init_args"]["dirpath"] == "/here"
    assert own["trainer"]["logger"]["init_args"]["save_dir"] == own["trainer"]["default_root_dir"] == "/here"
    assert "max_epochs" not in own["trainer"] and own["seed_everything"] == own["data"]["init_args"]["seed"] == 3

"""The landmark stage in two tasks on two nodes of a real Slurm, stopped and put back into the queue on the way."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest
import torch

from commands.__main__ import main
from datamodules.landmarks import LandmarkDataModule
from tests.datamodules.test_landmarks import write_store
from tests.slurm.conftest import ROOT, Slurm, await_that

WIDTHS = {
    "audio_width": 8, "landmark_hidden": 8, "landmark_width": 8, "cnn_widths": "[8, 8, 8, 8, 8, 8]",
    "lstm_width": 8, "decoder_hidden": 8,
}  # fmt: skip
STEPS = 15
NEVER = -1


@pytest.fixture(scope="module")
def features(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("features")
    write_store(LandmarkDataModule(features=str(folder)), "obama", [*[(26, "train")] * 12, *[(26, "validation")] * 2])
    return folder


def line(run: Path, features: Path, held: int) -> list[str]:
    """Options of `fit`: tiny networks, three steps an epoch for two processes, held before a step."""
    hold = {"class_path": "tests.slurm.holding.Hold", "init_args": {"folder": str(run), "step": held}}
    options = {
        "trainer.default_root_dir": run, "trainer.accelerator": "cpu", "trainer.devices": 1, "trainer.num_nodes": 2,
        "trainer.precision": "32-true", "trainer.max_epochs": STEPS // 3, "trainer.log_every_n_steps": 1,
        "trainer.enable_progress_bar": "false", "trainer.callbacks+": json.dumps(hold),
        "data.init_args.features": features, "data.init_args.corpora": "[obama]", "data.init_args.batch_size": 2,
        "data.init_args.shortest_seconds": 0.25, **{f"model.init_args.{name}": size for name, size in WIDTHS.items()},
    }  # fmt: skip
    configs = [part for name in ("landmarks/mini", "trainer/slurm") for part in ("--config", f"configs/{name}.yaml")]
    return [*configs, *(f"--{name}={value}" for name, value in options.items())]


def submit_file(slurm: Slurm, run: Path, features: Path, held: int) -> str:
    """The example file, with its demands lowered on the command line as its readers do."""
    sizes = ["--nodes=2", "--ntasks-per-node=1", "--cpus-per-task=1", "--gpus-per-node=1", "--time=30"]
    log = f"--output={run}/job.log"
    return slurm.submit(*sizes, log, "configs/slurm/fit.sbatch", *line(run, features, held))


def submit_by_the_verb(slurm: Slurm, run: Path, features: Path, held: int, capsys: Any) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        for name, value in slurm.environment.items():
            patch.setenv(name, value)
        assert main(["fit", *line(run, features, held), "--slurm", "--slurm-option", "timeout_min=30"]) == 0
    found = re.search(r"job (\d+) \(2 x 1 processes\)", capsys.readouterr().out)
    assert found is not None
    return found[1]


def interrupt(slurm: Slurm, run: Path, step: int, *command: str) -> None:
    """Do something to a training that waits at a step, and let it go on."""
    await_that((run / f"at{step}").exists, f"step {step} of {run}", 240)
    slurm(*command)
    (run / f"on{step}").touch()


def losses(run: Path) -> list[dict[str, str]]:
    """The rows of the run's figures, without what a clock says and what is empty."""
    rows = []
    for path in sorted(run.rglob("metrics.csv")):
        with path.open(encoding="utf-8") as file:
            rows += list(csv.DictReader(file))
    clocks = re.compile("second|time|speed|share")
    return [{name: value for name, value in row.items() if value and not clocks.search(name)} for row in rows]


def weights(run: Path) -> dict[str, torch.Tensor]:
    checkpoint = torch.load(run / "last.ckpt", weights_only=True)
    assert checkpoint["global_step"] == STEPS
    return checkpoint["state_dict"]


@pytest.mark.timeout(600)
def test_stopped_and_requeued_it_ends_as_if_it_had_been_left_alone(slurm: Slurm, features, tmp_path, capsys) -> None:
    whole, warned, preempted = runs = [tmp_path / name for name in ("whole", "warned", "preempted")]
    for run in runs:
        run.mkdir()
    jobs = [submit_file(slurm, whole, features, NEVER), submit_by_the_verb(slurm, warned, features, 4, capsys)]
    jobs.append(submit_file(slurm, preempted, features, 10))
    interrupt(slurm, warned, 4, "scancel", "--signal=USR1", jobs[1])  # what `--signal=USR1@90` sends
    interrupt(slurm, preempted, 10, "scontrol", "requeue", jobs[2])
    facts = [slurm.wait(job, seconds=240) for job in jobs]
    logs = [Path(job["StdOut"]).read_text(errors="replace") for job in facts]
    assert [job["Restarts"] for job in facts] == ["0", "1", "1"]
    assert [job["NumNodes"] + job["NumTasks"] for job in facts] == ["22", "22", "22"]
    assert [log.count("is in the queue again") for log in logs] == [0, 1, 0], logs
    assert [log.count("going on from") for log in logs] == [0, 1, 1], logs
    expected, figures = weights(whole), losses(whole)
    assert len(figures) >= STEPS
    for run in (warned, preempted):
        assert losses(run) == figures
        assert all(torch.equal(value, expected[name]) for name, value in weights(run).items())

"""What is handed to Slurm, with programs in its place; `tests/slurm` runs a real one."""

from __future__ import annotations

import importlib.util
import os
import re
from pathlib import Path

import pytest

from commands import slurm
from commands.__main__ import main

CONFIG = ["--config", "configs/landmarks/mini.yaml"]
needs_submitit = pytest.mark.skipif(importlib.util.find_spec("submitit") is None, reason="submitit is an extra")


@pytest.fixture
def queue(tmp_path: Path, monkeypatch) -> Path:
    """A folder with an `sbatch` that takes every job as number 4711 and keeps its file as `job.sh`, and an `srun`."""
    for name, line in (("sbatch", f'cp "$1" {tmp_path}/job.sh; echo Submitted batch job 4711'), ("srun", "")):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\n{line}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    return tmp_path


def flags(folder: Path) -> set[str]:
    lines = (folder / "job.sh").read_text(encoding="utf-8").splitlines()
    return {line.removeprefix("#SBATCH ") for line in lines if line.startswith("#SBATCH ")}


@needs_submitit
def test_a_training_asks_for_what_its_configuration_needs(queue, capsys) -> None:
    line = ["fit", *CONFIG, "--trainer.default_root_dir", str(queue / "run"), "--data.init_args.workers", "3"]
    line += ["--trainer.accelerator", "gpu", "--trainer.devices", "4", "--trainer.num_nodes", "2"]
    assert main([*line, "--slurm", "--slurm-option", "slurm_partition=night", "--slurm-option=timeout_min=90"]) == 0
    asked = {"--nodes=2", "--ntasks-per-node=4", "--gpus-per-node=4", "--cpus-per-task=4", "--time=90"}
    asked |= {"--partition=night", "--signal=USR1@90", "--requeue", "--open-mode=append"}
    assert asked <= flags(queue), flags(queue)
    assert re.search(r"^srun .* --cpus-per-task=4 ", (queue / "job.sh").read_text(), re.MULTILINE)
    told = capsys.readouterr().out
    assert "job 4711 (2 x 4 processes)" in told and f"tail -F {queue}/run/slurm/4711_0_log.out" in told


@needs_submitit
def test_the_job_runs_the_same_line_and_its_task_ends_with_its_exit_code(queue, monkeypatch) -> None:
    from submitit.core.utils import DelayedSubmission

    line = ["fit", *CONFIG, "--trainer.default_root_dir", str(queue / "run"), "--trainer.max_steps", "5"]
    assert main([*line[:3], "--slurm", *line[3:]]) == 0
    job = DelayedSubmission.load(queue / "run/slurm/4711_submitted.pkl").function
    ran: list[list[str]] = []
    monkeypatch.setattr("commands.__main__.main", lambda arguments: ran.append(arguments) or 3)
    with pytest.raises(SystemExit) as leaving:
        job()
    assert ran == [line] and leaving.value.code == 3
    assert not hasattr(job, "checkpoint")  # submitit would requeue a job that has one
    monkeypatch.setenv("SLURM_RESTART_COUNT", "1")
    with pytest.raises(SystemExit):
        job()
    assert ran[1] == [*line, "--resume"]


@needs_submitit
def test_the_time_of_the_warning_is_the_callers(queue) -> None:
    line = ["fit", *CONFIG, "--trainer.default_root_dir", str(queue / "run"), "--slurm"]
    assert main([*line, "--slurm-option", "slurm_signal_delay_s=300"]) == 0
    assert "--signal=USR1@300" in flags(queue) and "--gpus-per-node=1" not in flags(queue)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--slurm-option", "timeout_min=5"], "--slurm-option goes with --slurm"),
        (["--slurm", "--slurm-option", "fast"], "--slurm-option: 'fast' is not KEY=VALUE"),
        (["--slurm", "--slurm-option"], "--slurm-option: '' is not KEY=VALUE"),
        (["--slurm", "--trainer.accelerator", "gpu"], "--trainer.devices 4, not auto"),
        (["--slurm", "--trainer.accelerator", "auto"], "--trainer.accelerator gpu or cpu, not auto"),
        (["--slurm", "--model.init_args.no_such_width", "3"], "'no_such_width' is not accepted"),
        (["--slurm", "--config", "nowhere.yaml"], "no configuration at nowhere.yaml"),
    ],
)
def test_mistakes_are_told_before_anything_is_submitted(queue, options, expected, capsys) -> None:
    assert main(["fit", *CONFIG, "--trainer.default_root_dir", str(queue / "run"), *options]) == 2
    told = [line for line in capsys.readouterr().err.splitlines() if line.startswith("anyonenet: ")]
    assert len(told) == 1 and expected in told[0]
    assert not (queue / "job.sh").exists()


@needs_submitit
@pytest.mark.parametrize(
    "option", ("nonsense=5", "slurm_nonsense=5", "timeout_min=soon", "slurm_additional_parameters=x")
)
def test_a_parameter_that_submitit_does_not_know_is_one_line(queue, option, capsys) -> None:
    line = ["fit", *CONFIG, "--trainer.default_root_dir", str(queue / "run"), "--slurm"]
    assert main([*line, "--slurm-option", option]) == 2
    told = [line for line in capsys.readouterr().err.splitlines() if line.startswith("anyonenet: ")]
    assert len(told) == 1 and option.partition("=")[0] in told[0]


@needs_submitit
def test_without_slurm_it_says_so(queue, monkeypatch, capsys) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert main(["fit", *CONFIG, "--trainer.default_root_dir", str(queue / "run"), "--slurm"]) == 2
    assert 'Could not detect "srun"' in capsys.readouterr().err


def test_devices_are_counted_as_lightning_counts_them() -> None:
    trainer = {"accelerator": "gpu", "num_nodes": 3}
    for devices, count in ((2, 2), ("2", 2), ([0, 3], 2)):
        needs = slurm.resources({**trainer, "devices": devices}, workers=1)
        assert needs == {"nodes": 3, "tasks_per_node": count, "gpus_per_node": count, "cpus_per_task": 2}
    for devices in ("auto", -1, "-1", 0, []):
        with pytest.raises(slurm.Mistake, match="processes a node"):
            slurm.resources({**trainer, "devices": devices})

from __future__ import annotations

import os
import signal
from pathlib import Path
from types import SimpleNamespace

import pytest

from lightning_modules import slurm
from lightning_modules.survival.stop import Stop

TASK = {"SLURM_JOB_ID": "12", "SLURM_PROCID": "0", "SLURM_JOB_NAME": "anyonenet"}
ARRAY = {**TASK, "SLURM_ARRAY_JOB_ID": "10", "SLURM_ARRAY_TASK_ID": "2"}


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        (TASK, "12"),
        (ARRAY, "10_2"),
        ({}, None),
        ({"SLURM_JOB_ID": "12"}, None),  # in the shell of `salloc`
        ({**TASK, "SLURM_JOB_NAME": "interactive"}, None),
        ({**TASK, "SLURM_JOB_NAME": "bash"}, None),
    ],
)
def test_the_job_is_the_one_that_this_process_is_a_task_of(variables, expected, monkeypatch) -> None:
    for name in [name for name in os.environ if name.startswith("SLURM_")]:
        monkeypatch.delenv(name)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert slurm.job_number() == expected


@pytest.fixture
def scontrol(tmp_path: Path, monkeypatch):
    """Puts an `scontrol` in place that writes down its arguments and does what it is told."""

    def put(does: str) -> Path:
        program = tmp_path / "scontrol"
        program.write_text(f'#!/bin/sh\necho "$*" >> {tmp_path}/asked\n{does}\n')
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
        return tmp_path / "asked"

    return put


def test_a_job_is_requeued_once(scontrol) -> None:
    asked = scontrol("exit 0")
    assert slurm.requeue("12") == ""
    assert asked.read_text().splitlines() == ["requeue 12"]


def test_a_controller_that_is_busy_is_asked_again(scontrol, tmp_path) -> None:
    asked = scontrol(f"test $(wc -l < {tmp_path}/asked) -eq 2")
    assert slurm.requeue("12") == ""
    assert len(asked.read_text().splitlines()) == 2


def test_why_a_job_is_not_requeued_is_said(scontrol, monkeypatch) -> None:
    asked = scontrol("echo Requested operation is presently disabled >&2; exit 1")
    assert slurm.requeue("12") == "Requested operation is presently disabled"
    assert len(asked.read_text().splitlines()) == slurm.ATTEMPTS
    scontrol("exec sleep 5")
    assert "did not answer" in slurm.requeue("12", patience_seconds=0.1)
    monkeypatch.setenv("PATH", "/nowhere")
    assert "not installed" in slurm.requeue("12")


@pytest.mark.parametrize(
    ("variables", "number", "steps", "asked", "said"),
    [
        (TASK, signal.SIGUSR1, 3, ["requeue 12"], "job 12 is in the queue again"),
        (ARRAY, signal.SIGUSR1, 3, ["requeue 10_2"], "job 10_2 is in the queue again"),
        (TASK, signal.SIGTERM, 3, [], ""),  # Slurm requeues it by itself, or it was cancelled
        ({**TASK, "SLURM_PROCID": "1"}, signal.SIGUSR1, 3, [], ""),  # the first task does
        (TASK, signal.SIGUSR1, 0, [], "job 12 is not requeued: it got no step further"),
        ({}, signal.SIGUSR1, 3, [], ""),
    ],
)
def test_one_task_requeues_at_the_warning(variables, number, steps, asked, said, scontrol, monkeypatch, capsys) -> None:
    for name in [name for name in os.environ if name.startswith("SLURM_")]:
        monkeypatch.delenv(name)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    calls = scontrol("exit 0")
    warned = slurm.RequeueAtWarning()
    warned.on_train_start(SimpleNamespace(global_step=40), None)
    for step in range(steps):
        warned.on_train_batch_end(SimpleNamespace(global_step=41 + step), None)
    warned.at_stop(Stop(number, Path("steps/43.ckpt")))
    assert (calls.read_text().splitlines() if calls.exists() else []) == asked
    told = capsys.readouterr().err
    assert said in told and bool(said) == bool(told)


def test_a_job_that_was_warned_before_it_trained_is_not_requeued(scontrol, monkeypatch, capsys) -> None:
    for name, value in TASK.items():
        monkeypatch.setenv(name, value)
    calls = scontrol("exit 0")
    slurm.RequeueAtWarning().at_stop(Stop(signal.SIGUSR1, None))
    assert not calls.exists() and "give it more time" in capsys.readouterr().err

"""The project's files under W&B's own agent, unchanged; only its server is played, and `python` only writes down how it
was called."""

from __future__ import annotations

import json
import multiprocessing
import os
from pathlib import Path

import pytest
import yaml

from sweeps.definition import read_sweep

wandb_agent = pytest.importorskip("wandb.wandb_agent")

ROOT = Path(__file__).resolve().parent.parent.parent
FILES = sorted((ROOT / "sweeps").glob("*.yaml"))
PYTHON = """#!/bin/sh
printf '%s\\n' "$WANDB_RUN_ID" "$@" > "$CALLED"
"""


@pytest.fixture
def agent_runs(tmp_path, monkeypatch):
    """Let the agent run one trial of a sweep file; the words with which `python` was called, the run's name first."""
    import wandb
    from wandb.apis.public import sweeps as server

    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text(PYTHON)
    python.chmod(0o755)
    monkeypatch.setenv("PATH", f"{python.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("CALLED", str(tmp_path / "called"))
    monkeypatch.setenv("WANDB_DIR", str(tmp_path))
    for name in ("WANDB_RUN_ID", "WANDB_SWEEP_PARAM_PATH"):  # the agent sets them for good
        monkeypatch.setenv(name, "")
    monkeypatch.setattr(wandb, "Api", lambda: None)
    monkeypatch.setattr(wandb, "teardown", lambda code=None: None)
    monkeypatch.setattr(wandb_agent.Agent, "POLL_INTERVAL", 0.05)
    monkeypatch.setattr(server, "_register_agent", lambda api, host, sweep_id: {"id": "agent"})

    def run(path: Path, values: dict) -> list[str]:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        stored = json.loads(json.dumps(content))  # as the server has it
        trial = {
            "type": "run",
            "run_id": "run7",
            "program": stored["program"],
            "args": {name: {"value": value} for name, value in json.loads(json.dumps(values)).items()},
        }
        orders = [[trial], [{"type": "exit"}]]
        monkeypatch.setattr(server, "_sweep_with_runs", lambda *_: {"config": yaml.safe_dump(stored)})
        monkeypatch.setattr(server, "_agent_heartbeat", lambda *_: orders.pop(0) if orders else [])
        agent = wandb_agent.Agent(None, multiprocessing.Queue(), sweep_id="sweep", count=1)
        agent.run()
        return (tmp_path / "called").read_text().splitlines()

    return run


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_agent_starts_what_the_file_says(path, agent_runs, monkeypatch):
    from commands.training import read_configuration

    sweep = read_sweep(path)
    values = {one.name: one.value(None if one.constant else one.at(0.3)) for one in sweep.parameters}
    run, *words = agent_runs(path, values)
    assert run == "run7" and words[:3] == ["-m", "commands", "fit"]
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("WANDB_RUN_ID", run)
    config = read_configuration("fit", words[3:])
    assert config.trainer.default_root_dir == f"runs/sweeps/{path.stem}/run7"  # every run has its own
    for name, value in values.items():
        got = config
        for part in name.split("."):
            got = got[part]
        assert json.loads(json.dumps(got)) == json.loads(json.dumps(value)), name


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_client_reads_the_file_without_a_complaint(path, capsys):
    from wandb.apis.public.sweeps import _validate_config_and_fill_distribution
    from wandb.sdk.launch.sweeps.utils import load_sweep_config

    content = load_sweep_config(str(path))
    filled = _validate_config_and_fill_distribution(content)["parameters"]
    kinds = {one.name: one.distribution for one in read_sweep(path).parameters}
    assert all(about.get("distribution", kinds[name]) == kinds[name] for name, about in filled.items())
    assert capsys.readouterr().err == ""


def test_a_training_of_the_agent_logs_to_its_project(tmp_path, monkeypatch):
    from lightning_modules.logging.attach import Wishes, of_a_fit

    def project() -> str | None:
        return of_a_fit({"default_root_dir": str(tmp_path)}, {}, [], Wishes())["callbacks"][0]._project

    monkeypatch.delenv("WANDB_SWEEP_ID", raising=False)
    assert project() is None
    monkeypatch.setenv("WANDB_SWEEP_ID", "sweep")
    monkeypatch.setenv("WANDB_PROJECT", "faces")
    assert project() == "faces"

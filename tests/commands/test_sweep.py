"""`anyonenet sweep`: what it says, refuses and leaves behind; the trials are a few words of shell."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from commands.__main__ import main

ROOT = Path(__file__).resolve().parent.parent.parent
SCRIPT = (
    'x=${1#--x=}; if [ "$x" = 3 ]; then echo no memory >&2; exit 1; fi; '
    r'printf "step,validation/loss\n0,9\n1,$x.5\n" > "$ANYONENET_TRIAL/metrics.csv"'
)
SWEEP = {
    "program": "sh",
    "method": "grid",
    "metric": {"name": "validation/loss", "goal": "minimize"},
    "parameters": {"x": {"values": [1, 2, 3, 4]}, "note": {"value": "<b>"}},
    "command": ["${program}", "-c", SCRIPT, "trial", "${args}"],
}


@pytest.fixture
def place(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("some.yaml").write_text(yaml.safe_dump(SWEEP, sort_keys=False))
    return tmp_path


def test_a_sweep_ends_in_its_table_and_report(place, capsys, monkeypatch):
    from sweeps.launchers import LocalLauncher

    monkeypatch.setattr("commands.sweep._launcher", lambda values: LocalLauncher({"PYTHONPATH": str(ROOT)}))
    assert main(["sweep", "some.yaml", "--parallel", "2"]) == 0
    told = capsys.readouterr()
    lines = told.out.splitlines()
    assert lines[0] == "Sweep some: lowest validation/loss wanted"
    assert [line.split()[:3] for line in lines[2:6]] == [
        ["0", "finished", "1.5"],
        ["1", "finished", "2.5"],
        ["3", "finished", "4.5"],
        ["2", "failed", "–"],
    ]
    assert "trial 2 failed: no memory (runs/sweeps/some/trials/0002/log.txt)" in told.out
    assert "trial 2: failed" in told.err
    report = place / "runs/sweeps/some/report"
    assert {path.name for path in report.iterdir()} >= {"report.html", "history.png", "curves.png", "parameters.png"}
    rows = list(csv.DictReader((report / "trials.csv").open()))
    assert [(row["x"], row["state"], row["best"]) for row in rows[:3]] == [
        ("1", "finished", "1.5"),
        ("2", "finished", "2.5"),
        ("3", "failed", ""),
    ]
    assert "| 0 | finished | **1.5** |" in (report / "trials.md").read_text()
    page = (report / "report.html").read_text()
    facts = json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1])
    assert facts["best"] == 0 and len(facts["trials"]) == 4 and facts["counts"] == "3 finished, 1 failed"
    assert not re.search(r"(src|href)=|https?://(?!www\.w3\.org/2000/svg)|@import|url\(", page)  # no network
    (report / "report.html").unlink()
    assert main(["sweep", "some.yaml", "--report"]) == 0 and (report / "report.html").is_file()
    assert capsys.readouterr().out == told.out


def test_a_dry_run_shows_what_would_be_drawn_and_leaves_nothing(place, capsys):
    assert main(["sweep", "some.yaml", "--dry-run", "--trials", "99", "--", "--more", "1"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("4 trials by grid search for the lowest validation/loss, into runs/sweeps/some\n")
    assert "trial --x=2 --note=<b> --more 1" in told
    assert [path.name for path in place.iterdir()] == ["some.yaml"]


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["nothing.yaml"], "no sweep file at nothing.yaml; the project's are in sweeps/: face_margin, images"),
        (["some.yaml", "--backend", "optima"], "invalid choice: 'optima'"),
        (["some.yaml", "--trails", "3"], "did you mean '--trials'?"),
        (["some.yaml", "--slurm-option", "time=5"], "--slurm-option goes with --launcher slurm"),
        (["some.yaml", "--root", "data"], "go with sweeps of `anyonenet fit`"),
        (["some.yaml", "--config", "no.yaml"], "no configuration at no.yaml"),
        (["some.yaml", "--report"], "no trials in runs/sweeps/some"),
        (["some.yaml", "--", "--x=3"], "x is searched by the sweep; leave it out behind --"),
    ],
)
def test_mistakes_are_told_in_one_line(place, capsys, arguments, said):
    assert main(["sweep", *arguments]) == 2
    told = capsys.readouterr().err
    assert said in told and told.count("\n") == 1


def test_without_slurm_it_says_so(place, capsys, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    assert main(["sweep", "some.yaml", "--launcher", "slurm"]) == 2
    assert "--launcher slurm needs Slurm's programs; sbatch, squeue, scancel not found" in capsys.readouterr().err


def test_without_optuna_it_says_how_to_get_it(place, capsys, monkeypatch):
    monkeypatch.setattr("commands.sweep._has_optuna", lambda: False)
    assert main(["sweep", "some.yaml"]) == 2
    assert "--backend optuna needs Optuna: pip install 'anyonenet[sweep]'" in capsys.readouterr().err


def test_another_package_of_the_name_is_told(place):
    (place / "sweeps").mkdir()
    (place / "sweeps/__init__.py").touch()
    script = f"import sys; sys.path[:0] = [{str(place)!r}, {str(ROOT)!r}]; from commands.__main__ import main; "
    words = [sys.executable, "-c", script + "sys.exit(main(['sweep', 'some.yaml']))"]
    done = subprocess.run(words, capture_output=True, text=True, cwd=place)
    assert done.returncode == 2 and "another package 'sweeps', W&B's, hides this project's" in done.stderr


def test_wandb_wants_somebody_logged_in(place, capsys, monkeypatch):
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.setenv("NETRC", str(place / "none"))
    assert main(["sweep", "some.yaml", "--backend", "wandb"]) == 2
    assert "nobody is logged in: `wandb login`" in capsys.readouterr().err


def test_a_random_sweep_wants_a_number_of_trials(place, capsys):
    Path("some.yaml").write_text(yaml.safe_dump({**SWEEP, "method": "random"}))
    assert main(["sweep", "some.yaml"]) == 2
    assert "--trials missing: neither run_cap nor a grid" in capsys.readouterr().err


def test_help_needs_neither_numpy_nor_optuna():
    script = "import sys, commands.sweep; commands.sweep.options(); print({'numpy', 'optuna'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize("path", sorted((ROOT / "sweeps").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_projects_sweeps_fit_the_configurations(path, monkeypatch):
    """What the search draws at the end of every range is understood by `fit`; tests/sweeps has W&B's agent."""
    from commands.training import read_configuration
    from sweeps.command import command_line
    from sweeps.definition import read_sweep

    monkeypatch.chdir(ROOT)
    sweep = read_sweep(path)
    values = {one.name: one.value(None if one.constant else one.at(0.999999)) for one in sweep.parameters}
    words = command_line(sweep.content["command"], sweep.content["program"], "python", values)
    assert words[:4] == ["/usr/bin/env", "python", "-m", "commands"]
    config = read_configuration("fit", words[5:])
    for name, value in values.items():
        got = config
        for part in name.split("."):
            got = got[part]
        assert plain(got) == plain(value), name


def plain(value):
    if isinstance(value, dict):
        return {str(key): plain(inside) for key, inside in value.items()}
    return [plain(inside) for inside in value] if isinstance(value, (list, tuple)) else value

"""Sweep files: those of the project, what is refused, and the command line as W&B's own client makes it."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import yaml

from anyonenet.errors import InputError
from sweeps.bands import read_bands
from sweeps.command import command_line, with_configs
from sweeps.definition import read_sweep

ROOT = Path(__file__).resolve().parent.parent.parent
FILES = sorted((ROOT / "sweeps").glob("*.yaml"))
PLAIN = {
    "program": "train.py",
    "method": "random",
    "metric": {"name": "loss"},
    "parameters": {"lr": {"min": 0.0, "max": 1.0}},
}


def written(folder: Path, **changes) -> Path:
    path = folder / "some.yaml"
    path.write_text(yaml.safe_dump({key: value for key, value in {**PLAIN, **changes}.items() if value is not None}))
    return path


def test_there_is_one_file_a_question():
    assert {path.stem for path in FILES} == {"tts", "speaker_margin", "face_margin", "landmarks", "images"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_projects_files_are_understood(path):
    sweep = read_sweep(path)
    assert sweep.searched and sweep.trials and sweep.metric.startswith("validation/")


def test_a_file_says_what_is_searched(tmp_path):
    sweep = read_sweep(written(tmp_path, run_cap=7, metric={"name": "loss", "goal": "maximize", "target": 0.5}))
    assert (sweep.name, sweep.method, sweep.metric, sweep.minimise) == ("some", "random", "loss", False)
    assert sweep.trials == 7 and sweep.target == 0.5 and sweep.bands is None
    assert sweep.better(2, 1)


def test_a_grid_knows_its_size(tmp_path):
    parameters = {"a": {"values": [1, 2, 3]}, "b": {"min": 1, "max": 2}}
    assert read_sweep(written(tmp_path, method="grid", parameters=parameters)).trials == 6
    assert read_sweep(written(tmp_path, method="grid", parameters=parameters, run_cap=4)).trials == 4
    assert read_sweep(written(tmp_path)).trials is None


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"method": "tpe"}, "some.yaml: method is 'tpe'; expected grid, random, bayes"),
        ({"metric": None}, "metric: name is missing"),
        ({"metric": {"name": "loss", "goal": "down"}}, r"expected name, goal \(minimize or maximize\)"),
        ({"parameters": None}, "parameters: expected at least one"),
        ({"program": None}, "program is missing"),
        ({"speed": 3}, "a sweep does not know speed; it has name"),
        ({"run_cap": 0}, "run_cap is 0; expected a whole number above 0"),
        ({"method": "grid"}, "a grid needs values"),
        ({"early_terminate": {"type": "median"}}, "expected type: hyperband"),
        ({"early_terminate": {"type": "hyperband"}}, "needs min_iter, or max_iter and s"),
        ({"early_terminate": {"type": "hyperband", "min_iter": 3, "eta": 1}}, "eta must be above 1"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, changes, said):
    with pytest.raises(InputError, match=said):
        read_sweep(written(tmp_path, **changes))


def test_a_missing_file_names_those_there_are(tmp_path):
    with pytest.raises(
        InputError, match="no sweep file at .*nothing.yaml; the project's are in sweeps/: face_margin, images"
    ):
        read_sweep(tmp_path / "nothing.yaml")


def test_bands_are_those_of_wandbs_examples():
    assert read_bands({"type": "hyperband", "min_iter": 3}).levels[:4] == (3, 9, 27, 81)
    assert read_bands({"type": "hyperband", "max_iter": 27, "s": 2}).levels == (3, 9)
    assert read_bands(None) is None


def test_the_worse_ones_of_a_band_are_stopped():
    bands = read_bands({"type": "hyperband", "min_iter": 2, "eta": 2})
    good, middle, bad = [9.0, 1.0], [9.0, 2.0], [0.0, 3.0, 0.0]
    every = [good, middle, bad, [1.0]]
    assert bands.stopped_at(bad, every, minimise=True) == 2
    assert bands.stopped_at(good, every, minimise=True) is None
    assert bands.stopped_at(good, every, minimise=False) == 2
    assert bands.stopped_at([1.0], every, minimise=True) is None  # has not got there
    assert bands.stopped_at(bad, [bad], minimise=True) is None  # nobody to be worse than
    thrice = read_bands({"type": "hyperband", "min_iter": 2, "eta": 3})
    assert thrice.stopped_at(bad, [good, bad], minimise=True) is None  # one of three cannot be told from two
    assert thrice.stopped_at(middle, every, minimise=True) == 2


MACROS = ["${env}", "${interpreter}", "-m", "${program}", "fit", "--at=${envvar:PLACE}/x", "${args}"]
VALUES = {
    "model.init_args.decoder": "blstm",
    "rate": 1e-05,
    "widths": [24, 32],
    "flag": True,
    "off": False,
    "none": None,
}


@pytest.mark.parametrize(
    "macro",
    ["args", "args_no_equals", "args_no_hyphens", "args_no_boolean_flags", "args_json", "args_append_hydra"]
    + ["args_override_hydra"],
)
def test_a_command_line_is_the_one_of_wandbs_client(macro, monkeypatch):
    """The client's own functions, put together as its agent does."""
    from wandb.sdk.launch.sweeps.utils import create_sweep_command, create_sweep_command_args

    monkeypatch.setenv("PLACE", "/here")
    template = [*MACROS[:-1], f"${{{macro}}}"]
    variables = create_sweep_command_args({"args": {name: {"value": value} for name, value in VALUES.items()}})
    variables |= {"env": ["/usr/bin/env"], "interpreter": ["python"], "program": ["commands"]}
    expected = []
    for word in create_sweep_command(copy.copy(template)):
        is_macro = word.startswith("${") and word.endswith("}")
        expected += (variables.get(word[2:-1]) or []) if is_macro else [word]
    assert command_line(template, "commands", "python", VALUES) == expected
    assert "--at=/here/x" in expected


def test_without_a_command_it_is_wandbs_own():
    line = command_line([], "train.py", "python", {"lr": 0.1})
    assert line == ["/usr/bin/env", "python", "train.py", "--lr=0.1"]


def test_other_configurations_take_the_place_of_the_files():
    template = ["python", "fit", "--config", "a.yaml", "--config=b.yaml", "--x=1", "${args}"]
    line = with_configs(template, [Path("c.yaml"), Path("d.yaml")])
    assert line == ["python", "fit", "--config", "c.yaml", "--config", "d.yaml", "--x=1", "${args}"]

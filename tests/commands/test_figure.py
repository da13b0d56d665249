from __future__ import annotations

from pathlib import Path

import pytest

from commands.__main__ import main
from commands.figure import KINDS, options, run_names


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_help_with_an_example(kind, capsys):
    with pytest.raises(SystemExit):
        options(kind).parse_args([kind, "--help"])
    assert f"anyonenet figure {kind}" in capsys.readouterr().out


def test_curves_are_drawn(tmp_path, capsys):
    (tmp_path / "metrics.csv").write_text("step,train/loss\n0,3.0\n1,2.0\n")
    assert main(["figure", "curves", str(tmp_path), "--out", str(tmp_path / "c.png")]) == 0
    assert capsys.readouterr().out.splitlines() == ["loss", str(tmp_path / "c.png"), str(tmp_path / "c.pdf")]


def test_curves_of_several_runs_become_a_page(tmp_path, capsys):
    for name, value in (("one", 3.0), ("two", 4.0)):
        (tmp_path / name / "earlier/1").mkdir(parents=True)
        (tmp_path / name / "metrics.csv").write_text(f"step,train/loss,train/rate\n0,{value},\n9,,0.5\n")
        (tmp_path / name / "earlier/1/metrics.csv").write_text("step,train/loss\n5,99.0\n")
    runs, page = [str(tmp_path / name) for name in ("one", "two")], tmp_path / "c.html"
    assert main(["figure", "curves", *runs, "--out", str(page), "--only", "loss"]) == 0
    assert capsys.readouterr().out.splitlines() == ["loss", str(page)]
    text = page.read_text()
    assert '{"name":"two","quantities":{"loss":{"train":[[0],[4.0]]}}}' in text and '"rate"' not in text
    assert main(["figure", "curves", *runs, "--out", str(page), "--only", "lost"]) == 2
    assert "the logs have no lost; they have loss, rate" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["pie"], "choose from"),
        (["curves", "here"], "--out"),
        (["frames", "a.mp4", "b.mp4", "--names", "one", "--out", "x.png"], "--names has 1 for 2 videos"),
        (["frames", "no.mp4", "--out", "x.png"], "no video at no.mp4"),
        (["voices", "--text", "a", "--out", "x.png"], "--image"),
        (["attention", "--text", "a", "--weights", "none", "--out", "x.png"], "no weights in none"),
        (["translation", "--choose", "nicest", "--out", "x.png"], "choose from"),
        (["renderers", "--out", "x.png"], "give --clips DIR or --pictures DIR"),
    ],
)
def test_mistakes_are_one_line(arguments, expected, capsys):
    assert main(["figure", *arguments]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 and expected in lines[0]


def test_runs_are_named_by_what_tells_them_apart():
    runs = [Path("runs/ablation/blstm/seed-0"), Path("runs/ablation/tdlstm/seed-0")]
    assert run_names(runs) == ["blstm", "tdlstm"]
    assert run_names([Path("runs/a"), Path("runs/a/b")]) == ["a", "a/b"]
    assert run_names([Path("runs/landmarks")]) == ["landmarks"]

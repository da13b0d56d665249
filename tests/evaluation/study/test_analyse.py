"""From files of answers to what goes into a paper."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from anyonenet.errors import InputError
from evaluation.study.analyse import analyse, analyse_counts
from evaluation.study.wording import listed, p_text
from tests.evaluation.study.participants import ab_study, at_random, mos_study, write_answers

AB, MOS = ab_study(6, 2), mos_study(4, repeats=2)
HEAD = "comparison,first_method,second_method,first,similar,second\n"


def biased(question, rng):
    """Random voices lose three times of four; speech is as good as image."""
    if question.comparison == "image-random":
        return "first" if rng.random() < 0.75 else "second"
    return ("first", "second")[int(rng.integers(2))]


def test_an_ab_study_becomes_a_report(tmp_path):
    write_answers(tmp_path / "answers", AB, range(12), biased)
    write_answers(tmp_path / "answers", AB, range(12, 14), biased, seconds=0.1)
    report = analyse(AB, tmp_path / "answers", tmp_path / "out")
    assert "14 files of answers came in; 12 count. Left out: 2 faster than the time floor." in report
    assert "image against random: of 72 votes by 12 participants on 6 items" in report
    assert "No difference was found. That does not show the two to be equal" in report
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written == {"report.md", "tables.tex", "paper.txt", "analysis.json", "votes.png", "votes.pdf"}
    details = json.loads((tmp_path / "out" / "analysis.json").read_text(encoding="utf-8"))
    counts = details["results"][1]["counts"]
    assert counts["first"] + counts["similar"] + counts["second"] == 72
    assert details["participants"] == {
        "kept": 12,
        "left_out": {**dict.fromkeys(details["participants"]["left_out"], 0), "fast": 2},
    }
    assert f"{100 * counts['first'] / 72:.1f}% preferred image" in report
    latex = (tmp_path / "out" / "tables.tex").read_text(encoding="utf-8")
    assert "−" not in latex  # which LaTeX does not know
    assert latex.count(r"\begin{tabular}") == latex.count(r"\end{tabular}") == 3 == latex.count(r"\toprule")
    assert (tmp_path / "out" / "votes.pdf").read_bytes().startswith(b"%PDF")


def test_the_figure_shows_the_shares(tmp_path):
    """As wide in blue and orange as there are votes: Fig. 5's lower bar."""
    (tmp_path / "fig5.csv").write_text(HEAD + "image-random,Image-based,Random-based,288,29,115\n", encoding="utf-8")
    report = analyse_counts(tmp_path / "fig5.csv", tmp_path / "out")
    assert "of 432 votes 66.7% preferred Image-based, 26.6% Random-based, and 6.7% found them similar" in report
    picture = np.asarray(Image.open(tmp_path / "out" / "votes.png").convert("RGB")).astype(int)
    blue = np.abs(picture - [0x3B, 0x6F, 0xB6]).sum(-1) < 12
    orange = np.abs(picture - [0xD9, 0x80, 0x32]).sum(-1) < 12
    row = int(np.argmax(blue.sum(1)))
    edges = np.flatnonzero(blue[row])[[0, -1]], np.flatnonzero(orange[row])[[0, -1]]
    width = edges[1][1] - edges[0][0]
    assert (edges[0][1] - edges[0][0]) / width == pytest.approx(0.667, abs=0.01)
    assert (edges[1][1] - edges[1][0]) / width == pytest.approx(0.266, abs=0.01)


def test_a_mos_study_becomes_a_report(tmp_path):
    means = {"warp": 4, "unet": 3, "still": 2}

    def choose(question, rng):
        score = means[question.stimuli[0].method]
        return {name: float(np.clip(score + rng.integers(-1, 2), 1, 5)) for name in ("lip_sync", "realness")}

    write_answers(tmp_path / "answers", MOS, range(8), choose)
    report = analyse(MOS, tmp_path / "answers", tmp_path / "out")
    assert "lip sync: 8 participants gave 96 scores to 4 items" in report
    assert (tmp_path / "out" / "report.md").read_text(encoding="utf-8").count("**") == 8
    assert (tmp_path / "out" / "scores.png").stat().st_size > 5000


def test_too_few_are_refused(tmp_path):
    write_answers(tmp_path, AB, range(1), biased)
    write_answers(tmp_path, AB, range(1, 3), biased, seconds=0.1)
    with pytest.raises(InputError, match=r"1 reliable participants .*2 faster than the time floor"):
        analyse(AB, tmp_path, tmp_path / "out")
    one_item = ab_study(1, 0)
    write_answers(tmp_path / "b", one_item, range(4), at_random("first", "second"), seconds=60)
    with pytest.raises(InputError, match="do not allow any test"):
        analyse(one_item, tmp_path / "b", tmp_path / "out")


@pytest.mark.parametrize(
    "text", ["", HEAD, "a,b\n1,2\n", HEAD + "x,a,b,1,2\n", HEAD + "x,a,b,1,two,3\n", HEAD + "x,a,b,-1,2,3\n"]
)
def test_counts_that_are_none(text, tmp_path):
    (tmp_path / "c.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"c\.csv"):
        analyse_counts(tmp_path / "c.csv", tmp_path / "out")
    with pytest.raises(InputError, match="no counts at"):
        analyse_counts(tmp_path / "none.csv", tmp_path / "out")


def test_numbers_as_papers_write_them():
    assert [p_text(p) for p in (0.68, 0.0123, 0.0004, float("nan"))] == ["= 0.68", "= .012", "< .001", "not defined"]
    assert listed(["a"]) == "a" and listed(["a", "b", "c"]) == "a, b and c"

from __future__ import annotations

import json
import math
from pathlib import Path

from evaluation.systems.clips import HeldBack
from evaluation.systems.figures import FIGURES
from evaluation.systems.on_clips import STILL, TITLES, TRUE, Compared
from evaluation.systems.report import report
from evaluation.systems.table import bars_of, corpora_of, difference, table_of

OWN = TITLES["own"]


def compared(clips: int = 6) -> Compared:
    found = Compared([HeldBack(f"grid-{number}", "grid", Path("v"), Path("v")) for number in range(clips)])
    found.clips.append(HeldBack("obama-0", "obama", Path("v"), Path("v")))
    for name, level in ((TRUE, math.nan), (STILL, 0.3), ("anyonenet", 0.2), ("own", 0.1)):
        for number, clip in enumerate(found.clips):
            values = dict.fromkeys(FIGURES, math.nan)
            values |= {"d_ll": level + 0.01 * number, "ssim": 1 - level, "head_motion": 2.0, "load_seconds": number**3}
            found.figures[name][clip.name] = values
    del found.figures["own"]["grid-3"]
    found.empty["own"].append("grid-3: it reads symbols, and the clip has no text")
    return found


def cell(table, figure: str, title: str) -> str:
    row = next(row for row in table.rows if row[0] == figure)
    return row[list(table.columns).index(title)]


def test_a_line_a_figure_a_column_a_system_the_best_marked():
    table = table_of(compared(), "grid")
    assert table.columns == ["figure", "truth", "still photo", "AnyoneNet", OWN]
    assert [row[0] for row in table.rows] == ["d_ll", "head_motion", "ssim", "load_seconds"]
    assert cell(table, "d_ll", "truth") == "" and cell(table, "d_ll", "AnyoneNet").startswith("0.225 (0.2")
    assert {(0, 4), (2, 4)} <= set(table.best) and not {place for place in table.best if place[0] == 1}
    assert cell(table, "load_seconds", "AnyoneNet").startswith("17.5 ")  # the median of 0, 1, 8, 27, 64, 125
    assert any(f"{OWN}: 1 of 6 clips empty (grid-3: it reads symbols" in note for note in table.notes)
    assert not any("empty" in note for note in table_of(compared(), "obama").notes)


def test_pairs_are_compared_on_the_clips_that_both_have():
    apart, means = difference(compared(), "grid", "own", "anyonenet", "d_ll")
    assert apart.items == 5 and math.isclose(apart.value, -0.1) and math.isclose(means[1] - means[0], 0.1)
    better, *_ = bars_of(compared(), "grid", "own", ["anyonenet"])
    assert (
        better.held and better.words == f"grid: {OWN} better than AnyoneNet by d_ll" and "chance" not in better.detail
    )
    worse = bars_of(compared(), "grid", "anyonenet", ["own"])
    assert [bar.held for bar in worse] == [False, False]  # by d_ll, where less is better, and by ssim, where more is


def test_the_report_leaves_tables_and_values(tmp_path):
    printed = report(compared(), tmp_path, "own")
    assert corpora_of(compared()) == ["grid", "obama"]
    assert "systems on 6 clips of grid" in printed and "systems on 1 clips of obama" in printed
    assert f"grid: {OWN} against AnyoneNet: better: d_ll, ssim" in printed
    assert f"obama: {OWN} against still photo: may be chance: d_ll, ssim" in printed  # of a single clip nobody knows
    assert f"held      grid: {OWN} better than AnyoneNet by d_ll" in (tmp_path / "systems.md").read_text()
    told = json.loads((tmp_path / "systems.json").read_text())
    assert told["means"]["grid"]["own"]["d_ll"]["items"] == 5 and told["clips"]["truth"]["grid-0"]["d_ll"] is None
    assert {(row["one"], row["other"]) for row in told["differences"]} == {
        ("still", "anyonenet"), ("still", "own"), ("anyonenet", "own"),
    }  # fmt: skip
    assert "| figure | truth | still photo |" in (tmp_path / "systems.md").read_text()

"""The report: what is compared, and the page as a browser shows it."""

from __future__ import annotations

import csv
import io
import re

import pytest

from sweeps.importance import importances
from sweeps.report import html, write_report
from sweeps.results import FINISHED, PRUNED, write_result
from sweeps.study import Study
from sweeps.summary import as_csv, best_trial, counts, read_trials, short_names, shown
from tests.evaluation.study.browser import Browser, find_chromium
from tests.sweeps.trials import Pretended, fails, finishes, log, runner, some_sweep


@pytest.fixture(autouse=True)
def few_forests(monkeypatch):
    monkeypatch.setattr("sweeps.importance.RESAMPLES", 3)
    monkeypatch.setattr("sweeps.importance.TREES", 16)


@pytest.fixture
def ended(tmp_path):
    """A sweep of twelve trials, the last one failed, and its folder."""
    sweep = some_sweep(tmp_path, name="</script><b>")
    launcher = Pretended(lambda folder, plan: (fails if plan.number == 11 else finishes)(folder, plan))
    runner(sweep, tmp_path / "out", launcher, 12).run()
    return sweep, tmp_path / "out"


def test_trials_stand_in_order(ended):
    sweep, out = ended
    trials = read_trials(sweep, out)
    values = [trial.best for trial in trials[:-1]]
    assert values == sorted(values) and trials[-1].state == "failed"
    assert counts(trials) == "11 finished, 1 failed" and best_trial(trials) is trials[0]
    rows = list(csv.DictReader(io.StringIO(as_csv(sweep, trials))))
    assert [int(row["trial"]) for row in rows] == list(range(12))
    assert float(rows[3]["best"]) == next(trial.best for trial in trials if trial.number == 3)


def test_an_open_trial_is_shown_with_what_it_has(tmp_path):
    def act(folder, plan):
        log(folder, 3.0, 2.0)
        if plan.number == 0:
            raise KeyboardInterrupt
        return True

    sweep = some_sweep(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        runner(sweep, tmp_path / "out", Pretended(act), 2).run()
    trials = read_trials(sweep, tmp_path / "out")
    assert trials[0].state == "open" and trials[0].best == 2.0 and best_trial(trials) is None
    write_report(sweep, trials, None, tmp_path / "report")


def test_what_decides_is_found(ended):
    sweep, out = ended
    found = importances(Study(sweep, out))
    assert [*found.shares] == ["x", "kind"] and found.shares["x"][0] > 0.6 > 0.2 > found.shares["kind"][0]
    assert found.compared == "11 finished trials"


def test_stopped_trials_are_compared_where_they_were_stopped(tmp_path):
    def act(folder, plan):
        good = plan.number % 3 == 0
        log(folder, 9.0, 5.0 + plan.parameters["x"], *([0.0] if good else []))
        write_result(folder, plan, FINISHED if good else PRUNED, 0)
        return False

    bands = {"type": "hyperband", "min_iter": 2, "eta": 3}
    sweep = some_sweep(tmp_path, early_terminate=bands)
    runner(sweep, tmp_path / "out", Pretended(act), 12).run()
    found = importances(Study(sweep, tmp_path / "out"))
    assert found.compared == "12 trials at their report 2" and next(iter(found.shares)) == "x"


def test_of_few_trials_nothing_is_said(tmp_path):
    sweep = some_sweep(tmp_path)
    runner(sweep, tmp_path / "out", Pretended(finishes), 3).run()
    assert importances(Study(sweep, tmp_path / "out")) is None


def test_names_are_short_where_that_tells_them_apart(tmp_path):
    about = {name: {"values": [1, 2]} for name in ("model.init_args.width", "data.init_args.size", "trainer.size")}
    assert [*short_names(some_sweep(tmp_path, parameters=about)).values()] == [
        "width",
        "data.init_args.size",
        "trainer.size",
    ]
    assert [shown(value) for value in (0.00012345, [24, 32], {"0": 5}, None)] == ["0.0001234", "24-32", "0:5", "–"]


@pytest.mark.skipif(find_chromium() is None, reason="no Chromium (Debian: apt install chromium)")
def test_the_page_can_be_explored(ended, tmp_path):
    sweep, out = ended
    page = write_report(sweep, read_trials(sweep, out), importances(Study(sweep, out)), tmp_path / "report")[0]
    for name in ("profile", "downloads"):
        (tmp_path / name).mkdir()
    with Browser(tmp_path / "profile", tmp_path / "downloads") as browser:
        browser.open(page.as_uri())
        assert browser.do("document.querySelector('h1').textContent") == "Sweep </script><b>"
        assert browser.do("document.querySelectorAll('#parallel path').length") == 11
        assert browser.do("document.querySelectorAll('#importance rect').length") == 2
        assert browser.do("document.querySelectorAll('tbody tr').length") == 12
        browser.do("document.querySelectorAll('th button')[0].click()")
        order = browser.do("[...document.querySelectorAll('tbody tr')].map(row => Number(row.cells[0].textContent))")
        assert order == list(range(12))
        browser.do("document.querySelectorAll('tbody tr')[3].click()")
        assert browser.do("document.querySelector('#parallel .chosen').dataset.trial") == "3"
        assert browser.do("document.querySelector('#said').textContent").startswith("trial 3, finished: loss ")


def test_the_page_holds_its_data_as_data(ended):
    sweep, out = ended
    page = html(sweep, read_trials(sweep, out), None)
    assert page.count("</script>") == 2 and not re.search(r"<b>", page.split('id="data">')[0])

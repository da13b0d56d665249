"""The runner with trials that only pretend: nothing is lost, nothing is done twice."""

from __future__ import annotations

import threading

import pytest

from anyonenet.errors import InputError
from sweeps.locks import try_lock
from sweeps.planning import Planner, trial_folder
from sweeps.results import FINISHED, PRUNED, read_plan, read_result, write_result
from sweeps.runner import CLAIM
from sweeps.study import JOURNAL, Study
from tests.sweeps.trials import Pretended, fails, finishes, log, results, runner, some_sweep


def test_all_trials_get_a_verdict_once(tmp_path):
    sweep, launcher = some_sweep(tmp_path), Pretended(finishes)
    runner(sweep, tmp_path / "out", launcher, 5).run()
    assert launcher.started == [0, 1, 2, 3, 4]
    found = results(tmp_path / "out")
    assert [result.state for result in found] == ["finished"] * 5
    assert all(result.best == result.parameters["x"] and result.best_step == 1 for result in found)
    assert len({result.best for result in found}) == 5


def test_what_is_finished_is_not_run_again(tmp_path):
    sweep = some_sweep(tmp_path)
    runner(sweep, tmp_path / "out", Pretended(finishes), 3).run()
    before, again = results(tmp_path / "out"), Pretended(finishes)
    runner(sweep, tmp_path / "out", again, 5).run()
    assert again.started == [3, 4] and results(tmp_path / "out")[:3] == before


def test_a_sweep_in_two_goes_draws_what_one_in_one_go_draws(tmp_path):
    sweep = some_sweep(tmp_path)
    for trials in (2, 4):
        runner(sweep, tmp_path / "two", Pretended(finishes), trials, parallel=1).run()
    runner(sweep, tmp_path / "one", Pretended(finishes), 4, parallel=1).run()
    one, two = ([result.parameters for result in results(tmp_path / name)] for name in ("one", "two"))
    assert one == two


def test_a_failed_trial_is_recorded_and_the_others_go_on(tmp_path):
    launcher = Pretended(lambda folder, plan: (fails if plan.number == 1 else finishes)(folder, plan))
    runner(some_sweep(tmp_path), tmp_path / "out", launcher, 3).run()
    found = results(tmp_path / "out")
    assert [result.state for result in found] == ["finished", "failed", "finished"] and found[1].reason == "no memory"
    runner(some_sweep(tmp_path), tmp_path / "out", launcher, 3).run()
    assert launcher.started == [0, 1, 2]  # it counts, and is not tried again


class Killed(BaseException):
    """As little of a runner is left as `kill -9` leaves."""


def killed(sweep, out, launcher, trials):
    """A runner that dies at its third look, and says nothing to its trials."""
    launcher.close = lambda: None
    looks, look = [], launcher.running

    def running(folders):
        looks.append(1)
        if len(looks) == 3:
            raise Killed
        return look(folders)

    launcher.running = running
    with pytest.raises(Killed):
        runner(sweep, out, launcher, trials).run()


def test_running_trials_of_a_killed_runner_are_taken_over(tmp_path):
    sweep, first = some_sweep(tmp_path), Pretended(lambda folder, plan: True)
    killed(sweep, tmp_path / "out", first, 4)
    plans = [read_plan(trial_folder(tmp_path / "out", number)) for number in (0, 1)]
    second = Pretended(finishes)
    second.alive = {trial_folder(tmp_path / "out", 0)}  # its process outlived the runner

    looks = []

    def ends(folders):
        looks.append(1)
        if len(looks) == 4:
            finishes(trial_folder(tmp_path / "out", 0), plans[0])
            second.alive.clear()
        return second.alive & set(folders)

    second.running = ends
    runner(sweep, tmp_path / "out", second, 4).run()
    assert sorted(second.started) == [1, 2, 3]  # 0 was waited for, 1 was gone on with
    assert [read_plan(trial_folder(tmp_path / "out", number)) for number in (0, 1)] == plans
    assert [result.state for result in results(tmp_path / "out")] == ["finished"] * 4


def test_a_trial_drawn_but_not_planned_keeps_what_was_drawn(tmp_path):
    sweep, out = some_sweep(tmp_path), tmp_path / "out"
    out.mkdir()
    study = Study(sweep, out)
    number = study.ask(9)
    drawn = study.parameters(number)
    assert Study(sweep, out).parameters(number) == drawn
    runner(sweep, out, Pretended(finishes), 2).run()
    assert results(out)[0].parameters == drawn and len(results(out)) == 2


def test_a_verdict_not_yet_in_the_study_is_noted_there(tmp_path):
    sweep, out = some_sweep(tmp_path), tmp_path / "out"
    killed(sweep, out, Pretended(lambda folder, plan: True), 2)
    for number in (0, 1):
        finishes(trial_folder(out, number), read_plan(trial_folder(out, number)))
    assert Study(sweep, out).open_numbers() == [0, 1]
    launcher = Pretended(finishes)
    runner(sweep, out, launcher, 2).run()
    assert launcher.started == [] and Study(sweep, out).open_numbers() == []


def test_a_trial_of_another_runner_is_left_alone(tmp_path):
    sweep, out = some_sweep(tmp_path), tmp_path / "out"
    out.mkdir()
    folder = trial_folder(out, Study(sweep, out).ask(9))
    folder.mkdir(parents=True)
    claim = try_lock(folder / CLAIM)
    launcher = Pretended(finishes)
    runner(sweep, out, launcher, 3).run()
    assert launcher.started == [1, 2]
    claim.close()
    runner(sweep, out, launcher, 3).run()
    assert launcher.started == [1, 2, 0]


def test_two_runners_share_a_grid(tmp_path):
    parameters = {"x": {"values": [0.1, 0.2, 0.3, 0.4]}, "kind": {"values": ["a", "b"]}}
    sweep, out = some_sweep(tmp_path, method="grid", parameters=parameters), tmp_path / "out"
    launchers = [Pretended(finishes), Pretended(finishes)]
    runners = [runner(sweep, out, launcher, 99) for launcher in launchers]
    threads = [threading.Thread(target=one.run) for one in runners]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    points = [(result.parameters["x"], result.parameters["kind"]) for result in results(out)]
    assert points == [(x, kind) for x in (0.1, 0.2, 0.3, 0.4) for kind in "ab"]
    assert sorted(launchers[0].started + launchers[1].started) == list(range(8))


def test_a_bad_trial_is_pruned(tmp_path):
    bands = {"type": "hyperband", "min_iter": 3, "eta": 2}

    def good_then_bad(folder, plan):
        if plan.number == 0:
            log(folder, 5.0, 4.0, 1.0)
            write_result(folder, plan, FINISHED, 0)
            return False
        log(folder, 5.0, 4.0, 3.0)
        return True

    launcher = Pretended(good_then_bad)
    runner(some_sweep(tmp_path, early_terminate=bands), tmp_path / "out", launcher, 2, parallel=1).run()
    pruned = results(tmp_path / "out")[1]
    assert launcher.cancelled[0] == 1 and pruned.state == PRUNED and pruned.best == 3.0
    assert pruned.reason == "stopped at report 3, not among the best 1/2 there"


def test_no_trial_is_begun_once_the_target_is_reached(tmp_path):
    sweep = some_sweep(tmp_path, metric={"name": "loss", "target": 2.0})
    launcher = Pretended(finishes)
    runner(sweep, tmp_path / "out", launcher, 5, parallel=1).run()
    assert launcher.started == [0]


def test_a_trial_that_vanishes_again_and_again_has_failed(tmp_path):
    launcher = Pretended(lambda folder, plan: False)
    runner(some_sweep(tmp_path), tmp_path / "out", launcher, 1).run()
    assert launcher.started == [0, 0, 0]
    assert "vanished 3 times" in results(tmp_path / "out")[0].reason


def test_a_trial_that_gets_on_may_be_stopped_often(tmp_path):
    def act(folder, plan):
        if len(launcher.started) == 9:
            return finishes(folder, plan)
        log(folder, *range(9, 9 - len(launcher.started), -1))
        return False

    launcher = Pretended(act)
    runner(some_sweep(tmp_path), tmp_path / "out", launcher, 1).run()
    assert len(launcher.started) == 9 and results(tmp_path / "out")[0].state == "finished"


def test_a_journal_cut_short_by_a_kill_is_mended(tmp_path):
    sweep, out = some_sweep(tmp_path), tmp_path / "out"
    runner(sweep, out, Pretended(finishes), 2).run()
    with (out / JOURNAL).open("a") as journal:
        journal.write('{"op_code": 4, "work')
    launcher = Pretended(finishes)
    runner(sweep, out, launcher, 4).run()
    assert launcher.started == [2, 3] and len(Study(sweep, out).trials()) == 4


def test_bayes_looks_at_results_after_its_start(tmp_path):
    sweep = some_sweep(tmp_path, method="bayes", parameters={"x": {"min": 0.0, "max": 1.0}})
    runner(sweep, tmp_path / "out", Pretended(finishes), 30, parallel=1).run()
    drawn = [result.parameters["x"] for result in results(tmp_path / "out")]
    assert sum(drawn[10:]) / 20 < 0.5 * sum(drawn[:10]) / 10
    assert len(set(drawn)) == 30


def test_another_sweep_is_not_mixed_in(tmp_path):
    Planner(some_sweep(tmp_path)).record(tmp_path / "out")
    wider = some_sweep(tmp_path, parameters={"x": {"min": 0.0, "max": 2.0}})
    with pytest.raises(
        InputError, match=r"another sweep \(file.parameters.x.max = 1.0, wanted 2.0.*give another --out"
    ):
        Planner(wider).record(tmp_path / "out")
    with pytest.raises(InputError, match="seed = 0, wanted 1"):
        Planner(some_sweep(tmp_path), seed=1).record(tmp_path / "out")


def test_what_is_searched_cannot_be_fixed_behind_the_command(tmp_path):
    with pytest.raises(InputError, match="x is searched by the sweep"):
        Planner(some_sweep(tmp_path), overrides=["--x=3"])


def test_a_trial_without_its_metric_has_failed(tmp_path):
    runner(some_sweep(tmp_path), tmp_path / "out", Pretended(finishes), 1).run()
    folder = trial_folder(tmp_path / "out", 0)
    plan = read_plan(folder)
    (folder / "metrics.csv").write_text("step,epoch,other\n0,0,1.0\n")
    write_result(folder, plan, FINISHED, 0)
    assert read_result(folder).state == "failed"
    assert read_result(folder).reason == "it ended without an error but never logged loss; it logged other"
    log(folder, float("nan"), float("inf"))
    assert write_result(folder, plan, FINISHED, 0).reason == "loss was never a finite number"

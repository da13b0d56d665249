from __future__ import annotations

import json

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from lightning_modules.logging.metrics_file import read_rows
from lightning_modules.logging.run_facts import read_run
from tests.lightning_modules.logging.little import train

END_OF_EPOCH = {"every_n_epochs": 1, "save_on_train_epoch_end": True}
AFTER_VALIDATION = {"monitor": "validation/loss", "mode": "min", "save_top_k": -1}


def curve(folder, column="train/loss"):
    return [(int(row["step"]), row[column]) for row in read_rows(folder / "metrics.csv")[1] if row[column]]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    train(folder)
    return folder


def test_curves_and_records_are_there_without_being_asked_for(whole):
    assert [step for step, _ in curve(whole)] == list(range(18))
    assert [step for step, _ in curve(whole, "validation/loss")] == [5, 11, 17]
    assert {path.name for path in whole.iterdir()} == {
        "metrics.csv", "tensorboard", "run.json", "curves.html", "last.ckpt",
    }  # fmt: skip
    told = read_run(whole)
    assert told["config"] == {"model": "little"} and told["corpora"] == []
    assert {"commit", "changed", "versions"} == set(told["code"])
    (leg,) = told["legs"]
    assert leg["end"] == "finished" and leg["to_step"] == 18 and leg["at_step"] == 0 and leg["device"] == "cpu"


@pytest.mark.parametrize("saving", (None, END_OF_EPOCH, AFTER_VALIDATION), ids=("steps", "epochs", "validations"))
@pytest.mark.parametrize("kill", (7, 10, 15))
def test_a_killed_run_that_goes_on_has_the_curves_of_one_never_stopped(whole, tmp_path, saving, kill):
    train(tmp_path, kill=kill, saving=saving)
    assert "ended" not in read_run(tmp_path)["legs"][0]  # nobody could say so
    train(tmp_path, checkpoint=max(tmp_path.glob("*.ckpt"), key=lambda path: path.stat().st_mtime), saving=saving)
    for column in ("train/loss", "validation/loss"):
        assert curve(tmp_path, column) == curve(whole, column), column
    # the mean over an epoch that was begun before is one over its rest
    assert [step for step, _ in curve(tmp_path, "train/mean")] == [5, 11, 17]
    assert [leg.get("end") for leg in read_run(tmp_path)["legs"]] == [None, "finished"]


def test_tensorboard_shows_one_curve(whole, tmp_path):
    train(tmp_path, kill=7)
    train(tmp_path, checkpoint=tmp_path / "last.ckpt")
    for folder in (whole, tmp_path):
        events = EventAccumulator(str(folder / "tensorboard")).Reload()
        steps = [event.step for event in events.Scalars("train/loss")]
        assert steps == list(range(18)), folder


def test_a_new_training_in_the_same_folder_sets_the_old_records_aside(tmp_path):
    train(tmp_path, epochs=1)
    train(tmp_path, epochs=2)
    assert len(curve(tmp_path)) == 12 and len(curve(tmp_path / "earlier" / "1")) == 6
    assert len(read_run(tmp_path)["legs"]) == 1
    train(tmp_path, epochs=1)
    assert len(curve(tmp_path / "earlier" / "2")) == 12


def test_an_error_is_told_in_the_record(tmp_path):
    from pytorch_lightning import Callback

    class Fail(Callback):
        def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
            if batch_idx == 3:
                raise RuntimeError("out of everything")

    with pytest.raises(RuntimeError):
        train(tmp_path, callbacks=[Fail()])
    (leg,) = json.loads((tmp_path / "run.json").read_text())["legs"]
    assert leg["end"] == "RuntimeError: out of everything" and leg["to_step"] == 3
    assert len(curve(tmp_path)) == 3


def test_a_page_that_cannot_be_written_costs_nothing(tmp_path):
    (tmp_path / "curves.html").mkdir()  # where a file is to be
    (tmp_path / "curves.html" / "in the way").touch()
    with pytest.warns(UserWarning, match="curves.html could not be written .* training goes on") as told:
        assert train(tmp_path, epochs=2).global_step == 12
    assert len([one for one in told if "could not be written" in str(one.message)]) == 1


def test_nothing_is_written_by_a_trial_run_or_where_no_logger_is_wanted(tmp_path):
    train(tmp_path, logger=False, enable_checkpointing=False, callbacks=[])
    assert not (tmp_path / "metrics.csv").exists() and not (tmp_path / "run.json").exists()

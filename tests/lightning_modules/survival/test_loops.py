"""A training may be stopped after any batch, in any validation, and goes on from whatever checkpoint it left."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
import torch
from pytorch_lightning.callbacks import ModelCheckpoint

from lightning_modules.survival.loops import AFTER_VALIDATION, EPOCH_END
from lightning_modules.survival.resuming import newest_good
from lightning_modules.survival.stop import Stopped
from tests.lightning_modules.survival.trained import Data, Noisy, SignalAt, seed, trainer

pytestmark = pytest.mark.filterwarnings("ignore")

TRAININGS: dict[str, dict[str, Any]] = {
    "epochs": {},
    "steps, ending within an epoch": {"max_epochs": -1, "max_steps": 7, "check_val_every_n_epoch": 2},
    "two optimisers": {"manual": True, "max_steps": 14, "max_epochs": -1},
    "validation within epochs, two batches a step": {"val_check_interval": 2, "accumulate_grad_batches": 2},
}


def fit(folder: Path, checkpoint: Path | None = None, manual: bool = False, **options: Any) -> Noisy:
    module = Noisy(manual)
    seed()
    trainer(folder, **options).fit(module, Data(), ckpt_path=checkpoint)
    return module


def same(one: Noisy, other: Noisy) -> bool:
    states = one.state_dict(), other.state_dict()
    return all(torch.equal(states[0][name], states[1][name]) for name in states[0])


@pytest.mark.parametrize("kind", TRAININGS)
def test_stopped_again_and_again(kind: str, tmp_path: Path) -> None:
    options = TRAININGS[kind]
    whole = fit(tmp_path / "whole", **options)
    told: list[tuple[Any, ...]] = []
    checkpoint, legs = None, 0
    for batches in itertools.cycle((1, 2, 3, 5)):  # more than a validation has, so that each ends some time
        legs += 1
        leg, stop = leg_of(tmp_path / "stopped", batches, checkpoint, **options)
        told += leg.told if stop is None else finished(leg.told)
        if stop is None:
            break
        checkpoint = newest_good(tmp_path / "stopped").checkpoint
        assert checkpoint == stop.stop.checkpoint and checkpoint is not None
    assert legs > 3
    assert told == whole.told
    assert same(leg, whole)


def test_stopped_after_the_very_last_step(tmp_path: Path) -> None:
    options = TRAININGS["steps, ending within an epoch"]
    whole = fit(tmp_path / "whole", **options)
    stopped, stop = leg_of(tmp_path / "run", sum(line[0] != "epoch end" for line in whole.told), None, **options)
    assert stop is not None and stopped.told == whole.told[:-1]
    resumed = fit(tmp_path / "run", stop.stop.checkpoint, **options)
    assert resumed.told == whole.told[-1:] == [("epoch end", 2)]


def leg_of(folder: Path, batches: int, checkpoint: Path | None, **options: Any) -> tuple[Noisy, Stopped | None]:
    """A training that is asked to stop in the batch of that number, those of validations counted."""
    module = Noisy(options.pop("manual", False))
    seed()
    try:
        trainer(folder, callbacks=[SignalAt(batches)], **options).fit(module, Data(), ckpt_path=checkpoint)
    except Stopped as stopped:
        return module, stopped
    return module, None


def finished(told: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """What is told, without a validation that broke off: it is done again as a whole."""
    while told and told[-1][0] == "validation":
        told = told[:-1]
    return told


@pytest.mark.parametrize("kind", ["epochs", "two optimisers"])
def test_whatever_checkpoint_is_one_to_go_on_from(kind: str, tmp_path: Path) -> None:
    options = TRAININGS[kind]
    last_only = {"save_top_k": -1, "save_on_train_epoch_end": True}
    keepers = [
        ModelCheckpoint(tmp_path / "best", "{step}", "validation/loss", save_top_k=-1, save_on_train_epoch_end=False),
        ModelCheckpoint(tmp_path / "last", "{step}-last", **last_only),
        ModelCheckpoint(tmp_path / "each", "{step}-each", save_top_k=-1, every_n_train_steps=1),
    ]
    whole = fit(tmp_path, callbacks=keepers, **options)
    places = set()
    for path in [path for name in ("best", "last", "each") for path in sorted((tmp_path / name).iterdir())[-3::2]]:
        places.add(torch.load(path, weights_only=True)["loops"]["fit_loop"]["epoch_loop.state_dict"]["place"])
        resumed = fit(tmp_path / "resumed", path, **options)
        assert resumed.told == whole.told[len(whole.told) - len(resumed.told) :], path
        assert same(resumed, whole), path
    assert {AFTER_VALIDATION, EPOCH_END} < places


def test_a_finished_training_with_more_epochs_goes_on_as_one_that_had_them(tmp_path: Path) -> None:
    whole = fit(tmp_path / "whole", max_epochs=4)
    keeper = ModelCheckpoint(tmp_path / "within", "{step}-last", save_on_train_epoch_end=True)
    fit(tmp_path / "short", max_epochs=2)
    fit(tmp_path / "within", callbacks=[keeper], max_epochs=-1, max_steps=8)
    ends = [newest_good(tmp_path / name).checkpoint for name in ("short", "within")]
    assert ends[1] == Path(keeper.best_model_path)  # of the end of an epoch that has a batch left
    for checkpoint in [*ends, max((tmp_path / "within" / "steps").iterdir())]:
        resumed = fit(tmp_path / "more", checkpoint, max_epochs=4)
        assert resumed.told == whole.told[-len(resumed.told) :] and same(resumed, whole), checkpoint

"""The average of the weights: what it is, who uses it, and that it goes on where it was."""

from __future__ import annotations

from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch

from commands.export import load_module
from lightning_modules.averaged_weights import AVERAGED
from tests.lightning_modules.running import StopAfter, trainer
from tests.lightning_modules.test_landmarks import Data, module

pytestmark = pytest.mark.filterwarnings("ignore")


class Recorder(pl.Callback):
    def __init__(self) -> None:
        self.weights: list[torch.Tensor] = []
        self.validated: list[torch.Tensor] = []

    def on_train_start(self, trainer, module):
        self.weights.append(module.network.head[0].weight.detach().clone())

    def on_train_batch_end(self, trainer, module, *_):
        self.weights.append(module.network.head[0].weight.detach().clone())

    def on_validation_epoch_end(self, trainer, module):
        self.validated.append(module.network.head[0].weight.detach().clone())


def test_it_is_an_average_that_validation_and_export_use(tmp_path: Path) -> None:
    recorder, fitted = Recorder(), module(ema=0.25)
    run = trainer(tmp_path, 3, callbacks=[recorder], check_val_every_n_epoch=3)
    run.fit(fitted, Data())
    average, *following = recorder.weights
    for step, weights in enumerate(following):
        average = torch.lerp(average, weights, 1 - min(0.25, (1 + step) / (10 + step)))
    torch.testing.assert_close(recorder.validated[-1], average)
    assert not torch.allclose(average, following[-1], atol=1e-4)
    assert torch.equal(fitted.network.head[0].weight, following[-1])  # training keeps its own
    run.save_checkpoint(tmp_path / "one.ckpt")
    # what `fit` of the program would have noted
    checkpoint = torch.load(tmp_path / "one.ckpt", weights_only=True)
    checkpoint["hyper_parameters"]["_class_path"] = "lightning_modules.landmarks.LandmarkModule"
    torch.save(checkpoint, tmp_path / "one.ckpt")
    torch.testing.assert_close(load_module(tmp_path / "one.ckpt").network.head[0].weight, average)
    assert torch.equal(load_module(tmp_path / "one.ckpt", average=False).network.head[0].weight, following[-1])


def test_a_resumed_average_equals_one_that_never_stopped(tmp_path: Path) -> None:
    path = tmp_path / "half.ckpt"
    whole = trainer(tmp_path, 4)
    whole.fit(module(ema=0.9), Data())
    trainer(tmp_path, 4, callbacks=[StopAfter(2, path)]).fit(module(ema=0.9), Data())
    resumed = trainer(tmp_path, 4)
    resumed.fit(module(ema=0.9), Data(), ckpt_path=path, weights_only=True)
    ends = []
    for number, run in enumerate((whole, resumed)):
        run.save_checkpoint(tmp_path / f"{number}.ckpt")
        ends.append(torch.load(tmp_path / f"{number}.ckpt", weights_only=True)[AVERAGED])
    assert ends[0]["steps"] == ends[1]["steps"] == 8
    for name, value in ends[0]["weights"].items():
        assert torch.equal(ends[1]["weights"][name], value), name


def test_a_checkpoint_in_the_middle_of_a_validation_holds_the_weights_themselves(tmp_path: Path) -> None:
    class SaveThen(pl.Callback):
        def on_validation_batch_end(self, trainer, module, *_):
            trainer.save_checkpoint(tmp_path / "middle.ckpt")

    recorder = Recorder()
    trainer(tmp_path, 2, callbacks=[recorder, SaveThen()]).fit(module(ema=0.9), Data())
    state = torch.load(tmp_path / "middle.ckpt", weights_only=True)["state_dict"]
    assert torch.equal(state["network.head.0.weight"], recorder.weights[-1])


def test_a_decay_is_below_one() -> None:
    with pytest.raises(ValueError, match="ema is 1.0; expected a decay"):
        module(ema=1.0)

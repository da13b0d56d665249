"""A bad loss changes nothing: the training stops before its step, or leaves it out, and writes down what it was of."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader

from anyonenet.errors import TrainingError
from anyonenet.types import Batch
from datamodules.sampling import Draw, training_loader
from lightning_modules.survival.loss_guard import FILE
from lightning_modules.survival.wishes import Survival, Wishes
from tests.lightning_modules.survival.trained import Noisy, Numbers, seed, trainer

pytestmark = pytest.mark.filterwarnings("ignore")


@dataclass(frozen=True)
class Values(Batch):
    values: torch.Tensor


class Named(Numbers):
    def item_name(self, draw: Draw) -> str:
        return f"corpus/{draw.index}"


class NamedData(pl.LightningDataModule):
    def train_dataloader(self) -> DataLoader[Any]:
        return training_loader(Named(), 3, 5, lambda items: Values(torch.stack(items)))  # type: ignore[arg-type]


class Bad(Noisy):
    """Multiplies the loss of some batches, counted over the training."""

    def __init__(self, factors: dict[int, float], manual: bool = False):
        super().__init__(manual)
        self.factors, self.count = factors, 0
        self.items: list[tuple[str, ...]] = []

    def training_step(self, batch: Any, batch_index: int) -> Any:
        self.items.append(tuple(batch.items))
        factor = self.factors.get(self.count, 1.0)
        self.count += 1
        self.weights = [value.detach().clone() for value in self.parameters()]
        if not self.automatic_optimization:
            backward = self.manual_backward
            self.manual_backward = lambda loss: backward(loss * factor)  # type: ignore[method-assign, assignment]
            try:
                return super().training_step(batch.values, batch_index)
            finally:
                self.manual_backward = backward  # type: ignore[method-assign]
        return super().training_step(batch.values, batch_index) * factor

    def on_train_batch_end(self, *_: Any) -> None:
        moved = any(not torch.equal(*pair) for pair in zip(self.weights, self.parameters(), strict=True))
        self.told.append(("moved", moved))

    @property
    def moved(self) -> list[bool]:
        return [line[1] for line in self.told if line[0] == "moved"]


def fit(folder: Path, module: Bad, wishes: Wishes, **options: Any) -> None:
    seed()
    trainer(folder, Survival(wishes), **{"max_epochs": 3, **options}).fit(module, NamedData())


NAN = float("nan")


@pytest.mark.parametrize("manual", [False, True])
def test_steps_are_left_out_and_written_down(manual: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    module = Bad({1: NAN, 5: float("inf")}, manual)
    fit(tmp_path, module, Wishes())
    assert module.moved == [place not in (1, 5) for place in range(9)]
    lines = [json.loads(line) for line in (tmp_path / FILE).read_text(encoding="utf-8").splitlines()]
    assert [(line["step"], line["processes"][0]["losses"]) for line in lines] == [(2, ["nan"]), (6, ["inf"])]
    assert [tuple(line["processes"][0]["items"]) for line in lines] == [module.items[1], module.items[5]]
    assert all(name.startswith("corpus/") for name in module.items[1]) and len(module.items[1]) == 3
    assert "the loss of step 2 is nan: the step is left out" in capsys.readouterr().out


def test_too_many_end_the_training(tmp_path: Path) -> None:
    module = Bad({1: NAN, 2: NAN, 3: NAN})
    with pytest.raises(TrainingError, match="loss of step 4 is nan; it is number 3 of the last 100 steps, more than"):
        fit(tmp_path, module, Wishes(most_bad_losses=2))
    assert module.moved == [True, False, False]


def test_or_the_first_does(tmp_path: Path) -> None:
    module = Bad({4: NAN})
    with pytest.raises(TrainingError, match=rf"loss of step 5 is nan; the items of its batch are in .*{FILE}"):
        fit(tmp_path, module, Wishes(on_bad_loss="stop"))
    assert all(torch.equal(*pair) for pair in zip(module.weights, module.parameters(), strict=True))


def test_a_loss_that_explodes_is_one_where_asked_for(tmp_path: Path) -> None:
    module = Bad({3: 1e4, 24: 1e4})
    fit(tmp_path, module, Wishes(0, loss_explosion=100.0), max_epochs=9)
    assert module.moved == [place != 24 for place in range(27)]  # at the fourth there was nothing to compare with


def test_what_is_usual_survives_a_resumption(tmp_path: Path) -> None:
    guard = Survival(Wishes(loss_explosion=10.0)).guard
    guard._good.extend([1.0] * 30)
    guard._left_out.append(7)
    other = Survival(Wishes(loss_explosion=10.0)).guard
    other.load_state_dict(guard.state_dict())
    assert other._is_bad(10.5) and not other._is_bad(9.5) and other._left_out == guard._left_out

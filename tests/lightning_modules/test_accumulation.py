"""Gradients added up over batches are those of the batches together, where nothing ties a batch's items."""

from __future__ import annotations

from typing import Any

import pytest
import pytorch_lightning as pl

from datamodules import landmarks
from tests.lightning_modules import test_landmarks
from tests.lightning_modules.one_batch import MODULES, Gradients, OneBatch, compare
from tests.lightning_modules.running import trainer

pytestmark = pytest.mark.filterwarnings("ignore")


class EqualClips(OneBatch):
    def __init__(self, batches: int):
        super().__init__("landmarks", batches)
        self.make = lambda: [test_landmarks.Speeches()[item] for item in (0, 2, 4, 6)]
        self.collate = landmarks.collate


def gradients(module: pl.LightningModule, data: OneBatch, folder: Any, **options: Any) -> tuple[dict, int]:
    kept = Gradients()
    run = trainer(folder, 1, callbacks=[kept], limit_val_batches=0, **options)
    run.fit(module, data)
    return kept.kept, run.global_step


def test_two_optimisers(tmp_path):
    whole, steps = gradients(MODULES["images"](), OneBatch("images"), tmp_path)
    parts, steps_of_parts = gradients(MODULES["images"](accumulate=2), OneBatch("images", batches=2), tmp_path)
    compare(whole, parts)
    assert steps == steps_of_parts == 2  # one of each optimiser
    # four batches by threes: a step of three, and one of what is left, which weighs as much
    module = MODULES["images"](accumulate=3)
    assert gradients(module, OneBatch("images", batches=4), tmp_path)[1] == 4
    assert module._steps() == 2


def test_one_optimiser(tmp_path):
    whole, _ = gradients(MODULES["landmarks"](decoder="blstm"), EqualClips(1), tmp_path)
    module = MODULES["landmarks"](decoder="blstm")
    parts, steps = gradients(module, EqualClips(2), tmp_path, accumulate_grad_batches=2)
    compare(whole, parts)
    assert steps == 1

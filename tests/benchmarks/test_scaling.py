import dataclasses

import pytest
import torch

from benchmarks.scaling import twice
from benchmarks.training_batches import batch_of
from benchmarks.training_steps import STAGES


@pytest.mark.parametrize("stage", STAGES)
def test_a_batch_twice_is_one_of_twice_the_items(stage):
    batch, _ = batch_of(stage, 2)
    batch = dataclasses.replace(batch, items=("a", "b"))
    double = twice(batch)
    assert list(double.items) == ["a", "b", "a", "b"]
    for field in dataclasses.fields(batch):
        value = getattr(batch, field.name)
        if isinstance(value, torch.Tensor):
            torch.testing.assert_close(getattr(double, field.name)[2:], value)

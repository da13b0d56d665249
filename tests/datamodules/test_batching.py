"""Length batches: similar lengths, equal shares, the same order for the same seed and epoch."""

from __future__ import annotations

import numpy as np
import pytest

from datamodules.batching import LengthBatchSampler

LENGTHS = np.random.default_rng(0).integers(50, 900, 203)


def indices(sampler: LengthBatchSampler) -> list[list[int]]:
    return [[draw.index for draw in batch] for batch in sampler]


def test_ranks_share_evenly_and_never_twice() -> None:
    shares = [indices(LengthBatchSampler(LENGTHS, 8, rank=rank, world=3)) for rank in range(3)]
    assert [len(share) for share in shares] == [8, 8, 8]
    flat = [index for share in shares for batch in share for index in batch]
    assert len(flat) == len(set(flat)) == 192


def test_ranks_have_similar_work_at_each_step() -> None:
    shares = [indices(LengthBatchSampler(LENGTHS, 8, rank=rank, world=3)) for rank in range(3)]
    longest = np.array([[max(LENGTHS[batch]) for batch in share] for share in shares])  # (ranks, steps)
    waiting = 1 - longest.mean(axis=0) / longest.max(axis=0)
    assert waiting.mean() < 0.15 < 0.25 < 1 - longest.mean() / longest.max()


def test_lengths_in_a_batch_are_similar() -> None:
    padding = [max(LENGTHS[batch]) * 8 / sum(LENGTHS[batch]) for batch in indices(LengthBatchSampler(LENGTHS, 8))]
    assert np.mean(padding) < 1.2


def test_order_depends_on_seed_and_epoch_alone() -> None:
    sampler, twin = LengthBatchSampler(LENGTHS, 8, seed=1), LengthBatchSampler(LENGTHS, 8, seed=1)
    assert indices(sampler) == indices(twin)
    twin.sampler.set_epoch(1)
    assert indices(sampler) != indices(twin)
    assert next(iter(twin))[0].epoch == 1
    assert indices(sampler) != indices(LengthBatchSampler(LENGTHS, 8, seed=2))


def test_without_shuffling_every_item_comes_once() -> None:
    sampler = LengthBatchSampler(LENGTHS, 8, shuffle=False)
    batches = indices(sampler)
    assert len(batches) == len(sampler) == 26
    assert sorted(index for batch in batches for index in batch) == list(range(203))


def test_too_few_items_are_refused() -> None:
    with pytest.raises(ValueError, match="3 items give no batch of 8"):
        LengthBatchSampler([1, 2, 3], 8)
    with pytest.raises(ValueError, match="rank 2"):
        LengthBatchSampler([1, 2, 3], 1, rank=2, world=2)


@pytest.mark.parametrize("world", (1, 2, 3, 8, 64))
def test_any_number_of_ranks_steps_as_one_would(world: int) -> None:
    lengths = np.random.default_rng(1).integers(50, 900, 700)
    shares = [indices(LengthBatchSampler(lengths, 4, rank=rank, world=world)) for rank in range(world)]
    together = [sorted(item for batch in step for item in batch) for step in zip(*shares, strict=True)]
    alone = [sorted(batch) for batch in indices(LengthBatchSampler(lengths, 4 * world))]
    assert together == alone


@pytest.mark.parametrize("world", (2, 3, 8, 64))
def test_ranks_validate_equally_many_batches(world: int) -> None:
    samplers = [LengthBatchSampler(LENGTHS, 8, rank=rank, world=world, shuffle=False) for rank in range(world)]
    shares = [indices(sampler) for sampler in samplers]
    assert {len(share) for share in shares} == {len(sampler) for sampler in samplers} == {len(shares[0])}
    assert sorted(index for share in shares for batch in share for index in batch) == list(range(203))

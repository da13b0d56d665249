import numpy as np
import pytest

from datamodules import sampling
from datamodules.sampling import Draw, EvenBatches, picks, training_loader


class Letters:
    """A dataset indexed with draws: gives them back."""

    def __init__(self, count: int):
        self.count = count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, draw: Draw) -> Draw:
        return draw


def epoch_of(count: int, batch_size: int, epoch: int = 0, together: int = 1) -> list[list[Draw]]:
    loader = training_loader(Letters(count), batch_size, seed=3, collate=list, together=together)
    loader.sampler.set_epoch(epoch)
    return list(loader)


def test_a_last_batch_that_is_not_full_is_left_out_unless_it_is_the_only_one():
    assert [len(batch) for batch in epoch_of(5, 2)] == [2, 2]
    assert [len(batch) for batch in epoch_of(4, 4)] == [4]
    assert [len(batch) for batch in epoch_of(3, 4)] == [3]


def test_draws_say_seed_and_epoch_and_their_order_changes_with_it():
    first, again, later = ([draw for batch in epoch_of(8, 2, epoch) for draw in batch] for epoch in (0, 0, 1))
    assert first == again and {draw.seed for draw in first} == {3}
    assert sorted(draw.index for draw in first) == list(range(8))
    assert [draw.index for draw in first] != [draw.index for draw in later]
    assert {draw.epoch for draw in later} == {1}
    assert first[0].generator().random() != later[0].generator().random()


WORLDS = (1, 2, 3, 8, 64)


def ranks_of(world: int, monkeypatch: pytest.MonkeyPatch, count: int, batch_size: int) -> list[list[list[Draw]]]:
    """The epoch of every rank of a training that is distributed in name only."""
    epochs = []
    for rank in range(world):
        monkeypatch.setattr(sampling, "rank_and_ranks", lambda rank=rank: (rank, world))
        epochs.append(epoch_of(count, batch_size))
    return epochs


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("count", (64, 203, 1000))
def test_ranks_train_on_equally_many_batches_and_on_no_item_twice(world, count, monkeypatch):
    epochs = ranks_of(world, monkeypatch, count, 3)
    assert len({tuple(len(batch) for batch in epoch) for epoch in epochs}) == 1
    drawn = [draw.index for epoch in epochs for batch in epoch for draw in batch]
    assert len(drawn) == len(set(drawn))
    assert len(drawn) > count - 3 * world


@pytest.mark.parametrize("world", WORLDS)
def test_a_step_of_all_ranks_is_that_of_one_with_their_batches_together(world, monkeypatch):
    epochs = ranks_of(world, monkeypatch, 500, 2)
    together = [{draw for batch in step for draw in batch} for step in zip(*epochs, strict=True)]
    alone = ranks_of(1, monkeypatch, 500, 2 * world)[0]
    assert together == [set(batch) for batch in alone]


def test_parts_of_a_draw_stay_together_and_an_epoch_keeps_its_length():
    pairs = [draw for batch in epoch_of(9, 4, together=2) for draw in batch]
    assert len(pairs) == 8 and [draw.part for draw in pairs] == 4 * [0, 1]
    assert [draw.index for draw in pairs[::2]] == [draw.index for draw in pairs[1::2]]
    assert pairs[0].generator().random() == pairs[1].generator().random()
    alone = [draw.index for batch in epoch_of(9, 4) for draw in batch]
    assert [draw.index for draw in pairs[::2]] == alone[:4]
    assert [len(batch) for batch in epoch_of(3, 4, together=2)] == [2]


def test_an_epoch_of_pairs_goes_on_in_its_middle():
    loader = training_loader(Letters(9), 4, seed=3, collate=list, together=2)
    whole = list(loader)
    loader.load_state_dict({"epoch": 0, "batches": 1})
    assert list(loader) == whole[1:]


def test_fewer_items_than_ranks_are_repeated(monkeypatch):
    epochs = ranks_of(8, monkeypatch, 3, 4)
    assert [[len(batch) for batch in epoch] for epoch in epochs] == [[1]] * 8
    assert {batch[0].index for epoch in epochs for batch in epoch} == {0, 1, 2}


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("count", (64, 65, 203, 1000))
@pytest.mark.parametrize("batch_size", (2, 7, 32))
def test_ranks_validate_every_item_once_in_equally_many_batches(world, count, batch_size, recwarn):
    shares = [EvenBatches(range(count), batch_size, rank, world) for rank in range(world)]
    assert len({len(share) for share in shares}) == 1
    sizes = [len(batch) for share in shares for batch in share]
    assert min(sizes) >= 1 and max(sizes) <= batch_size
    assert sorted(index for share in shares for batch in share for index in batch) == list(range(count))
    assert not recwarn.list


def test_items_that_are_counted_twice_are_told(recwarn):
    shares = [list(EvenBatches(range(3), 4, rank, 8)) for rank in range(8)]
    assert shares == [[[place % 3]] for place in range(8)]
    assert "5 of them are counted twice" in str(recwarn.pop(UserWarning).message)
    assert [list(EvenBatches(range(3), 1, rank, 2)) for rank in range(2)] == [[[0], [2]], [[1], [0]]]
    assert "1 of them" in str(recwarn.pop(UserWarning).message)
    assert list(EvenBatches([], 4, 1, 2)) == []


def test_picks_are_even_and_independent_of_their_neighbours():
    def taken(seed: int, epoch: int) -> np.ndarray:
        return picks([Draw(item, seed, epoch) for item in range(2000)], np.full(2000, 5))

    first, second = taken(3, 0), taken(3, 1)
    assert np.abs(np.bincount([*first, *second], minlength=5) / 4000 - 0.2).max() < 0.03
    for one, other in ((first, second), (first, taken(4, 0)), (first[1:], first[:-1])):
        assert abs(np.mean(one == other) - 0.2) < 0.03
    assert picks([Draw(7, 3, 1)], np.array([5])) == second[7]

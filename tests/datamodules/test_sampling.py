from datamodules.sampling import Draw, training_loader


class Letters:
    """A dataset indexed with draws: gives them back."""

    def __init__(self, count: int):
        self.count = count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, draw: Draw) -> Draw:
        return draw


def epoch_of(count: int, batch_size: int, epoch: int = 0) -> list[list[Draw]]:
    loader = training_loader(Letters(count), batch_size, seed=3, collate=list)
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

from collections import Counter

from datamodules.corpora.manifest import hash_fraction, split_of


def test_splits_never_move():
    assert hash_fraction("p225_001") == hash_fraction("p225_001")
    assert round(hash_fraction("p225_001"), 6) == 0.150713
    counts = Counter(split_of(f"u{i}") for i in range(4000))
    assert 0.88 < counts["train"] / 4000 < 0.92
    assert min(counts["validation"], counts["test"]) > 150


def test_shares_are_arguments():
    assert {split_of(f"u{i}", validation=0.0, test=0.0) for i in range(50)} == {"train"}

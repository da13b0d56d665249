"""Corpora by weight: who is drawn how often, and that nothing depends on who else is there."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from anyonenet.errors import InputError
from datamodules.mixing import JoinedStores, Mixture, corpus_weights
from datamodules.sampling import Draw
from datamodules.store import Store, StoreWriter


def drawn(mixture: Mixture, epoch: int = 0, seed: int = 0) -> list[int]:
    draws = [Draw(place, seed, epoch) for place in range(len(mixture))]
    items = [mixture.item(draw) for draw in draws]
    assert mixture.items(draws).tolist() == items
    return items


def test_names_alone_weigh_one() -> None:
    assert corpus_weights(["b", "a"]) == {"b": 1.0, "a": 1.0} == corpus_weights({"b": 1, "a": 1.0})
    assert corpus_weights("a") == {"a": 1.0}


def test_wrong_weights_are_named() -> None:
    with pytest.raises(InputError, match="a: 0, b: nan"):
        corpus_weights({"a": 0.0, "b": float("nan"), "c": 1})
    with pytest.raises(InputError, match="name a twice"):
        corpus_weights(["a", "b", "a"])
    with pytest.raises(InputError, match="no corpora"):
        corpus_weights([])


def test_weight_one_is_every_item_once_in_order() -> None:
    mixture = Mixture([([4, 5, 9], 1.0), ([7], 1.0)])
    assert drawn(mixture) == drawn(mixture, epoch=3) == [4, 5, 9, 7]


def test_items_come_as_often_as_their_corpus_weighs() -> None:
    mixture = Mixture([(range(10), 2.0), (range(10, 30), 0.25), (range(30, 40), 1.5)], np.arange(40))
    counts: Counter[int] = Counter()
    for epoch in range(200):
        counts.update(drawn(mixture, epoch))
    assert len(mixture) == 20 + 5 + 15
    assert {counts[item] for item in range(10)} == {400}
    for items, weight in ((range(10, 30), 0.25), (range(30, 40), 1.5)):
        for item in items:
            assert counts[item] / 200 == pytest.approx(weight, abs=0.15)


def test_epochs_differ_and_repeat() -> None:
    mixture = Mixture([(range(50), 0.3)])
    assert drawn(mixture, 1) == drawn(mixture, 1) != drawn(mixture, 2)
    assert drawn(mixture, 1, seed=1) != drawn(mixture, 1)


def test_items_of_like_length_share_a_place() -> None:
    lengths = np.array([10, 500, 12, 490, 11, 510, 13, 505])
    mixture = Mixture([(range(8), 0.5)], lengths)
    told = mixture.lengths(lengths)
    assert len(told) == 4
    for epoch in range(20):
        for place, item in enumerate(drawn(mixture, epoch)):
            assert lengths[item] == pytest.approx(told[place], rel=0.1)


def test_stores_are_read_as_one(tmp_path: Path) -> None:
    for name, values in (("a", [1, 2, 3]), ("b", [4, 5])):
        with StoreWriter(tmp_path / name, {}) as writer:
            for value in values:
                writer.add({"corpus": name, "id": value}, {"mel": np.full((value, 2), value, np.float16)})
    joined = JoinedStores({name: Store(tmp_path / name) for name in "ab"})
    assert len(joined) == 5 and joined.manifest["corpus"].tolist() == ["a", "a", "a", "b", "b"]
    assert joined.lengths("mel").tolist() == [1, 2, 3, 4, 5]
    assert [float(joined.array("mel", row)[0, 0]) for row in range(5)] == [1, 2, 3, 4, 5]
    assert list(joined.rows_of("b")) == [3, 4]

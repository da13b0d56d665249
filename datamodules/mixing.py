"""Several corpora in one training: their stores read as one, their items drawn by the weight of their corpus."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from anyonenet.errors import InputError
from datamodules.sampling import Draw
from datamodules.store import Store

Corpora = Sequence[str] | Mapping[str, float]
"""names, or name -> weight: how often each of its items is drawn in an epoch, on average"""


def corpus_weights(corpora: Corpora) -> dict[str, float]:
    """Name -> weight, in the order given; names alone weigh 1: every item once an epoch.

    Raises:
        InputError: none, one twice, or a weight that is not a positive number.
    """
    if isinstance(corpora, str):
        corpora = [corpora]
    names = list(corpora)
    if not names:
        raise InputError("no corpora are named; give at least one")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"the corpora name {', '.join(twice)} twice; name each once, or give it a weight")
    weights = {name: float(corpora[name]) if isinstance(corpora, Mapping) else 1.0 for name in names}
    wrong = [f"{name}: {weight:g}" for name, weight in weights.items() if not 0 < weight < math.inf]
    if wrong:
        raise InputError(f"the corpora's weights must be above 0, got {', '.join(wrong)}")
    return weights


class JoinedStores:
    """Stores of like items, read as one: the items of the first, then those of the second, and so on.

    Args:
        stores: name of the corpus -> its store.
    """

    def __init__(self, stores: Mapping[str, Store]):
        self.stores = dict(stores)
        parts = list(self.stores.values())
        self.begins = np.concatenate([[0], np.cumsum([len(store) for store in parts])]).astype(np.int64)
        """`(stores + 1,)`: where each store's items begin"""
        self.manifest = pd.concat([store.manifest for store in parts], ignore_index=True)
        self._parts = parts

    def __len__(self) -> int:
        return int(self.begins[-1])

    def lengths(self, name: str) -> np.ndarray:
        """`(items,)` int64: the length of each item's array along its first axis."""
        return np.concatenate([store.lengths(name) for store in self._parts])

    def array(self, name: str, index: int) -> np.ndarray:
        """Item `index` of array `name`: a read-only memory-mapped view `(length, ...)`."""
        place = int(np.searchsorted(self.begins, index, side="right")) - 1
        return self._parts[place].array(name, index - int(self.begins[place]))

    def rows_of(self, corpus: str) -> range:
        """The items of one corpus."""
        place = list(self.stores).index(corpus)
        return range(int(self.begins[place]), int(self.begins[place + 1]))


class Mixture:
    """Which item each draw of an epoch takes, so that corpora come by their weights.

    An epoch has a fixed number of places. A corpus of weight 1 has one for each item, one of weight 2 two. For what
    a weight has behind the point, items of like length share a place and take it at random, by (seed, epoch, place)
    alone: all of them are drawn in the long run, and lengths are known before the epoch begins.

    Args:
        groups: items of each corpus and its weight.
        lengths: of all items, by which the items that share a place are chosen; None: they do not matter.
    """

    def __init__(self, groups: Sequence[tuple[Sequence[int] | np.ndarray, float]], lengths: np.ndarray | None = None):
        ordered: list[np.ndarray] = []
        sizes: list[np.ndarray] = []
        for group, weight in groups:
            items = np.asarray(group, dtype=np.int64)
            whole = int(weight)
            ordered.append(np.tile(items, whole))
            sizes.append(np.ones(whole * len(items), dtype=np.int64))
            shared = round((weight - whole) * len(items))
            if shared:
                like = items if lengths is None else items[np.argsort(lengths[items], kind="stable")]
                ordered.append(like)
                sizes.append(np.diff(np.linspace(0, len(items), shared + 1).round().astype(np.int64)))
        self._items = np.concatenate(ordered) if ordered else np.zeros(0, dtype=np.int64)
        self._ends = np.cumsum(np.concatenate(sizes)) if sizes else np.zeros(0, dtype=np.int64)

    def __len__(self) -> int:
        return len(self._ends)

    def item(self, draw: Draw) -> int:
        """The item that a draw takes; `draw.index` is the place."""
        end = int(self._ends[draw.index])
        begin = int(self._ends[draw.index - 1]) if draw.index else 0
        if end - begin > 1:
            # numbers of their own, so that weights of others leave an item's draws as they are
            begin += int(np.random.default_rng([draw.seed, draw.epoch, draw.index, _SHARED]).integers(end - begin))
        return int(self._items[begin])

    def items(self, draws: Sequence[Draw]) -> np.ndarray:
        """`(draws,)` int64: `item` of each."""
        places = np.fromiter((draw.index for draw in draws), np.int64, len(draws))
        begins = np.where(places > 0, self._ends[places - 1], 0)
        taken = self._items[begins]
        for number in np.flatnonzero(self._ends[places] - begins > 1).tolist():
            taken[number] = self.item(draws[number])
        return taken

    def lengths(self, lengths: np.ndarray) -> np.ndarray:
        """`(places,)` the length that each place has, on average, from those of all items."""
        if not len(self):
            return np.zeros(0)
        begins = np.concatenate([[0], self._ends[:-1]])
        return np.add.reduceat(lengths[self._items].astype(np.float64), begins) / (self._ends - begins)


_SHARED = 0x5EA7
"""sets the choice among items that share a place apart from an item's own random numbers"""

"""What an item is called where people read of it: corpus, source, and the place in it."""

from __future__ import annotations

import pandas as pd

_SOURCES = ("clip", "id", "utterance", "source", "speaker")
"""columns that say what an item was made of; the first that is there counts"""
_PLACES = {"begin": "@", "frame": "#"}
"""columns that say which part of it, and the sign put before"""


class ItemNames:
    """Names of a store's items: `vctk/p225_001`, `obama/address_7@240`, `voxceleb2/id00012/x/00001#31`.

    Made of the manifest's own values when asked for: there may be millions of items.
    """

    def __init__(self, manifest: pd.DataFrame):
        named = next((name for name in _SOURCES if name in manifest), None)
        self._corpora = manifest["corpus"].to_numpy() if "corpus" in manifest else None
        self._sources = manifest[named].to_numpy() if named else None
        self._places = [(sign, manifest[name].to_numpy()) for name, sign in _PLACES.items() if name in manifest]

    def __getitem__(self, row: int) -> str:
        corpus = f"{self._corpora[row]}/" if self._corpora is not None else ""
        source = self._sources[row] if self._sources is not None else row
        return f"{corpus}{source}" + "".join(f"{sign}{places[row]}" for sign, places in self._places)

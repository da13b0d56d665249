"""Packed feature store: one memory-mapped array per feature, one offsets index, one Parquet manifest.

A store carries the options that made it; one made with other options is refused by name, never reused silently.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from anyonenet.checksum import sha256_of_values
from anyonenet.errors import CorpusError
from datamodules.store_files import (
    ItemFiles,
    ManifestWriter,
    Skipped,
    Summary,
    checksums,
    rows_table,
    write_index,
    write_meta,
    write_skipped,
)


class StoreWriter:
    """Write items one after the other into `folder`, which appears only when `close` succeeds.

    Each item has arrays (concatenated along their first axis, which may differ in length from item to item) and
    plain fields (one row of the manifest). Used as a context manager; an exception leaves nothing behind.
    """

    def __init__(self, folder: Path, options: Mapping[str, Any]):
        self.folder = Path(folder)
        self.options = json.loads(json.dumps(options))
        self._part = self.folder.with_name(f"{self.folder.name}.{os.getpid()}.part")
        shutil.rmtree(self._part, ignore_errors=True)
        self._part.mkdir(parents=True)
        self._items = ItemFiles(self._part)
        self.skipped: list[Skipped] = []

    def add(self, fields: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
        """Append one item: plain fields, and arrays `(length, ...)` whose length is the item's own.

        Raises:
            ValueError: an array's name, type or trailing shape differs from the first item's.
        """
        self._items.add(fields, arrays)

    def skip(self, path: str, reason: str, stage: str = "") -> None:
        """Note something that could not be used; listed in `skipped.csv` and counted in the summary."""
        self.skipped.append(Skipped(path, reason, stage))

    def close(self) -> None:
        """Write the index and put the store in its place. Raises CorpusError where no item was added."""
        self._items.close()
        if not self._items.rows:
            shutil.rmtree(self._part, ignore_errors=True)
            raise CorpusError(f"nothing usable for {self.folder}: {len(self.skipped)} sources, all skipped")
        summary = Summary(sources=len(self._items.rows) + len(self.skipped), lost=len(self.skipped))
        table = rows_table(self._items.rows)
        summary.add_rows(table)
        with ManifestWriter(self._part / "manifest.parquet", table.schema) as manifest:
            manifest.add(table)
        write_skipped(self._part / "skipped.csv", self.skipped, summary)
        write_index(self._part, self._items.lengths)
        write_meta(self._part, self.options, self._items.kinds, summary)
        shutil.rmtree(self.folder, ignore_errors=True)
        os.replace(self._part, self.folder)

    def __enter__(self) -> StoreWriter:
        return self

    def __exit__(self, kind: Any, *_: Any) -> None:
        if kind is None:
            self.close()
        else:
            self._items.close()
            shutil.rmtree(self._part, ignore_errors=True)


class Store:
    """Read a store: `store.manifest` is a DataFrame (one row an item), `store.array(name, i)` a view of item i."""

    def __init__(self, folder: Path, options: Mapping[str, Any] | None = None):
        """
        Args:
            folder: what `StoreWriter` or `datamodules.prepare` made.
            options: when given, the options the store must have been made with.

        Raises:
            CorpusError: no store there, or one made with other options (each differing option is named).
        """
        self.folder = Path(folder)
        meta_path = self.folder / "store.json"
        if not meta_path.is_file():
            raise CorpusError(f"no feature store in {self.folder}: store.json is missing")
        meta = json.loads(meta_path.read_text(encoding="utf-8"))
        self.options: dict[str, Any] = meta["options"]
        if options is not None:
            differing = differing_options(self.options, options)
            if differing:
                raise CorpusError(
                    f"the feature store {self.folder} was made with other options ({differing}); "
                    "delete it or choose another folder"
                )
        self.summary: dict[str, Any] = meta.get("summary", {})
        self.manifest = pd.read_parquet(self.folder / "manifest.parquet")
        self._files: dict[str, str] = meta.get("files", {})
        self._arrays = meta["arrays"]
        self._offsets = {name: np.load(self.folder / f"{name}.offsets.npy") for name in self._arrays}
        self._maps: dict[str, np.ndarray] = {}

    def __len__(self) -> int:
        return len(self.manifest)

    def lengths(self, name: str) -> np.ndarray:
        """`(items,)` int64: the length of each item's array along its first axis."""
        return np.diff(self._offsets[name])

    def array(self, name: str, index: int) -> np.ndarray:
        """Item `index` of array `name`: a read-only memory-mapped view `(length, ...)`."""
        packed = self._maps.get(name)
        if packed is None:
            packed = self._maps[name] = self._map(name)
        offsets = self._offsets[name]
        return packed[offsets[index] : offsets[index + 1]]

    @property
    def checksum(self) -> str:
        """SHA-256 of the options and all files, as they were when the store was made."""
        return sha256_of_values([self.options, self._files])

    def verify(self) -> None:
        """Read every byte again.

        Raises:
            CorpusError: files that are no longer what they were, by name.
        """
        found = checksums(self.folder)
        names = sorted(set(found) | set(self._files))
        damaged = [name for name in names if found.get(name) != self._files.get(name)]
        if damaged:
            raise CorpusError(f"the feature store {self.folder} is damaged ({', '.join(damaged)}); prepare it again")

    def _map(self, name: str) -> np.ndarray:
        kind = self._arrays[name]
        rows = int(self._offsets[name][-1])
        shape = (rows, *kind["shape"])
        if 0 in shape:  # nothing can be mapped
            return np.zeros(shape, kind["dtype"])
        # a plain array over the map: slices of np.memmap itself are ten times slower
        return np.asarray(np.memmap(self.folder / f"{name}.bin", dtype=kind["dtype"], mode="r", shape=shape))

    def __getstate__(self) -> dict[str, Any]:  # workers open their own maps
        return {**self.__dict__, "_maps": {}}


def differing_options(made: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    """Each option that differs with both values, as 'rate = 16000, wanted 24000; ...'; empty where none does."""
    wanted = json.loads(json.dumps(wanted))
    return "; ".join(
        f"{key} = {made.get(key)!r}, wanted {wanted.get(key)!r}"
        for key in sorted(set(wanted) | set(made))
        if made.get(key) != wanted.get(key)
    )

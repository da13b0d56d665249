"""Packed feature store: one memory-mapped array per feature, one offsets index, one Parquet manifest.

A store carries the options that made it; one made with other options is refused by name, never reused silently.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from anyonenet.errors import CorpusError


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
        self._files: dict[str, Any] = {}
        self._kinds: dict[str, tuple[str, tuple[int, ...]]] = {}
        self._lengths: dict[str, list[int]] = {}
        self._rows: list[dict[str, Any]] = []
        self.skipped: list[dict[str, str]] = []

    def add(self, fields: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
        """Append one item: plain fields, and arrays `(length, ...)` whose length is the item's own.

        Raises:
            ValueError: an array's name, type or trailing shape differs from the first item's.
        """
        if self._rows and set(arrays) != set(self._kinds):
            raise ValueError(f"item has arrays {sorted(arrays)}, the store has {sorted(self._kinds)}")
        for name, array in arrays.items():
            kind = (array.dtype.str, array.shape[1:])
            if self._kinds.setdefault(name, kind) != kind:
                raise ValueError(f"array '{name}' is {kind}, the store has {self._kinds[name]}")
            if name not in self._files:
                self._files[name] = (self._part / f"{name}.bin").open("wb")
                self._lengths[name] = []
            self._files[name].write(np.ascontiguousarray(array).tobytes())
            self._lengths[name].append(len(array))
        self._rows.append(dict(fields))

    def skip(self, source: str, reason: str) -> None:
        """Note a source that could not be used; listed in `skipped.csv` and counted in the summary."""
        self.skipped.append({"source": source, "reason": reason})

    def close(self) -> None:
        """Write the index and put the store in its place. Raises CorpusError where no item was added."""
        for file in self._files.values():
            file.close()
        if not self._rows:
            shutil.rmtree(self._part, ignore_errors=True)
            raise CorpusError(f"nothing usable for {self.folder}: {len(self.skipped)} sources, all skipped")
        for name, lengths in self._lengths.items():
            np.save(self._part / f"{name}.offsets.npy", np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64))
        pd.DataFrame(self._rows).to_parquet(self._part / "manifest.parquet")
        pd.DataFrame(self.skipped, columns=["source", "reason"]).to_csv(self._part / "skipped.csv", index=False)
        meta = {
            "options": self.options,
            "arrays": {name: {"dtype": dtype, "shape": list(shape)} for name, (dtype, shape) in self._kinds.items()},
            "items": len(self._rows),
            "skipped": len(self.skipped),
        }
        (self._part / "store.json").write_text(json.dumps(meta, indent=1, ensure_ascii=False), encoding="utf-8")
        shutil.rmtree(self.folder, ignore_errors=True)
        os.replace(self._part, self.folder)

    def __enter__(self) -> StoreWriter:
        return self

    def __exit__(self, kind: Any, *_: Any) -> None:
        if kind is None:
            self.close()
        else:
            for file in self._files.values():
                file.close()
            shutil.rmtree(self._part, ignore_errors=True)


class Store:
    """Read a store: `store.manifest` is a DataFrame (one row an item), `store.array(name, i)` a view of item i."""

    def __init__(self, folder: Path, options: Mapping[str, Any] | None = None):
        """
        Args:
            folder: what `StoreWriter` made.
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
            wanted = json.loads(json.dumps(options))
            differing = [
                f"{key} = {self.options.get(key)!r}, wanted {wanted.get(key)!r}"
                for key in sorted(set(wanted) | set(self.options))
                if self.options.get(key) != wanted.get(key)
            ]
            if differing:
                raise CorpusError(
                    f"the feature store {self.folder} was made with other options ({'; '.join(differing)}); "
                    "delete it or choose another folder"
                )
        self.manifest = pd.read_parquet(self.folder / "manifest.parquet")
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
        if name not in self._maps:
            kind = self._arrays[name]
            rows = int(self._offsets[name][-1])
            self._maps[name] = np.memmap(
                self.folder / f"{name}.bin", dtype=kind["dtype"], mode="r", shape=(rows, *kind["shape"])
            )
        begin, end = self._offsets[name][index : index + 2]
        return self._maps[name][begin:end]

    def __getstate__(self) -> dict[str, Any]:  # workers open their own maps
        return {**self.__dict__, "_maps": {}}


def open_or_build(
    folder: Path, options: Mapping[str, Any], items: Iterable[tuple[Mapping[str, Any], Mapping[str, np.ndarray]]]
) -> Store:
    """The store in `folder` if it is there with these options, else one built from `items` (fields, arrays)."""
    if not (Path(folder) / "store.json").is_file():
        with StoreWriter(folder, options) as writer:
            for fields, arrays in items:
                writer.add(fields, arrays)
    return Store(folder, options)

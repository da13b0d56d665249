"""The files of a feature store while they are written: arrays packed one after the other, rows, index, summary."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from anyonenet.checksum import sha256_of

ArrayKind = tuple[str, tuple[int, ...]]
"""type, as '<f2', and shape behind the first axis"""

GROUP_ROWS = 10_000
"""rows of a manifest that are written, and held in memory, together"""

_COUNTED = {"split": "splits", "language": "languages", "sex": "sexes"}
"""column of a manifest -> what the summary calls the number of items with each of its values"""


@dataclass(frozen=True)
class Skipped:
    """One line of `skipped.csv`: something that could not be used."""

    path: str
    reason: str
    stage: str = ""


class ItemFiles:
    """Items appended to one file per array; what came after a mark can be taken back.

    Args:
        folder: exists; gets `NAME.bin` for each array.
    """

    def __init__(self, folder: Path):
        self.folder = Path(folder)
        self.kinds: dict[str, ArrayKind] = {}
        self.lengths: dict[str, list[int]] = {}
        self.rows: list[dict[str, Any]] = []
        self._files: dict[str, BinaryIO] = {}

    def add(self, fields: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
        """Append one item.

        Raises:
            ValueError: an array's name, type or trailing shape differs from the first item's.
        """
        if self.rows and set(arrays) != set(self.kinds):
            raise ValueError(f"item has arrays {sorted(arrays)}, the store has {sorted(self.kinds)}")
        for name, array in arrays.items():
            kind = (array.dtype.str, array.shape[1:])
            if self.kinds.get(name, kind) != kind:
                raise ValueError(f"array '{name}' is {kind}, the store has {self.kinds[name]}")
        for name, array in arrays.items():
            if name not in self._files:
                self.kinds[name] = (array.dtype.str, array.shape[1:])
                self._files[name] = (self.folder / f"{name}.bin").open("wb")
                self.lengths[name] = []
            self._files[name].write(np.ascontiguousarray(array).tobytes())
            self.lengths[name].append(len(array))
        self.rows.append(dict(fields))

    def mark(self) -> int:
        """Where `back_to` goes back to: the number of items so far."""
        return len(self.rows)

    def back_to(self, mark: int) -> None:
        """Forget the items since the mark."""
        del self.rows[mark:]
        for name, lengths in self.lengths.items():
            del lengths[mark:]
            dtype, shape = self.kinds[name]
            size = sum(lengths) * int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
            self._files[name].seek(size)
            self._files[name].truncate()
        if not self.rows:
            self.close()
            for name in self._files:
                (self.folder / f"{name}.bin").unlink()
            self.kinds, self.lengths, self._files = {}, {}, {}

    def close(self) -> None:
        """Write out what is buffered."""
        for file in self._files.values():
            file.close()


def rows_table(rows: list[dict[str, Any]]) -> pa.Table:
    """Rows as a table; a field that a row lacks is null there."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    return pa.table({name: pa.array([row.get(name) for row in rows]) for name in names})


class ManifestWriter:
    """Rows into a Parquet file whose bytes depend on the rows alone, not on how they arrive. A context.

    Args:
        path: of the file.
        schema: of all rows.
    """

    def __init__(self, path: Path, schema: pa.Schema):
        self._schema = schema
        self._writer = pq.ParquetWriter(path, schema)
        self._waiting: list[pa.Table] = []

    def add(self, table: pa.Table) -> None:
        """Append rows; columns that they lack are null."""
        columns = [
            table.column(field.name).cast(field.type)
            if field.name in table.column_names
            else pa.nulls(len(table), field.type)
            for field in self._schema
        ]
        self._waiting.append(pa.table(columns, schema=self._schema))
        if sum(len(waiting) for waiting in self._waiting) >= GROUP_ROWS:
            self._write(GROUP_ROWS)

    def _write(self, smallest: int) -> None:
        table = pa.concat_tables(self._waiting)
        begin = 0
        while len(table) - begin >= smallest:
            self._writer.write_table(table.slice(begin, GROUP_ROWS).combine_chunks())
            begin += GROUP_ROWS
        self._waiting = [table.slice(begin)] if begin < len(table) else []

    def __enter__(self) -> ManifestWriter:
        return self

    def __exit__(self, kind: Any, *_: Any) -> None:
        if kind is None and self._waiting:
            self._write(1)
        self._writer.close()


@dataclass
class Summary:
    """What a store holds, counted row by row."""

    items: int = 0
    sources: int = 0
    limit: int | None = None
    """of the sources, where not all of the corpus was asked for"""
    lost: float = 0.0
    """sources that gave nothing, those that gave a part counted by the share that is missing"""
    seconds: float = 0.0
    speakers: set[str] = field(default_factory=set)
    counts: dict[str, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in _COUNTED})
    stages: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    def add_rows(self, table: pa.Table) -> None:
        """Count rows of the manifest."""
        self.items += len(table)
        if "seconds" in table.column_names:
            self.seconds += float(np.nansum(table.column("seconds").to_numpy(zero_copy_only=False).astype(float)))
        for name in ("speaker", "person"):
            if name in table.column_names:
                self.speakers |= {str(value) for value in table.column(name).unique().to_pylist() if value is not None}
                break
        for name in _COUNTED:
            if name in table.column_names:
                values = (value for value in table.column(name).to_pylist() if value is not None)
                self.counts[name].update(str(value) for value in values)

    def add_skipped(self, skipped: Skipped) -> None:
        """Count something that could not be used."""
        self.stages[skipped.stage] += 1
        self.reasons[reason_kind(skipped)] += 1

    def as_dict(self) -> dict[str, Any]:
        """As `store.json` has it."""
        found: dict[str, Any] = {"sources": self.sources, "sources_lost": round(self.lost, 3)}
        if self.limit is not None:
            found["limit"] = self.limit
        found |= {"hours": round(self.seconds / 3600, 4), "speakers": len(self.speakers)}
        found |= {_COUNTED[name]: dict(sorted(counts.items())) for name, counts in self.counts.items() if counts}
        found["skipped"] = sum(self.stages.values())
        found["skipped_by_stage"] = dict(self.stages.most_common())
        found["skipped_by_reason"] = dict(self.reasons.most_common(50))
        return found


def reason_kind(skipped: Skipped) -> str:
    """A reason without what is particular to one file, its name and its numbers, so that like ones can be counted."""
    bare = re.sub(re.escape(skipped.path) + r":?\s*", "", skipped.reason)
    bare = re.sub(r"\S*[/\\]\S+", "...", bare)
    return re.sub(r"\d+(?:[.,]\d+)*", "N", bare).strip() or skipped.reason


def write_skipped(path: Path, skipped: Iterable[Skipped], summary: Summary) -> None:
    """`skipped.csv`: path, reason, stage; counted on the way."""
    rows = list(skipped)
    for row in rows:
        summary.add_skipped(row)
    columns = ["path", "reason", "stage"]
    pd.DataFrame([vars(row) for row in rows], columns=columns).to_csv(path, index=False, lineterminator="\n")


def write_index(folder: Path, lengths: Mapping[str, Iterable[int]]) -> None:
    """`NAME.offsets.npy`, `(items + 1,)` int64, of each array."""
    for name, values in lengths.items():
        offsets = np.concatenate([[0], np.cumsum(np.fromiter(values, np.int64))]).astype(np.int64)
        np.save(folder / f"{name}.offsets.npy", offsets)


def write_meta(folder: Path, options: Mapping[str, Any], kinds: Mapping[str, ArrayKind], summary: Summary) -> None:
    """`store.json`: options, arrays, summary, and a checksum of every other file."""
    meta = {
        "options": options,
        "arrays": {name: {"dtype": kind[0], "shape": list(kind[1])} for name, kind in sorted(kinds.items())},
        "items": summary.items,
        "summary": summary.as_dict(),
        "files": checksums(folder),
    }
    (folder / "store.json").write_text(json.dumps(meta, indent=1, ensure_ascii=False), encoding="utf-8")


def checksums(folder: Path) -> dict[str, str]:
    """SHA-256 of every file of a store but `store.json`."""
    names = sorted(path.name for path in Path(folder).iterdir() if path.name != "store.json")
    return {name: sha256_of(Path(folder) / name) for name in names}

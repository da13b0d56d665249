"""Complete parts, in order, become one store."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from anyonenet.errors import CorpusError
from datamodules.prepare.parts import Part, PartFacts
from datamodules.prepare.recipe import Recipe
from datamodules.store import Store
from datamodules.store_files import ArrayKind, ManifestWriter, Summary, write_index, write_meta, write_skipped


def merge(
    folder: Path,
    recipe: Recipe,
    options: Mapping[str, Any],
    parts: Sequence[Part],
    found: Sequence[PartFacts],
    limit: int | None,
) -> Store:
    """Write the store of all parts beside its place and rename it. One process on a machine does so at a time.

    Its bytes depend on the items alone, not on how they were cut into parts. Arrays are copied part by part, rows
    in groups: memory does not grow with the corpus but for the index (8 bytes an item and array) and, where a recipe
    splits items when all are known, the columns it goes by.

    Args:
        folder: of the store.
        recipe: whose.
        options: of the recipe.
        parts: all of them, in order.
        found: what each holds.
        limit: of the sources, where not all of the corpus was asked for.

    Raises:
        CorpusError: no part has an item.
        ValueError: the parts' arrays differ in type or shape.
    """
    kinds = _kinds(parts, found)
    if not kinds:
        raise CorpusError(
            f"nothing usable for {folder}: {sum(len(part.sources) for part in parts)} sources, all skipped"
        )
    for stopped in folder.parent.glob(f"{folder.name}.{socket.gethostname()}.*.merging"):
        shutil.rmtree(stopped, ignore_errors=True)
    beside = folder.with_name(f"{folder.name}.{socket.gethostname()}.{os.getpid()}.merging")
    beside.mkdir(parents=True)
    try:
        summary = Summary(
            sources=sum(len(part.sources) for part in parts), lost=sum(facts.lost for facts in found), limit=limit
        )
        full = [part for part, facts in zip(parts, found) if facts.items]
        _merge_rows(beside / "manifest.parquet", recipe, full, summary)
        for name in kinds:
            with (beside / f"{name}.bin").open("wb") as file:
                for part in full:
                    with (part.folder / f"{name}.bin").open("rb") as source:
                        shutil.copyfileobj(source, file, 1 << 20)
        write_index(beside, {name: _lengths(name, full) for name in kinds})
        write_skipped(beside / "skipped.csv", (row for facts in found for row in facts.skipped), summary)
        write_meta(beside, options, kinds, summary)
        os.replace(beside, folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return Store(folder)


def _kinds(parts: Sequence[Part], found: Sequence[PartFacts]) -> dict[str, ArrayKind]:
    kinds: dict[str, ArrayKind] = {}
    for part, facts in zip(parts, found):
        if kinds and facts.items and facts.kinds != kinds:
            raise ValueError(f"{part.folder} has the arrays {facts.kinds}, the parts before it {kinds}")
        kinds = kinds or facts.kinds
    return kinds


def _merge_rows(path: Path, recipe: Recipe, parts: Sequence[Part], summary: Summary) -> None:
    files = [part.folder / "rows.parquet" for part in parts]
    schema = pa.unify_schemas([pq.read_schema(file) for file in files], promote_options="permissive")
    splits: Sequence[str] | None = None
    if recipe.split_columns:
        told = [pq.read_table(file, columns=list(recipe.split_columns)) for file in files]
        splits = recipe.splits(pa.concat_tables(told, promote_options="permissive").to_pandas())
        schema = schema.append(pa.field("split", pa.string()))
    begin = 0
    with ManifestWriter(path, schema) as manifest:
        for file in files:
            rows = pq.read_table(file)
            if splits is not None:
                rows = rows.append_column("split", pa.array(splits[begin : begin + len(rows)], pa.string()))
                begin += len(rows)
            summary.add_rows(rows)
            manifest.add(rows)


def _lengths(name: str, parts: Sequence[Part]) -> np.ndarray:
    return np.concatenate([np.load(part.folder / f"{name}.lengths.npy") for part in parts])

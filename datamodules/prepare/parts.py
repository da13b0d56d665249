"""The work on a corpus in parts: consecutive sources whose items are written beside and renamed.

A part that has its name is complete. It also knows what it was made of (options and sources), so a part of an earlier
run is used again exactly where it would come out the same.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from anyonenet.errors import AnyoneNetError, FaceError, WeightsError
from datamodules.prepare.recipe import Item, Recipe, Skip, Source
from datamodules.store_files import ArrayKind, ItemFiles, Skipped, rows_table

MOST_PARTS = 64
"""a small corpus is cut into so many parts, if its sources suffice, so that all workers end together"""

Alive = Callable[[str | None], object]
"""called with a source's key when its work begins, with None when it has given an item"""


@dataclass(frozen=True)
class Part:
    """Consecutive sources of a recipe, and the folder that holds their items once they are complete."""

    index: int
    folder: Path
    sources: list[Source]
    made_of: str
    """digest of the options and the sources"""


@dataclass(frozen=True)
class PartFacts:
    """What a complete part holds, as its `part.json` says."""

    made_of: str
    items: int
    lost: float
    """sources that gave nothing, those that gave a part counted by the share that is missing"""
    skipped: list[Skipped]
    changes: dict[str, list[int] | None]
    """path -> size and time of change of each file that was skipped or had something skipped, None where it is none"""
    kinds: dict[str, ArrayKind]


def cut(recipe: Recipe, options: Mapping[str, Any], sources: list[Source], folder: Path) -> list[Part]:
    """The parts of a corpus, the same in every process and for any number of workers and shards.

    Raises:
        ValueError: two sources have the same key.
    """
    keys = {source.key for source in sources}
    if len(keys) < len(sources):
        raise ValueError(f"{recipe.name}: {len(sources) - len(keys)} sources have the key of another one")
    size = max(1, min(recipe.part_sources, len(sources) // MOST_PARTS))
    told = json.dumps(options, sort_keys=True, ensure_ascii=False)
    parts = []
    for index, begin in enumerate(range(0, len(sources), size)):
        mine = sources[begin : begin + size]
        described = [[source.key, str(source.path), repr(source.content)] for source in mine]
        digest = hashlib.sha256(f"{told}\n{json.dumps(described)}".encode()).hexdigest()
        parts.append(Part(index, folder / f"{index:06d}", mine, digest))
    return parts


def facts(part: Part) -> PartFacts | None:
    """What a part holds; None where it is not complete, or would come out differently now.

    That is so where its options or sources have changed, or a file that could not be used has been mended.
    """
    try:
        told = json.loads((part.folder / "part.json").read_text(encoding="utf-8"))
        skipped = [Skipped(**row) for row in told["skipped"]]
        kinds = {name: (kind[0], tuple(kind[1])) for name, kind in told["kinds"].items()}
        found = PartFacts(told["made_of"], told["items"], told["lost"], skipped, told["changes"], kinds)
        sizes = told["sizes"]
    except (OSError, ValueError, KeyError, TypeError):  # not there, or not of this version
        return None
    same = found.made_of == part.made_of and found.changes == _changes(found.changes)
    return found if same and sizes == {name: _size(part.folder / name) for name in sizes} else None


def write_part(recipe: Recipe, part: Part, banned: Mapping[str, str], alive: Alive) -> None:
    """Work on a part's sources and put its folder in place.

    Args:
        recipe: whose.
        part: which.
        banned: key -> reason of the sources that have ended or stopped a worker; they are skipped.
        alive: is told of progress.

    Raises:
        OSError: the part cannot be written.
    """
    beside = part.folder.with_name(f"{part.folder.name}.{socket.gethostname()}.{os.getpid()}.part")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    files = ItemFiles(beside)
    skipped: list[Skipped] = []
    lost, watched = 0.0, set()
    try:
        for source in part.sources:
            before, listed = files.mark(), len(skipped)
            if source.key in banned:
                skipped.append(_skipped(source.path, banned[source.key], "worker"))
            else:
                alive(source.key)
                _work(recipe, source, files, skipped, alive)
            gave, missing = files.mark() - before, len(skipped) - listed
            lost += 1.0 if gave == 0 else missing / (gave + missing)
            if missing:
                watched |= {str(source.path), *(row.path for row in skipped[listed:])}
        holds = PartFacts(part.made_of, files.mark(), lost, skipped, _changes(sorted(watched)), files.kinds)
        _close(beside, files, holds)
        _put(beside, part.folder)
    finally:
        files.close()
        shutil.rmtree(beside, ignore_errors=True)


def remove_unfinished(part: Part) -> None:
    """Remove what stopped runs have left of a part."""
    for folder in part.folder.parent.glob(f"{part.folder.name}.*.part"):
        shutil.rmtree(folder, ignore_errors=True)


def _work(recipe: Recipe, source: Source, files: ItemFiles, skipped: list[Skipped], alive: Alive) -> None:
    """Add the items of one source, or list it."""
    before, listed = files.mark(), len(skipped)

    def skip(path: str, reason: str, stage: str) -> None:
        skipped.append(_skipped(path, reason, stage))

    try:
        # what a recipe raises is the source's fault; what the disk raises while items are written is not
        for fields, arrays in _guarded(recipe, source, skip):
            files.add(fields, arrays)
            alive(None)
        if files.mark() == before and len(skipped) == listed:
            skip(str(source.path), "nothing usable in it", "items")
    except _Unusable as error:
        files.back_to(before)
        # what was said of the source's pieces falls with it; what was said of other files (copies of it) stays
        skipped[listed:] = [row for row in skipped[listed:] if not row.path.startswith(str(source.path))]
        skip(str(source.path), str(error), error.stage)


def _skipped(path: Path | str, reason: str, stage: str) -> Skipped:
    """One line; names of files that are no UTF-8 are spelled out, so that it can be written."""
    told = (str(path), " ".join(reason.split()), stage)
    return Skipped(*(text.encode("utf-8", "backslashreplace").decode("utf-8") for text in told))


class _Unusable(Exception):
    def __init__(self, reason: str, stage: str):
        super().__init__(reason)
        self.stage = stage


def _guarded(recipe: Recipe, source: Source, skip: Skip) -> Iterator[Item]:
    try:
        yield from recipe.items(source, skip)
    except WeightsError:
        raise  # no source can be worked on without its models
    except FaceError as error:
        raise _Unusable(str(error), "face") from None
    except AnyoneNetError as error:
        raise _Unusable(str(error), "read") from None
    except Exception as error:  # a damaged file may raise anything from the libraries that read it
        place = error.__traceback__
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        where = f"{Path(place.tb_frame.f_code.co_filename).name}:{place.tb_lineno}" if place else "?"
        raise _Unusable(f"{type(error).__name__} in {where}: {error}", "unexpected") from None


def _close(folder: Path, files: ItemFiles, holds: PartFacts) -> None:
    files.close()
    table = rows_table(files.rows) if files.rows else pa.table({})
    pq.write_table(table, folder / "rows.parquet")
    for name, lengths in files.lengths.items():
        np.save(folder / f"{name}.lengths.npy", np.array(lengths, np.int64))
    told = {**asdict(holds), "sizes": {path.name: path.stat().st_size for path in sorted(folder.iterdir())}}
    (folder / "part.json").write_text(json.dumps(told), encoding="utf-8")


def _put(beside: Path, folder: Path) -> None:
    """Rename; an outdated part, or one that another process has put there meanwhile, gives way."""
    try:
        os.replace(beside, folder)
    except OSError:
        if not folder.is_dir():
            raise
        shutil.rmtree(folder)
        os.replace(beside, folder)


def _changes(paths: Iterable[str]) -> dict[str, list[int] | None]:
    changes: dict[str, list[int] | None] = {}
    for path in paths:
        try:
            status = os.stat(path)
            changes[path] = [status.st_size, status.st_mtime_ns]
        except (OSError, ValueError):
            changes[path] = None
    return changes


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else -1

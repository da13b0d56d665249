"""From a recipe to its store: the work in parts, resumed where it was stopped, then one merge."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from anyonenet.errors import CorpusError, InputError
from datamodules.cores import available_cores
from datamodules.prepare.accounting import check_skipped, summary_line
from datamodules.prepare.locks import locked
from datamodules.prepare.merge import merge
from datamodules.prepare.parts import Part, cut, facts, remove_unfinished, write_part
from datamodules.prepare.recipe import Recipe, Source
from datamodules.prepare.watch import Crew
from datamodules.prepare.worker import one_thread
from datamodules.store import Store, differing_options


def prepare_store(
    recipe: Recipe,
    features: Path | str,
    *,
    workers: int | None = None,
    shard: tuple[int, int] = (1, 1),
    progress: bool = True,
    limit: int | None = None,
    max_skipped: float | None = None,
    patience_seconds: float | None = None,
    sources: list[Source] | None = None,
) -> Store | None:
    """The store of a recipe, `features/<recipe.name>`, made where it is not there yet.

    Stopped at any moment and called again, it goes on where it was, to the same bytes, whatever the number of
    workers and shards. What is done lies in `<store>.parts` until the store is made of it.

    Args:
        recipe: what to make.
        features: folder of the stores.
        workers: processes, which may die or hang without harm; 0: none but this one; None: none for a short work,
            then one a core.
        shard: (i, n): do the i-th of n equal shares, counted from 1; whoever ends last merges.
        progress: show a bar and, at the end, a line.
        limit: only the first so many sources.
        max_skipped: share of the sources that may be lost; None: any.
        patience_seconds: a worker that has given nothing for so long hangs; None: as the recipe says.
        sources: what `recipe.sources()` gives, where the caller has asked for them already.

    Returns:
        The store, or None where parts of other shards are still missing.

    Raises:
        CorpusError: the corpus is missing or broken, gives nothing, or the store was made with other options.
        TooManySkipped: more than `max_skipped` is lost; what is done is kept.
        InputError: called by a script without a main guard, again, in a worker.
        ValueError: a shard or a limit that cannot be.
    """
    if not 1 <= shard[0] <= shard[1]:
        raise ValueError(f"shard {shard[0]} of {shard[1]}; expected 1 of n to n of n")
    if limit is not None and limit < 1:
        raise ValueError(f"limit is {limit}; expected at least 1")
    folder, options = Path(features) / recipe.name, json.loads(json.dumps(recipe.options))
    if (folder / "store.json").is_file():
        return Store(folder, options)
    sources = (recipe.sources() if sources is None else sources)[:limit]
    if not sources:
        raise CorpusError(f"{recipe.name}: the corpus has nothing to work on")
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        # a worker runs its caller's script again before it begins; here it would wait for its caller's lock
        raise InputError(
            f"{recipe.name}: a worker process began to prepare it too; put what the script does under "
            'if __name__ == "__main__":, or give workers=0'
        )
    place = folder.with_name(f"{folder.name}.parts")
    place.mkdir(parents=True, exist_ok=True)
    with locked(place / f"shard-{shard[0]}-of-{shard[1]}.lock"):
        if not (folder / "store.json").is_file():
            _begin(place, options)
            parts = cut(recipe, options, sources, place)
            _work(recipe, parts[shard[0] - 1 :: shard[1]], workers, progress, patience_seconds)
            if not _finish(recipe, folder, options, parts, limit, max_skipped):
                return None
    store = Store(folder, options)
    if progress:
        print(summary_line(recipe.name, store), file=sys.stderr)
    return store


def _begin(place: Path, options: dict[str, Any]) -> None:
    """Note the options of the parts; refuse to mix them with others."""
    note = place / "options.json"
    if note.is_file():
        differing = differing_options(json.loads(note.read_text(encoding="utf-8")), options)
        if differing:
            raise CorpusError(
                f"{place} holds the work of a stopped run with other options ({differing}); delete it or use those"
            )
        return
    beside = note.with_name(f"{note.name}.{os.getpid()}")
    beside.write_text(json.dumps(options, ensure_ascii=False), encoding="utf-8")
    os.replace(beside, note)


def _work(
    recipe: Recipe, parts: Sequence[Part], workers: int | None, progress: bool, patience_seconds: float | None
) -> None:
    """Complete some parts."""
    missing = [part for part in parts if facts(part) is None]
    for part in missing:
        remove_unfinished(part)
    total, left = _sources(parts), _sources(missing)
    # a file that grows in a job's log, not on a screen, gets a line a minute
    pause = 0.1 if sys.stderr.isatty() else 60.0
    bar = tqdm(
        total=total, initial=total - left, desc=recipe.name, unit="source", disable=not progress, mininterval=pause
    )
    with bar:
        if workers == 0 or workers is None:
            alone = _alone(recipe, missing, bar, _SHORT_SECONDS if workers is None else float("inf"))
            missing = list(alone)
            workers = available_cores()
        if missing:
            patience = recipe.patience_seconds if patience_seconds is None else patience_seconds
            with Crew(recipe, workers, patience, parts[0].folder.parent / "messages.log") as crew:
                for _ in crew.work(missing, bar.update):
                    pass


def _alone(recipe: Recipe, parts: Sequence[Part], bar: tqdm, seconds: float) -> Iterator[Part]:
    """Work in this process for some time; what is left then."""
    end = time.process_time() + seconds
    for part in parts:
        if time.process_time() > end:
            yield part
            continue
        with one_thread():
            write_part(recipe, part, {}, lambda key: bar.update(key is not None))


def _finish(
    recipe: Recipe,
    folder: Path,
    options: dict[str, Any],
    parts: Sequence[Part],
    limit: int | None,
    max_skipped: float | None,
) -> bool:
    """Make the store, if all parts are complete; whether it is there then."""
    place = parts[0].folder.parent
    try:
        with locked(place / "merge.lock"):
            found = [facts(part) for part in parts]
            complete = [there for there in found if there is not None]
            if len(complete) == len(parts):
                check_skipped(recipe.name, place, complete, _sources(parts), max_skipped)
                merge(folder, recipe, options, parts, complete, limit)
    except FileNotFoundError:  # another shard has merged meanwhile, and cleared the parts away
        if not (folder / "store.json").is_file():
            raise
    if not (folder / "store.json").is_file():
        return False
    shutil.rmtree(place, ignore_errors=True)
    return True


def _sources(parts: Sequence[Part]) -> int:
    return sum(len(part.sources) for part in parts)


_SHORT_SECONDS = 10.0
"""of one core: what takes no longer is not worth starting processes for"""

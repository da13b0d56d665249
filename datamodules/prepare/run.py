"""From a recipe to its store: the work in parts, resumed where it was stopped, then one merge."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tqdm import tqdm

from anyonenet.errors import CorpusError
from datamodules.prepare.merge import merge
from datamodules.prepare.parts import cut, facts, remove_unfinished, write_part
from datamodules.prepare.recipe import Recipe
from datamodules.store import Store


def prepare_store(
    recipe: Recipe,
    features: Path | str,
    *,
    workers: int | None = None,
    shard: tuple[int, int] = (1, 1),
    progress: bool = True,
    limit: int | None = None,
    max_skipped: float | None = None,
) -> Store | None:
    """The store of a recipe, `features/<recipe.name>`, made where it is not there yet.

    Stopped at any moment and called again, it goes on where it was, to the same bytes.

    Args:
        recipe: what to make.
        features: folder of the stores.
        workers: processes; None: one a core; 0: no process but this one.
        shard: (i, n): do the i-th of n equal shares, counted from 1; whoever ends last merges.
        progress: show a bar.
        limit: only the first so many sources.
        max_skipped: share of the sources that may be lost; None: any.

    Returns:
        The store, or None where parts of other shards are still missing.

    Raises:
        CorpusError: the corpus is missing or broken, gives nothing, or the store was made with other options.
    """
    folder = Path(features) / recipe.name
    if (folder / "store.json").is_file():
        return Store(folder, recipe.options)
    sources = recipe.sources()[:limit]
    if not sources:
        raise CorpusError(f"{recipe.name}: the corpus has nothing to work on")
    options = json.loads(json.dumps(recipe.options))
    place = folder.with_name(f"{folder.name}.parts")
    parts = cut(recipe, sources, place)
    mine = parts[shard[0] - 1 :: shard[1]]
    missing = [part for part in mine if facts(part) is None]
    done = sum(len(part.sources) for part in mine) - sum(len(part.sources) for part in missing)
    with tqdm(total=len(sources), initial=done, desc=recipe.name, unit="source", disable=not progress) as bar:
        for part in missing:
            remove_unfinished(part)
            write_part(recipe, part, {}, lambda key: None)
            bar.update(len(part.sources))
    found = [facts(part) for part in parts]
    complete = [there for there in found if there is not None]
    if len(complete) < len(parts):
        return None
    store = merge(folder, options, parts, complete, limit)
    shutil.rmtree(place)
    return store

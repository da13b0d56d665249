"""All stores of one corpus: what is wrong with it is told before any work, what was lost after all of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from anyonenet.errors import AnyoneNetError, CorpusError
from datamodules.prepare.accounting import TooManySkipped, summary_line
from datamodules.prepare.recipe import NotForThisStage, Recipe, Source
from datamodules.prepare.run import prepare_store
from datamodules.store import Store


@dataclass(frozen=True)
class Plan:
    """A recipe and the work it has found."""

    recipe: Recipe
    sources: list[Source]


def survey(
    recipes: Sequence[Recipe],
    features: Path,
    limit: int | None = None,
    left_out: Callable[[str], object] | None = None,
) -> list[Plan]:
    """Look at a corpus with all its recipes; nothing is written.

    Args:
        recipes: of the corpus.
        features: folder of the stores; those that are there already must fit.
        limit: only the first so many sources.
        left_out: is told of stores for which the corpus has nothing, as long as it has something for one of them; None:
            that is a problem.

    Raises:
        CorpusError: all problems of the corpus, of missing models and of stores made before, each once.
    """
    plans: list[Plan] = []
    problems: list[str] = []
    without: dict[str, str] = {}
    for recipe in recipes:
        try:
            problems += recipe.problems()
            plan = Plan(recipe, recipe.sources()[:limit])
            _check_store(plan, features, limit)
            plans.append(plan)
        except NotForThisStage as error:
            without[recipe.name] = str(error)
        except CorpusError as error:
            problems += error.problems
        except AnyoneNetError as error:
            problems.append(str(error))
    if left_out is None or not plans:
        problems += without.values()
    if problems:
        raise CorpusError(*dict.fromkeys(problems))
    for name, reason in without.items():
        if left_out is not None:
            left_out(f"{name} is left out: {reason}")
    return plans


def prepare_corpus(plans: Sequence[Plan], features: Path, max_skipped: float, **how: Any) -> list[Store | None]:
    """Make the stores, one after the other.

    Args:
        plans: what `survey` gave.
        features: folder of the stores.
        max_skipped: share of the sources that may be lost.
        how: the other arguments of `prepare_store`.

    Returns:
        The stores; None where other shards are not done yet.

    Raises:
        TooManySkipped: after all of the work, where a corpus lost too much.
    """
    stores: list[Store | None] = []
    refused: list[str] = []
    for plan in plans:
        there = (Path(features) / plan.recipe.name / "store.json").is_file()
        try:
            store = prepare_store(plan.recipe, features, sources=plan.sources, max_skipped=max_skipped, **how)
        except TooManySkipped as error:
            refused.append(str(error))
            continue
        if there and store is not None:
            print(f"{summary_line(plan.recipe.name, store)} (was there already)", file=sys.stderr)
        stores.append(store)
    if refused:
        raise TooManySkipped("; ".join(refused))
    return stores


def _check_store(plan: Plan, features: Path, limit: int | None) -> None:
    folder = Path(features) / plan.recipe.name
    options = plan.recipe.options
    if not (folder / "store.json").is_file():
        return
    summary = Store(folder, options).summary
    if summary["sources"] != len(plan.sources) or summary.get("limit") != limit:
        first = "the first " if "limit" in summary else ""
        raise CorpusError(
            f"the feature store {folder} was made of {first}{summary['sources']} sources, now there are "
            f"{len(plan.sources)}; delete it or choose another folder"
        )

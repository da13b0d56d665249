"""What a feature store is made of: the sources of a corpus, and how one source becomes items.

A recipe knows a corpus and one stage's features, nothing of processes, resuming or merging: those are
`datamodules.prepare.run`'s.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from anyonenet.errors import CorpusError

Item = tuple[dict[str, Any], dict[str, np.ndarray]]
"""fields (one row of the manifest) and arrays `(length, ...)` of one item of a store"""

Skip = Callable[[str, str, str], None]
"""(path or name, reason, stage of the work): notes something that could not be used"""


class NotForThisStage(CorpusError):
    """A corpus that is in order has nothing that this recipe needs, as speech without texts has nothing for the TTS."""


@dataclass(frozen=True, slots=True)
class Source:
    """The unit of work: a recording, a video, an archive or a speaker's folder. It pickles."""

    key: str
    """unique in its recipe; the store's items come in the order of the recipe's sources"""
    path: Path
    """what `skipped.csv` names where the source cannot be used"""
    content: Any
    """what the recipe needs to know of it"""


class Recipe(ABC):
    """How one corpus becomes one feature store. Recipes pickle: workers get a copy each."""

    name: str
    """the store's folder below the features folder, as 'tts/vctk'"""

    part_sources: int = 64
    """at most so many sources are worked on before their items are kept for good: fewer where one takes minutes"""

    patience_seconds: float = 900.0
    """a worker that has given no item for so long hangs; more where a source's first item takes long"""

    split_columns: tuple[str, ...] = ()
    """fields that `splits` goes by; none where items bring their own `split`, or have none"""

    @property
    @abstractmethod
    def options(self) -> dict[str, Any]:
        """All that decides the store's bytes besides the sources, as plain JSON types."""

    def problems(self) -> list[str]:
        """What is missing besides the corpus (models, weights), a line each; asked for before any work."""
        return []

    @abstractmethod
    def sources(self) -> list[Source]:
        """The work to do, always in the same order.

        Raises:
            CorpusError: the corpus is missing or broken; one message with all its problems.
            NotForThisStage: it is in order, but not for this recipe.
        """

    @abstractmethod
    def items(self, source: Source, skip: Skip) -> Iterator[Item]:
        """The items of one source; called in a worker, which loads its models at the first call and keeps them.

        Parts that cannot be used are reported to `skip`; what is raised skips the whole source.

        Raises:
            AnyoneNetError: the source cannot be used; the message says why.
        """

    def splits(self, rows: pd.DataFrame) -> Sequence[str]:
        """The `split` of each item, where it can only be told of all items together, when the store is made.

        Args:
            rows: all items in order, with `split_columns`.
        """
        raise NotImplementedError

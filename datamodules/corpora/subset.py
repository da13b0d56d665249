"""The speakers that a list names, of all that a corpus has: the paper uses a part of VoxCeleb2."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from anyonenet.errors import CorpusError, InputError
from datamodules.corpora.files import read_text

Item = TypeVar("Item")
_NAMED = 5
"""missing speakers are named up to this number"""


def read_names(path: Path) -> list[str]:
    """The first word of each line (up to a space, comma or tab), without comments (`#`).

    Raises:
        InputError: the list cannot be read or is empty.
    """
    lines = (line.partition("#")[0].replace(",", " ").split() for line in read_text(path).splitlines())
    names = list(dict.fromkeys(words[0] for words in lines if words))
    if not names:
        raise InputError(f"{path} names no speaker; write one a line, like id00012")
    return names


def of_speakers(items: Sequence[Item], name_of: Callable[[Item], str], chosen: Path | None) -> list[Item]:
    """The items of the speakers in the list `chosen`, in their order; all where it is None.

    Raises:
        InputError: the list cannot be read or is empty.
        CorpusError: speakers of the list are not in the corpus.
    """
    if chosen is None:
        return list(items)
    names = read_names(chosen)
    missing = sorted(set(names) - {name_of(item) for item in items})
    if missing:
        told = ", ".join(missing[:_NAMED]) + (", …" if len(missing) > _NAMED else "")
        raise CorpusError(
            f"{len(missing)} of the {len(names)} speakers in {chosen} are not in the corpus ({told}); "
            "fetch them or take them off the list"
        )
    wanted = set(names)
    return [item for item in items if name_of(item) in wanted]

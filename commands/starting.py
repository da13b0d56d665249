"""What makes a verb ready sooner."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def nothing_thrown_away(for_good: bool = False) -> Iterator[None]:
    """For imports and the loading of models: no search for garbage inside.

    Importing PyTorch makes a million objects that all stay, and Python would look them through again and again, which
    takes a fifth of the import.

    Args:
        for_good: leave what exists then out of all later searches too. Some libraries complain of it at the end of the
            process.
    """
    searching = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if not for_good:
            gc.unfreeze()  # among the old objects, not the new ones, which would be looked through at once
        if searching:
            gc.enable()

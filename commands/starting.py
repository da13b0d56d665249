"""What makes a verb ready sooner."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def nothing_thrown_away() -> Iterator[None]:
    """For imports and the loading of models: no search for garbage inside, and none later in what was made inside.

    Importing PyTorch makes a million objects that all stay, and Python would look them through again and again, which
    takes a fifth of the import.
    """
    searching = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if searching:
            gc.enable()

"""A process that works on parts until it is told to stop. It says at once where it is, so that it can be watched.

Nothing heavy is imported before the number of threads is set: results must not depend on it, and one process a core
is enough.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

READY, AT, ALIVE, DONE, REFUSED, BROKEN = "ready", "at", "alive", "done", "refused", "broken"
"""messages to the parent: (READY,), (AT, source's key), (ALIVE,), (DONE,), (REFUSED, line), (BROKEN, traceback)"""


def work(parent: Connection, pickled_recipe: bytes, messages: str) -> None:
    """What the process does: receives (part, banned sources), writes the part, answers; None ends it.

    What C libraries print about damaged files goes to the file `messages`, not between the lines of the progress bar.
    """
    os.dup2(os.open(messages, os.O_WRONLY | os.O_CREAT | os.O_APPEND), sys.stderr.fileno())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent ends its workers
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENCV_FOR_THREADS_NUM"):
        os.environ[name] = "1"
    try:
        _serve(parent, pickled_recipe)
    except (EOFError, BrokenPipeError, ConnectionResetError):  # the parent is gone
        return


def _serve(parent: Connection, pickled_recipe: bytes) -> None:
    from anyonenet.errors import AnyoneNetError

    said = time.monotonic()

    def alive(key: str | None) -> None:
        nonlocal said
        if key is not None:
            parent.send((AT, key))
        elif time.monotonic() - said > _SAY_SECONDS:
            parent.send((ALIVE,))
        else:
            return
        said = time.monotonic()

    answer: tuple[Any, ...] = (READY,)
    try:
        recipe = pickle.loads(pickled_recipe)
        from datamodules.prepare.parts import write_part

        parent.send(answer)
        while (job := parent.recv()) is not None:
            part, banned = job
            write_part(recipe, part, banned, alive)
            parent.send((DONE,))
        return
    except (EOFError, BrokenPipeError, ConnectionResetError):
        raise
    except AnyoneNetError as error:
        answer = (REFUSED, str(error))
    except OSError as error:  # full disk, no permission
        answer = (REFUSED, f"{error.filename}: {error.strerror}" if error.filename else str(error))
    except Exception:
        answer = (BROKEN, traceback.format_exc())
    parent.send(answer)


@contextmanager
def one_thread() -> Iterator[None]:
    """PyTorch and OpenCV, where they are in use, use one thread inside: sums come out the same on any machine."""
    torch, cv2 = sys.modules.get("torch"), sys.modules.get("cv2")
    before = torch.get_num_threads() if torch else 0, cv2.getNumThreads() if cv2 else 0
    try:
        if torch:
            torch.set_num_threads(1)
        if cv2:
            cv2.setNumThreads(1)
        yield
    finally:
        if torch and before[0]:
            torch.set_num_threads(before[0])
        if cv2 and before[1]:
            cv2.setNumThreads(before[1])


def _leave_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


_SAY_SECONDS = 1.0

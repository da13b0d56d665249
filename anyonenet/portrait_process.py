"""Photos read in a process of their own, whose face models load while this one imports PyTorch.

Python imports one module at a time and dlib's models load under the same lock, each a second or two: side by side
they are ready in half the time. Nothing heavy is imported here, so that the other process begins at once.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anyonenet.errors import AnyoneNetError

if TYPE_CHECKING:
    from anyonenet.portrait import Portrait


class PortraitProcess:
    """A `PortraitReader` elsewhere; a context manager that ends its process.

    Args:
        backend: as for `PortraitReader`.
    """

    def __init__(self, backend: str = "dlib"):
        context = multiprocessing.get_context("spawn")  # a fresh process: no threads or locks of this one
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, backend), daemon=True)
        self._process.start()
        theirs.close()  # the pipe breaks with either process, so neither waits for a dead one

    def read(
        self,
        path: Path,
        size: int = 512,
        crop: bool = False,
        face: int | None = None,
        landmarks: Path | None = None,
    ) -> Portrait:
        """As `PortraitReader.read`.

        Raises:
            AnyoneNetError: what the reader or its models raised, or the process has died.
        """
        try:
            self._connection.send((path, size, crop, face, landmarks))
            answer = self._connection.recv()
        except (EOFError, OSError):
            raise AnyoneNetError(f"{path}: the process that reads faces has died; is there memory enough?") from None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def __enter__(self) -> PortraitProcess:
        return self

    def __exit__(self, *_: Any) -> None:
        self._connection.close()
        self._process.terminate()  # it may be busy, and has nothing to lose
        self._process.join()


def _serve(connection: Connection, backend: str) -> None:
    """Answer with portraits, or with the errors that a user can cause, until the other side is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches both processes; the other one decides
    from anyonenet.portrait import PortraitReader

    reader = _attempt(PortraitReader, backend)
    with contextlib.suppress(EOFError, ConnectionError):
        while True:
            asked = connection.recv()
            connection.send(reader if isinstance(reader, Exception) else _attempt(reader.read, *asked))


def _attempt(function: Callable[..., Any], *arguments: Any) -> Any:
    """What the function returns, or the error it raises."""
    try:
        return function(*arguments)
    except (AnyoneNetError, OSError) as error:
        return error

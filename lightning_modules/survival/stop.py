"""A training that was asked to stop, and how the program ends then. Imports nothing heavy: verbs import it early."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from pathlib import Path

EXIT_STOPPED = 75
"""EX_TEMPFAIL of sysexits.h, 'try again': the same command with `--resume` goes on"""
EXIT_INTERRUPTED = 130
"""after Ctrl-C"""


@dataclass(frozen=True)
class Stop:
    """What was asked, and what is left."""

    signal: signal.Signals
    checkpoint: Path | None
    """what a resumed run goes on from; None where nothing was trained yet"""


class Stopped(Exception):
    """Ends a training that was asked to stop.

    Args:
        stop: what was asked, and what is left.
        rank: of this process. Only the first one ends with a code: a launcher that sees another end with one kills all.
    """

    def __init__(self, stop: Stop, rank: int = 0):
        where = f"its state is in {stop.checkpoint}" if stop.checkpoint else "nothing was trained yet"
        super().__init__(f"stopped by {stop.signal.name}; {where}; the same command with --resume goes on")
        self.stop, self.rank = stop, rank

    @property
    def code(self) -> int:
        """Of the program."""
        if self.rank:
            return 0
        return EXIT_INTERRUPTED if self.stop.signal == signal.SIGINT else EXIT_STOPPED

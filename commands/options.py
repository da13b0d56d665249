"""How the verbs read their options: argparse, with each mistake answered by one line and the nearest name."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NoReturn


class Mistake(Exception):
    """The command line cannot be understood; the message is one line."""


def nearest(name: str, known: Iterable[str]) -> str:
    """`"; did you mean '...'?"` where one of the known names is close, else an empty string."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"; did you mean '{close[0]}'?" if close else ""


class Options(argparse.ArgumentParser):
    """An argument parser that raises `Mistake` instead of printing its usage and leaving."""

    def __init__(self, verb: str, description: str, example: str):
        super().__init__(
            prog=f"anyonenet {verb}",
            description=description,
            epilog=f"example: {example}",
            allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        self.verb = verb

    def read(self, arguments: list[str]) -> argparse.Namespace:
        """Like `parse_args`, but an unknown option is answered with the nearest one.

        Raises:
            Mistake: unknown option, missing or wrong value.
        """
        values, unknown = self.parse_known_args(arguments)
        if unknown:
            name = unknown[0].split("=")[0]
            kind = "option" if name.startswith("-") else "argument"
            known = [option for action in self._actions for option in action.option_strings]
            raise Mistake(
                f"unknown {kind} '{name}' of '{self.verb}'{nearest(name, known)} (anyonenet {self.verb} --help)"
            )
        return values

    def error(self, message: str) -> NoReturn:
        raise Mistake(f"{self.verb}: {message} (anyonenet {self.verb} --help)")


def positive(text: str) -> int:
    """A whole number above zero, for `type=`."""
    return _within(text, int, 1, None)


def seed(text: str) -> int:
    """A whole number from 0 to 2^63 - 1, for `type=`."""
    return _within(text, int, 0, 2**63 - 1)


def between(low: float, high: float, kind: type = int) -> Callable[[str], float]:
    """A `type=` for numbers from `low` to `high`."""
    return lambda text: _within(text, kind, low, high)


def output_file(text: str) -> Path:
    """A file that can be written, for `type=`: better told before the work than after it."""
    path = Path(text)
    if path.is_dir():
        raise argparse.ArgumentTypeError(f"'{text}' is a folder; name a file")
    if not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"the folder '{path.parent}' does not exist; make it first")
    return path


def assignment(text: str) -> tuple[str, Any]:
    """Key and value of 'KEY=VALUE', whole numbers as such, for `type=`."""
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise argparse.ArgumentTypeError(f"'{text}' is not KEY=VALUE")
    return key, int(value) if value.isdigit() else value


def _within(text: str, kind: type, low: float, high: float | None) -> int:
    try:
        value = kind(text)
    except ValueError:
        wanted = "a whole number" if kind is int else "a number"
        raise argparse.ArgumentTypeError(f"'{text}' is not {wanted}") from None
    if value < low or (high is not None and value > high):
        span = f"{low} to {high}" if high is not None else f"at least {low}"
        raise argparse.ArgumentTypeError(f"{value} is out of range ({span})")
    return value

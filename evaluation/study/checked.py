"""Values out of a YAML file, each checked where it is read; what is wrong is told with its place (`where`)."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from anyonenet.errors import InputError
from anyonenet.request import LANGUAGES


def file(path: Path) -> dict[str, Any]:
    """The mapping that a YAML file holds.

    Raises:
        InputError: missing, or not such a file; the line is named.
    """
    import yaml

    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"no study at {path}; configs/study/ holds examples") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(getattr(error, "problem", None) or error).split())
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}" if mark is not None else ""
        raise InputError(f"{path}{place}: not a YAML file in UTF-8 ({reason})") from None
    return mapping(data, str(path))


def only_known(data: Mapping[str, Any], known: list[str], where: str) -> None:
    """Refuse names that nothing reads; the nearest one that something does is told."""
    for key in data:
        if key not in known:
            close = difflib.get_close_matches(str(key), known, n=1)
            hint = f"; did you mean '{close[0]}'?" if close else f"; known are {', '.join(known)}"
            raise InputError(f"{where}: unknown '{key}'{hint}")


def mapping(value: Any, where: str) -> dict[str, Any]:
    """Names with values."""
    if not isinstance(value, dict):
        raise InputError(f"{where} is missing or not a mapping of names to values")
    return value


def items(value: Any, where: str) -> list[Any]:
    """A list of one or more."""
    if not isinstance(value, list) or not value:
        raise InputError(f"{where} is missing, empty or not a list")
    return value


def text(value: Any, where: str) -> str:
    """A text, without blanks around it."""
    if not isinstance(value, str):
        raise InputError(f"{where} is not a text: {value!r}")
    return value.strip()


def one_of(value: Any, known: tuple[str, ...], where: str) -> str:
    """One of some words."""
    if value not in known:
        raise InputError(f"{where} is {value!r}; choose from {', '.join(known)}")
    return str(value)


def number(value: Any, where: str) -> float:
    """A number from 0 up."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1e6:
        raise InputError(f"{where} is {value!r}; a number from 0 up is needed")
    return float(value)


def whole(value: Any, where: str, low: int, high: int = 10**6) -> int:
    """A whole number within bounds."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InputError(f"{where} is {value!r}; a whole number from {low} to {high} is needed")
    return value


def by_language(value: Any, where: str) -> dict[str, str]:
    """A text for each language, or one for all."""
    if isinstance(value, str):
        return dict.fromkeys(LANGUAGES, value)
    texts = mapping(value, where)
    only_known(texts, list(LANGUAGES), where)
    if len(texts) < len(LANGUAGES):
        raise InputError(f"{where} must have a text for each of {', '.join(LANGUAGES)}, or be one text for both")
    return {language: text(words, where) for language, words in texts.items()}

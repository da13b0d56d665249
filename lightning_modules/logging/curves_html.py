"""Curves of runs as one HTML file: opened from the disk, without a network; drawn by `page/curves.js`."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from anyonenet.errors import InputError
from lightning_modules.logging.metrics_file import COUNTS, STEP, rows_in

PAGE = Path(__file__).parent / "page"
SPLITS = ("train", "validation", "test")
MOST_POINTS = 2000
"""of a curve; of longer ones every second is left out, or more"""

Table = Sequence[Mapping[str, str]]
"""rows of a `metrics.csv`, values as text, empty where nothing was measured"""


def curves_html(
    runs: Mapping[str, Table],
    title: str,
    written: str = "",
    refresh_seconds: int = 0,
    only: Sequence[str] | None = None,
) -> str:
    """The page.

    Args:
        runs: name -> rows.
        title: of the page.
        written: when, as it is to be shown.
        refresh_seconds: after which the page reads itself again; 0: never (the training is over).
        only: quantities; None: all.
    """
    found = {name: quantities(table) for name, table in runs.items()}
    data = {
        "title": title,
        "written": written,
        "refresh": refresh_seconds,
        "runs": [
            {"name": name, "quantities": {key: value for key, value in curves.items() if only is None or key in only}}
            for name, curves in found.items()
        ],
    }
    told = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":")).replace("</", "<\\/")
    parts = {name: (PAGE / f"curves.{name}").read_text(encoding="utf-8") for name in ("html", "css", "js")}
    page = parts["html"].replace("/*css*/", parts["css"]).replace("/*js*/", parts["js"])
    return page.replace("/*title*/", _escaped(title)).replace("/*data*/", told)


def rows_of(text: str) -> Table:
    """The rows of the text of a `metrics.csv`."""
    return rows_in(text)[1]


def quantities(table: Table) -> dict[str, dict[str, list[list[Any]]]]:
    """`loss` -> `train` -> steps and values; a value that is no finite number is None."""
    found: dict[str, dict[str, list[list[Any]]]] = {}
    for column in dict.fromkeys(name for row in table[:1] for name in row if name not in COUNTS):
        points = [(int(row[STEP]), _number(row[column])) for row in table if row[column]]
        stride = -(-len(points) // MOST_POINTS) or 1
        kept = points[::-1][::stride][::-1]  # the last stays
        split, _, rest = column.partition("/")
        split, name = (split, rest) if split in SPLITS and rest else ("", column)
        if not kept:
            continue
        name = name.removesuffix("_step").removesuffix("_epoch")
        known = found.setdefault(name, {})
        if split not in known or len(known[split][0]) < len(kept):  # of `_step` and `_epoch` the finer one
            known[split] = [[step for step, _ in kept], [value for _, value in kept]]
    return dict(sorted(found.items(), key=lambda item: (item[0] != "loss", item[0])))


def write_page(runs: Mapping[str, Table], out: Path, only: Sequence[str] = ()) -> list[str]:
    """Write the page of some runs.

    Args:
        runs: name -> rows.
        out: ends in .html.
        only: quantities; none: all.

    Returns:
        the quantities in it.

    Raises:
        InputError: none of them is in the logs, or the folder is missing.
    """
    known = {name for table in runs.values() for name in quantities(table)}
    drawn = sorted(known & set(only) if only else known)
    if not drawn:
        wanted = ", ".join(only) or "curves"
        raise InputError(f"the logs have no {wanted}; they have {', '.join(sorted(known)) or 'nothing'}")
    if not out.parent.is_dir():
        raise InputError(f"the folder {out.parent} for the page does not exist; make it first")
    write_html(out, curves_html(runs, "Training curves", only=drawn))
    return drawn


def write_html(out: Path, page: str) -> None:
    """Beside and renamed, so that a browser never reads half a page."""
    beside = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        beside.write_text(page, encoding="utf-8")
        os.replace(beside, out)
    finally:
        beside.unlink(missing_ok=True)


def _number(text: str) -> float | None:
    value = float(text)
    return float(f"{value:.6g}") if math.isfinite(value) else None


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")

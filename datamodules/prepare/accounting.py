"""What a preparation tells at its end: what is in the store, and what could not be used and why."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from anyonenet.errors import AnyoneNetError, CorpusError
from datamodules.prepare.parts import PartFacts
from datamodules.store import Store
from datamodules.store_files import Summary, write_skipped


class TooManySkipped(AnyoneNetError):
    """More of a corpus was lost than the user accepts; what is done is kept."""


def check_skipped(
    name: str, parts_folder: Path, found: Sequence[PartFacts], sources: int, max_skipped: float | None
) -> None:
    """Refuse to make a store of what is left of a corpus, where too much of it is lost.

    Args:
        name: of the store.
        parts_folder: gets `skipped.csv`.
        found: all parts.
        sources: of the corpus.
        max_skipped: share of the sources that may be lost; None: any.

    Raises:
        TooManySkipped: more is lost; the message counts the reasons and says how to accept.
        CorpusError: there is no item at all.
    """
    lost = sum(facts.lost for facts in found)
    empty = not any(facts.items for facts in found)
    if not empty and (max_skipped is None or lost <= max_skipped * sources):
        return
    summary, path = Summary(), parts_folder / "skipped.csv"
    write_skipped(path, (row for facts in found for row in facts.skipped), summary)
    counted = "; ".join(f"{count} x {reason}" for reason, count in summary.reasons.most_common(_REASONS))
    more = f"; {len(summary.reasons) - _REASONS} other reasons" if len(summary.reasons) > _REASONS else ""
    if empty:
        raise CorpusError(f"{name}: none of the {sources} sources can be used: {counted}{more}; listed in {path}")
    share = lost / sources
    raise TooManySkipped(
        f"{name}: {share:.1%} of the {sources} sources are lost, more than {max_skipped:.1%}: {counted}{more}; listed "
        f"in {path}. Mend those files and start again, or accept the loss with --max-skipped {_enough(share)} "
        "(what is done is kept)"
    )


def summary_line(name: str, store: Store) -> str:
    """One line on a store: items, hours, speakers, splits, and what was skipped."""
    summary = store.summary
    told = f"{name}: {len(store)} items of {summary['sources']} sources"
    if "limit" in summary:
        told += f" (only the first {summary['limit']} were asked for)"
    if summary["hours"]:
        told += f", {summary['hours']:.2f} h"
    if summary["speakers"]:
        told += f", {summary['speakers']} speakers"
    if summary.get("splits"):
        told += "; " + ", ".join(f"{split} {count}" for split, count in summary["splits"].items())
    if summary["skipped"]:
        stages = ", ".join(f"{stage} {count}" for stage, count in summary["skipped_by_stage"].items())
        told += f"; {summary['skipped']} skipped ({stages}), see {store.folder / 'skipped.csv'}"
    return told + copies_line(store.manifest)


def copies_line(manifest: pd.DataFrame) -> str:
    """What a store of recordings holds more than once, byte by byte; '' where nothing, or where items are cuts."""
    if not {"id", "speaker", "sha256"} <= set(manifest):
        return ""
    again = manifest["sha256"].duplicated()
    if not again.any():
        return ""
    copy = manifest[again].iloc[0]
    kept = manifest[manifest["sha256"] == copy["sha256"]].iloc[0]
    return f"; {again.sum()} recordings are copies of others, as {copy['id']} of {kept['id']}"


def _enough(share: float) -> str:
    """A per cent number, rounded up, that accepts this share."""
    return f"{int(share * 100) + 1}"


_REASONS = 8
"""different reasons that an error's one line tells"""

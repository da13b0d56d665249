"""How often a synthesis fails, by the criterion of `anyonenet.metrics.alignment.report`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from anyonenet.metrics.alignment import AttentionReport, report
from evaluation.metrics.aggregates import ItemMean

__all__ = ["AttentionFailureRate", "FLAWS", "attention_failure_rate", "report"]

FLAWS = ("any", "no_stop", "skipped", "repeated", "wrong_length")


def attention_failure_rate(reports: Sequence[AttentionReport], flaw: str = "any") -> float:
    """Share of syntheses with a flaw.

    Args:
        reports: one a synthesis.
        flaw: 'any' (a synthesis may have several), 'no_stop', 'skipped', 'repeated' or 'wrong_length'.

    Raises:
        ValueError: no report, or another flaw.
    """
    _check(flaw)
    if not reports:
        raise ValueError("no syntheses are reported; expected at least one")
    return sum(_has(one, flaw) for one in reports) / len(reports)


class AttentionFailureRate(ItemMean):
    """`attention_failure_rate` over all syntheses seen.

    Args:
        flaw: one of `FLAWS`.
    """

    higher_is_better = False

    def __init__(self, flaw: str = "any", **kwargs: Any):
        super().__init__(**kwargs)
        _check(flaw)
        self.flaw = flaw

    def update(self, reports: Sequence[AttentionReport]) -> None:
        """One report a synthesis."""
        self.add(torch.tensor([float(_has(one, self.flaw)) for one in reports]))


def _has(one: AttentionReport, flaw: str) -> bool:
    return one.failed if flaw == "any" else bool(getattr(one, flaw))


def _check(flaw: str) -> None:
    if flaw not in FLAWS:
        raise ValueError(f"flaw is '{flaw}'; choose one of {', '.join(map(repr, FLAWS))}")

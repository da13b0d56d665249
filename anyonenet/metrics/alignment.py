"""Measures of an attention's path through a text, and the criterion by which a synthesis has failed.

An alignment has one row a decoder step and one column a symbol; GMM attention's rows need not sum to one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SKIPPED_MASS = 0.25
"""a symbol whose rows sum to less than this (in steps, over the whole synthesis) was skipped"""
BACKWARD_SYMBOLS = 1.5
"""the attention's centre moving back by more than this repeats something"""
LENGTH_LIMITS = (0.6, 1.6)
"""of the expected duration: below is too short, above too long"""


@dataclass(frozen=True)
class AttentionReport:
    """What the criterion found in one synthesis; `failed` is any of them."""

    no_stop: bool
    skipped: tuple[int, ...]
    """columns that never got mass"""
    repeated: bool
    wrong_length: bool

    @property
    def failed(self) -> bool:
        return self.no_stop or bool(self.skipped) or self.repeated or self.wrong_length


def centres(alignment: np.ndarray) -> np.ndarray:
    """`(S, N)` -> `(S,)` mean column of each row, in symbols; rows without mass keep the value before."""
    mass = alignment.sum(axis=1)
    positions = alignment @ np.arange(alignment.shape[1]) / np.maximum(mass, 1e-6)
    valid = mass > 1e-3
    last = np.maximum.accumulate(np.where(valid, np.arange(len(mass)), 0))
    return positions[last]


def coverage(alignment: np.ndarray) -> float:
    """Share of the `(S, N)` alignment's symbols that get at least `SKIPPED_MASS`."""
    return float((alignment.sum(axis=0) >= SKIPPED_MASS).mean())


def diagonality(alignment: np.ndarray, band: float = 0.15) -> float:
    """Share of the `(S, N)` alignment's mass within `band` of the text's length around the straight diagonal.

    About 0.3 for an even spread; near 1 for speech of even pace.
    """
    steps, symbols = alignment.shape
    line = np.arange(steps)[:, None] / max(steps - 1, 1)
    places = np.arange(symbols)[None] / max(symbols - 1, 1)
    inside = np.abs(line - places) <= band
    return float((alignment * inside).sum() / max(alignment.sum(), 1e-6))


def sharpness(alignment: np.ndarray) -> float:
    """Mean over steps of the largest weight of the `(S, N)` alignment: how surely it points at one symbol."""
    return float(alignment.max(axis=1).mean())


def report(alignment: np.ndarray, stopped: bool, frames: int, expected_frames: float | None = None) -> AttentionReport:
    """Apply the criterion to one free-running synthesis.

    Args:
        alignment: `(S, N)`, only this item's steps and symbols; the last column is the end symbol, which is exempt.
        stopped: False where the frame limit ended the synthesis.
        frames: its length.
        expected_frames: of a true recording of the sentence; None skips the test of length.
    """
    mass = alignment[:, :-1].sum(axis=0)
    path = centres(alignment)
    ratio = frames / expected_frames if expected_frames else 1.0
    return AttentionReport(
        no_stop=not stopped,
        skipped=tuple(int(column) for column in np.flatnonzero(mass < SKIPPED_MASS)),
        repeated=bool((np.maximum.accumulate(path) - path).max(initial=0.0) > BACKWARD_SYMBOLS),
        wrong_length=not LENGTH_LIMITS[0] <= ratio <= LENGTH_LIMITS[1],
    )

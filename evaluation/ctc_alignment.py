"""Which sound each frame is of, by the phoneme recogniser and the text (forced alignment over CTC, Graves et al. 2006).

CTC tells where a sound is, not where it ends: frames between two sounds go to the nearer one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evaluation.phoneme_recogniser import BLANK


def align(scores: np.ndarray, symbols: Sequence[int]) -> np.ndarray:
    """The likeliest path that says the symbols in their order.

    Args:
        scores: `(S, V)` log-probabilities, the blank at 0.
        symbols: `(N,)`, at least one, none of them the blank.

    Returns:
        `(S,)` int64: the place in `symbols` of each frame.

    Raises:
        ValueError: no symbols, or more than the frames can hold.
    """
    if not len(symbols):
        raise ValueError("no symbols to align; expected at least one")
    said = np.asarray(symbols)
    repeats = int((said[1:] == said[:-1]).sum())
    if len(said) + repeats > len(scores):
        raise ValueError(f"{len(said)} symbols do not fit into {len(scores)} frames")
    states = np.full(2 * len(said) + 1, BLANK)
    states[1::2] = said
    # a blank may be left out between two different symbols
    skips = np.zeros(len(states), dtype=bool)
    skips[3::2] = said[1:] != said[:-1]
    emitted = scores[:, states]
    best = np.full(len(states), -np.inf)
    best[:2] = emitted[0, :2]
    came = np.zeros((len(scores), len(states)), dtype=np.int8)
    for frame in range(1, len(scores)):
        ways = np.full((3, len(states)), -np.inf)
        ways[0] = best
        ways[1, 1:] = best[:-1]
        ways[2, 2:] = np.where(skips[2:], best[:-2], -np.inf)
        came[frame] = ways.argmax(0)
        best = ways.max(0) + emitted[frame]
    state = len(states) - 1 if best[-1] >= best[-2] else len(states) - 2
    path = np.empty(len(scores), dtype=np.int64)
    for frame in range(len(scores) - 1, -1, -1):
        path[frame] = state
        state -= int(came[frame, state])
    return _spread(np.where(path % 2 == 1, path // 2, -1))


def _spread(places: np.ndarray) -> np.ndarray:
    """Frames of no symbol (-1) go to the nearest one that has."""
    known = np.flatnonzero(places >= 0)
    frames = np.arange(len(places))
    after = np.searchsorted(known, frames).clip(max=len(known) - 1)
    before = (after - 1).clip(min=0)
    nearer = np.abs(known[before] - frames) <= np.abs(known[after] - frames)
    return places[np.where(nearer, known[before], known[after])]

"""Frames of the warp drawn in several threads at once are those drawn one after the other."""

from __future__ import annotations

import numpy as np

from anyonenet.frames import draw
from anyonenet.render.warp import WarpRenderer
from anyonenet.side_by_side import SideBySide
from anyonenet.stopwatch import Stopwatch


def test_threads_do_not_change_a_byte(faces) -> None:
    photo, at_rest = faces.drawn()
    renderer = WarpRenderer(photo, at_rest)
    random = np.random.default_rng(0)
    shifts = random.normal(0, 2, (16, 68, 3)).astype(np.float32)
    shifts[:, 55:60, 1] += np.linspace(0, 12, 16)[:, None]  # a mouth that opens
    landmarks = at_rest[None] + shifts
    quaternions = np.tile(np.float32([1, 0, 0, 0]), (16, 1))
    drawn = []
    for threads in (1, 4):
        with SideBySide(threads) as pool:
            drawn.append(list(draw(renderer, landmarks, quaternions, pool, Stopwatch())))
    for one, other in zip(*drawn, strict=True):
        np.testing.assert_array_equal(one, other)
    assert any((frame != drawn[0][0]).any() for frame in drawn[0])

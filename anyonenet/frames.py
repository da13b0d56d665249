"""Frames drawn as fast as the renderer allows: by itself, or its calls side by side."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from anyonenet.render.renderer import Renderer
from anyonenet.side_by_side import SideBySide
from anyonenet.stopwatch import Stopwatch


def draw(
    renderer: Renderer, landmarks: np.ndarray, quaternions: np.ndarray, pool: SideBySide, watch: Stopwatch
) -> Iterator[np.ndarray]:
    """Frames in order, each (H, W, 3) uint8 RGB; a few at a time are in memory.

    A renderer with `render_many` is left to itself; one that is `thread_safe` is called in the pool's threads, any
    other in this one.

    Args:
        renderer: see `anyonenet.render.renderer.Renderer`.
        landmarks: (F, 68, 3) pixels.
        quaternions: (F, 4).
        pool: threads to draw in.
        watch: counts 'render'.
    """

    def one(points: np.ndarray, quaternion: np.ndarray) -> np.ndarray:
        with watch.of("render"):
            return renderer.render(points, quaternion)

    if hasattr(renderer, "render_many"):
        frames = iter(renderer.render_many(landmarks, quaternions))
        for _ in range(len(landmarks)):
            with watch.of("render"):
                frame = next(frames)
            yield frame
    elif getattr(renderer, "thread_safe", False):
        yield from pool.map(one, landmarks, quaternions)
    else:
        yield from map(one, landmarks, quaternions)

"""What is worked out anew for every vertex of every frame, compiled: where it goes and how much light falls on it.

The arithmetic is that of the same expressions over whole arrays, number for number; with three columns those are slow.
"""

from __future__ import annotations

import numpy as np
from numba import njit

_WRAP = np.array([0.28, 0.17, 0.12], np.float32)  # light creeps round skin, the red the furthest


@njit(cache=True, error_model="numpy")
def placed(rotated, points, pivot, move, body, scale, shift, behind):
    """Vertices in the body's frame and in the picture.

    Args:
        rotated: `(V, 3)` float32, the vertices relative to the pivot, turned with the head.
        points: `(V, 3)` float32, the same vertices before the head turned.
        pivot: `(3,)` float32, where the head turns.
        move: `(3,)` float32, how far the head moves.
        body: `(V,)` float32, 0 follows the head to 1 stays with the body.
        scale: float32 pixels per unit.
        shift: `(3,)` float32 pixels of the frame's origin.
        behind: float32 pixels added to the depth.

    Returns:
        `(V, 3)` float32 units and `(V, 3)` float32 pixels.
    """
    moved, pixels = np.empty_like(points), np.empty_like(points)
    for v in range(points.shape[0]):
        for k in range(3):
            at = rotated[v, k] + pivot[k] + move[k]
            at += body[v] * (points[v, k] - at)
            moved[v, k] = at
            pixels[v, k] = at * scale + shift[k]
        pixels[v, 2] += behind
    return moved, pixels


@njit(cache=True, error_model="numpy")
def lit_vertices(normals, towards, filled, lobe, key_colour, fill_colour, ambient, shine, shade):
    """Light that falls on vertices and light mirrored to the camera.

    Args:
        normals: `(V, 3)` float32 unit.
        towards: `(V,)` float32 cosines to the main light; `filled`: to the second one.
        lobe: `(V,)` float32, share of the main light that is mirrored.
        key_colour: `(3,)` float32, like `fill_colour` and `ambient`.
        shine: float32, how much is mirrored.
        shade: `(V,)` float32, share of all light that reaches the vertex.

    Returns:
        `(V, 3)` float32 each.
    """
    one, high, low = np.float32(1.0), np.float32(0.75), np.float32(0.25)
    light, gloss = np.empty_like(normals), np.empty_like(normals)
    for v in range(normals.shape[0]):
        sky = high - low * normals[v, 1]
        fill = max(filled[v], np.float32(0.0))
        for k in range(3):
            key = max((towards[v] + _WRAP[k]) / (one + _WRAP[k]), np.float32(0.0)) * key_colour[k]
            light[v, k] = (key + fill * fill_colour[k] + ambient[k] * sky) * shade[v]
            gloss[v, k] = lobe[v] * key_colour[k] * shine * shade[v]
    return light, gloss

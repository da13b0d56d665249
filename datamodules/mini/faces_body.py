"""Shoulders with clothing, and backgrounds."""

from __future__ import annotations

import cv2
import numpy as np

from datamodules.mini.faces_paint import blurred, line, mix, noise, polygon, scale, shade, smooth_step, spot, texture
from datamodules.mini.faces_parts import Part, grid_triangles

_SIZE = (200, 400)
_HALF, _TOP, _BOTTOM = 2.3, 1.35, 3.1


def _texels(points: list[tuple[float, float]]) -> np.ndarray:
    at = np.array(points, float)
    return np.stack([(at[:, 0] + _HALF) / (2 * _HALF) * _SIZE[1], (at[:, 1] - _TOP) / (_BOTTOM - _TOP) * _SIZE[0]], 1)


def clothing(neck: float, woman: bool, breadth: float, rng: np.random.Generator) -> Part:
    """A torso in the head frame (it stays when the head turns), with one of several cuts of clothing."""
    rows, columns = 15, 41
    v, x = np.meshgrid(np.linspace(0, 1, rows), np.linspace(-_HALF, _HALF, columns), indexing="ij")
    slope = (
        1.52 + 0.34 * smooth_step(np.abs(x), neck, 1.35 * breadth) + 0.9 * smooth_step(np.abs(x), 1.40 * breadth, 2.3)
    )
    y = slope + v * (_BOTTOM - slope)
    reach = np.sqrt(np.clip(1 - (x / 2.25) ** 2, 0, 1))
    z = 1.0 - reach * (0.30 + 0.42 * smooth_step(y - slope, 0.0, 0.5)) - 0.10 * smooth_step(y, 1.6, 2.4)
    rest = np.stack([x, y, z], -1).reshape(-1, 3).astype(np.float32)
    uv = _texels(list(zip(x.ravel(), y.ravel(), strict=True))).astype(np.float32)
    uv = np.clip(uv, 0, np.array(_SIZE[::-1]) - 1.01).astype(np.float32)

    hue = rng.random()
    base = cv2.cvtColor(
        np.array([[[hue * 360, rng.uniform(0.05, 0.65), rng.uniform(0.12, 0.9)]]], np.float32), cv2.COLOR_HSV2RGB
    )[0, 0]
    colour = np.empty((*_SIZE, 3), np.float32)
    colour[:] = base
    weave = noise(rng, _SIZE, 1.2) * 0.025 + noise(rng, _SIZE, 26) * 0.05
    pattern = rng.random()
    if pattern < 0.15:
        colour *= (1 - 0.25 * (np.sin(np.arange(_SIZE[1]) * rng.uniform(0.3, 1.0)) > 0.3))[None, :, None]
    elif pattern < 0.25:
        colour *= (1 - 0.3 * (np.sin(np.arange(_SIZE[0]) * rng.uniform(0.3, 0.8)) > 0.2))[:, None, None]
    scale(colour, 1 + weave)
    folds = [
        line(_SIZE, _texels([(s * 0.5, 1.9), (s * rng.uniform(0.6, 1.2), rng.uniform(2.3, 2.9))]), 3, 4)
        for s in (-1, 1)
    ]
    shade(colour, 0.25 * (folds[0] + folds[1]))
    cut = rng.choice(["crew", "v", "shirt", "suit", "round"] if not woman else ["crew", "v", "shirt", "round", "wide"])
    wide = neck + (0.28 if cut in ("wide", "round") else 0.06)
    deep = {"crew": 1.82, "v": 2.28, "shirt": 2.05, "suit": 2.0, "round": 2.02, "wide": 2.12}[str(cut)]
    if cut in ("v", "shirt", "suit"):
        opening = [
            (-wide, 1.3),
            (-wide, 1.55),
            (-neck * 0.55, 1.85),
            (0, deep),
            (neck * 0.55, 1.85),
            (wide, 1.55),
            (wide, 1.3),
        ]
    else:
        turn = np.linspace(0, np.pi, 17)
        opening = [
            (-wide, 1.3),
            *[(-wide * np.cos(a), 1.52 + (deep - 1.52) * np.sin(a) ** 0.8) for a in turn],
            (wide, 1.3),
        ]
    skin = polygon(_SIZE, _texels(opening), 0.4)
    hem = np.clip(blurred(skin, 2.5) * 2.2, 0, 1) * (1 - skin)
    shade(colour, 0.22 * hem)
    if cut in ("shirt", "suit"):
        shirt = (
            np.array(rng.choice([[0.93, 0.94, 0.96], [0.75, 0.83, 0.93], [0.9, 0.86, 0.8]]))
            if cut == "suit"
            else base * 1.08
        )
        for side in (-1, 1):
            if cut == "suit":
                chest = _texels([(0, 1.7), (side * 0.62, 1.6), (side * 0.35, 2.3), (0, 3.0)])
                mix(colour, shirt, polygon(_SIZE, chest, 0.5))
            collar = _texels(
                [
                    (side * wide, 1.50),
                    (side * (wide + 0.10), 1.66),
                    (side * 0.34, 2.06),
                    (side * 0.02, deep - 0.02),
                    (side * neck * 0.6, 1.80),
                ]
            )
            mask = polygon(_SIZE, collar, 0.5)
            mix(colour, np.clip(shirt, 0, 1), mask)
            shade(colour, 0.22 * blurred(mask, 3) * (1 - mask))
        if cut == "suit":
            for side in (-1, 1):
                lapel = _texels([(side * 0.60, 1.58), (side * 0.78, 2.1), (side * 0.05, 3.05), (side * 0.30, 2.3)])
                mask = polygon(_SIZE, lapel, 0.5)
                mix(colour, base * 0.85, mask)
                shade(colour, 0.3 * blurred(mask, 3) * (1 - mask))
            if rng.random() < 0.7:
                tie = rng.random(3) * 0.6 + 0.05
                mix(
                    colour,
                    tie,
                    polygon(
                        _SIZE,
                        _texels([(-0.09, 1.98), (0.09, 1.98), (0.07, 2.12), (0.14, 3.1), (-0.14, 3.1), (-0.07, 2.12)]),
                        0.5,
                    ),
                )
    return Part(rest, grid_triangles(rows, columns), uv, texture(colour, 1 - skin, 0.06), 0.0, 0.0, 1.0)


def background(size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """A room, a wall, a street or trees, out of focus: (H, W, 3) float32 linear light."""
    height, width = size
    work = (96, 96)
    v, u = np.mgrid[: work[0], : work[1]].astype(np.float32) / work[0]
    hue, saturation = rng.random() * 360, rng.uniform(0.02, 0.45)
    value = rng.uniform(0.10, 0.85)
    base = cv2.cvtColor(np.array([[[hue, saturation, value]]], np.float32), cv2.COLOR_HSV2RGB)[0, 0]
    picture = np.empty((*work, 3), np.float32)
    picture[:] = base
    picture *= (1 + rng.uniform(-0.5, 0.5) * (u - 0.5) + rng.uniform(-0.6, 0.3) * (v - 0.5))[..., None]
    kind = rng.random()
    if kind < 0.35:  # shelves, windows, pictures on a wall
        for _ in range(int(rng.integers(3, 14))):
            x, y, w, h = rng.random(4) * (1.1, 1.0, 0.35, 0.5) * 96 - (5, 5, 0, 0)
            colour = np.clip(base * rng.uniform(0.3, 1.7) + rng.normal(0, 0.10, 3), 0, 1)
            mix(picture, colour, polygon(work, np.array([(x, y), (x + w, y), (x + w, y + h), (x, y + h)]), 0.5))
    elif kind < 0.6:  # lights and leaves
        for _ in range(int(rng.integers(8, 30))):
            radius = rng.uniform(0.02, 0.12)
            colour = np.clip(base + rng.normal(0, 0.18, 3) + rng.uniform(-0.1, 0.25), 0, 1)
            mix(
                picture,
                colour,
                np.clip(1.6 * spot(u, v, (rng.random(), rng.random()), (radius, radius)), 0, 1) * rng.uniform(0.3, 0.9),
            )
    elif kind < 0.75:
        picture *= (1 + 0.25 * noise(rng, work, 18) + 0.1 * noise(rng, work, 5))[..., None]
    picture = blurred(picture, rng.uniform(0.8, 4.0))
    full = cv2.resize(np.clip(picture, 0.01, 1), (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(full, 0, 1) ** 2

"""A head as a triangle mesh whose vertices include the 68 landmarks, and the shapes it can be blended to.

The mesh lives in the plane of the surface parameters (angle, t), which is also the texture's. It has holes for the eyes
and the mouth, and a displacement of every vertex for each control (`faces_controls`). Landmarks are vertices, so their
truth is exact whatever the controls and the head's pose.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.path import Path as Outline
from scipy.interpolate import CubicSpline
from scipy.spatial import Delaunay, cKDTree

from datamodules.mini.faces_controls import blend_shapes
from datamodules.mini.faces_shape import NECK_T, HeadShape, Surface

TEXELS = 128.0
"""texture resolution: texels per outer-eye distance"""
TEXTURE_SIZE = (546, 520)
"""height and width of the skin texture"""
_ANGLE_SCALE = 0.95
_ORIGIN = (2.03, 1.60)

UPPER_EYES = ((36, 37, 38, 39), (42, 43, 44, 45))
LOWER_EYES = ((36, 41, 40, 39), (42, 47, 46, 45))
OUTER_UPPER, OUTER_LOWER = (48, 49, 50, 51, 52, 53, 54), (48, 59, 58, 57, 56, 55, 54)
INNER_UPPER, INNER_LOWER = (60, 61, 62, 63, 64), (60, 67, 66, 65, 64)


def texel(angle: np.ndarray, t: np.ndarray) -> np.ndarray:
    """`(N, 2)` texture coordinates (u, v) of surface parameters."""
    return np.stack([(angle * _ANGLE_SCALE + _ORIGIN[0]) * TEXELS, (t + _ORIGIN[1]) * TEXELS], -1)


def texture_parameters() -> tuple[np.ndarray, np.ndarray]:
    """(angle, t) of the texels' centres: a row (1, w) and a column (h, 1), which together span `TEXTURE_SIZE`."""
    v, u = (np.arange(size, dtype=np.float32) for size in TEXTURE_SIZE)
    return (u[None] / TEXELS - _ORIGIN[0]) / _ANGLE_SCALE, v[:, None] / TEXELS - _ORIGIN[1]


def dense(points: np.ndarray, between: int) -> np.ndarray:
    """A smooth curve through (N, 3) points, each gap divided into `between` parts: ((N-1)*between + 1, 3)."""
    chord = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1) ** 0.5)])
    at = np.interp(np.arange((len(points) - 1) * between + 1) / between, np.arange(len(points)), chord)
    return CubicSpline(chord, points)(at)


@dataclass(frozen=True)
class HeadMesh:
    """`rest` (V, 3) float32 with eyes open and lips closed; `triangles` (T, 3) int32; `uv` (V, 2) float32 texels;
    `shapes` (12, V, 3) float32 displacement of each control; `landmarks` (68,) vertex of each landmark; `neck` (V,)
    0 on the head to 1 where the neck belongs to the body; `curves` the contours (name -> (N, 3)), `curve_uv` in texels.
    """

    rest: np.ndarray
    triangles: np.ndarray
    uv: np.ndarray
    shapes: np.ndarray
    landmarks: np.ndarray
    neck: np.ndarray
    curves: dict[str, np.ndarray]
    curve_uv: dict[str, np.ndarray]


def _curves(shape: HeadShape) -> dict[str, np.ndarray]:
    points = shape.landmarks
    curves = {}
    for side in (0, 1):
        curves[f"lid_upper_{side}"] = dense(points[list(UPPER_EYES[side])], 5)
        curves[f"lid_lower_{side}"] = dense(points[list(LOWER_EYES[side])], 5)
    curves["lip_outer_upper"] = dense(points[list(OUTER_UPPER)], 4)
    curves["lip_outer_lower"] = dense(points[list(OUTER_LOWER)], 4)
    curves["lip_inner_upper"] = dense(points[list(INNER_UPPER)], 6)
    curves["lip_inner_lower"] = curves["lip_inner_upper"] + (0, 0, 0.004)
    for name, share in (("lip_mid_upper", 0.5), ("lip_mid_lower", 0.5)):
        inner, outer = curves[name.replace("mid", "inner")], curves[name.replace("mid", "outer")]
        mid = inner + share * (outer - inner)
        swell = np.sin(np.linspace(0, np.pi, len(mid))) ** 0.6
        mid[:, 2] -= 0.30 * np.abs(outer[:, 1] - inner[:, 1]) * swell
        curves[name] = mid
    curves["brow_0"], curves["brow_1"] = dense(points[17:22], 4), dense(points[22:27], 4)
    return curves


def head_mesh(shape: HeadShape, surface: Surface) -> HeadMesh:
    """Triangulate the head and find its blend shapes."""
    curves = _curves(shape)
    fixed_names = [n for n in curves if not n.startswith("brow")]
    fixed = [curves[n] for n in fixed_names] + [shape.landmarks[:36]]
    points = np.concatenate(fixed)
    owner = np.concatenate([np.full(len(p), k) for k, p in enumerate(fixed)])
    angle, t = surface.parameters(points)
    plane = np.stack([angle * _ANGLE_SCALE, t], 1)
    lower_inner = owner == fixed_names.index("lip_inner_lower")
    count = int(lower_inner.sum())
    plane[lower_inner, 1] += 0.03 * np.sin(np.linspace(0, np.pi, count)) ** 0.7  # the slit, open in the plane only
    plane, unique, inverse = _unique(plane)
    points = points[unique]

    fine_u, fine_t = np.meshgrid(np.arange(-0.80, 0.801, 0.05), np.arange(-0.5, 1.36, 0.05))
    coarse_u, coarse_t = np.meshgrid(np.arange(-2.0, 2.01, 0.115), np.arange(-1.54, 2.61, 0.115))
    fine = np.stack([fine_u.ravel(), fine_t.ravel()], 1)
    coarse = np.stack([coarse_u.ravel(), coarse_t.ravel()], 1)
    coarse = coarse[(np.abs(coarse[:, 0]) > 0.83) | (coarse[:, 1] < -0.53) | (coarse[:, 1] > 1.38)]
    holes = [
        Outline(
            np.concatenate([_flat(curves[f"lid_upper_{s}"], surface), _flat(curves[f"lid_lower_{s}"], surface)[::-1]])
        )
        for s in (0, 1)
    ]
    near = cKDTree(plane)
    fine = fine[near.query(fine)[0] > 0.026]
    for hole in holes:
        fine = fine[~hole.contains_points(fine)]
    filling = np.concatenate([fine, coarse])
    filling_points = surface(filling[:, 0] / _ANGLE_SCALE, filling[:, 1])
    plane = np.concatenate([plane, filling])
    rest = np.concatenate([points, filling_points])

    triangles = Delaunay(plane).simplices
    middle = plane[triangles].mean(1)
    upper = _flat(curves["lip_inner_upper"], surface)
    lower = upper + np.stack([np.zeros(count), 0.03 * np.sin(np.linspace(0, np.pi, count)) ** 0.7], 1)
    holes.append(Outline(np.concatenate([upper, lower[::-1]])))
    keep = np.ones(len(triangles), bool)
    for hole in holes:
        keep &= ~hole.contains_points(middle)
    triangles = triangles[keep]
    a, b, c = (plane[triangles[:, k]] for k in range(3))
    back = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0] > 0
    triangles[back] = triangles[back][:, ::-1]

    start = dict(zip(fixed_names, np.cumsum([0] + [len(p) for p in fixed])[: len(fixed_names)], strict=True))
    index = {name: inverse[start[name] : start[name] + len(curves[name])] for name in fixed_names}
    first = sum(len(curves[n]) for n in fixed_names)
    landmarks = np.empty(68, np.int64)
    landmarks[:36] = inverse[first : first + 36]
    for name, numbers, gap in _landmark_rows():
        landmarks[list(numbers)] = index[name][::gap]

    shapes = blend_shapes(rest, plane, index, landmarks)
    uv = (plane + _ORIGIN) * TEXELS
    neck = np.clip((plane[:, 1] - NECK_T - 0.02) / 0.75, 0, 1)
    curve_uv = {name: (_flat(curve, surface) + _ORIGIN) * TEXELS for name, curve in curves.items()}
    return HeadMesh(
        rest.astype(np.float32),
        np.ascontiguousarray(triangles, np.int32),
        uv.astype(np.float32),
        shapes.astype(np.float32),
        landmarks,
        (neck * neck * (3 - 2 * neck)).astype(np.float32),
        curves,
        curve_uv,
    )


def _landmark_rows() -> list[tuple[str, tuple[int, ...], int]]:
    rows: list[tuple[str, tuple[int, ...], int]] = []
    for side in (0, 1):
        rows.append((f"lid_upper_{side}", UPPER_EYES[side], 5))
        rows.append((f"lid_lower_{side}", LOWER_EYES[side], 5))
    rows += [("lip_outer_upper", OUTER_UPPER, 4), ("lip_outer_lower", OUTER_LOWER, 4)]
    return [*rows, ("lip_inner_upper", INNER_UPPER, 6), ("lip_inner_lower", INNER_LOWER, 6)]


def _flat(points: np.ndarray, surface: Surface) -> np.ndarray:
    angle, t = surface.parameters(points)
    return np.stack([angle * _ANGLE_SCALE, t], 1)


def _unique(plane: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    _, unique, inverse = np.unique(np.round(plane, 4), axis=0, return_index=True, return_inverse=True)
    return plane[unique], unique, inverse.ravel()

"""A head as a triangle mesh whose vertices include the 68 landmarks, and the shapes it can be blended to.

The mesh lives in the plane of the surface parameters (angle, t), which is also the texture's: holes for the eyes and
the mouth, and a displacement of every vertex for each control (`CONTROLS`). Landmarks are vertices, so their truth
is exact whatever the controls and the head's pose.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.path import Path as Outline
from scipy.interpolate import CubicSpline, RBFInterpolator
from scipy.spatial import Delaunay, cKDTree

from datamodules.mini.faces_shape import NECK_T, HeadShape, Surface

CONTROLS = (
    "jaw", "part", "wide", "round", "raise", "tuck", "press", "smile", "blink_left", "blink_right", "brows", "frown",
)  # fmt: skip
"""Names of the controls, each 0 (rest) to 1 (full): jaw lowered; lips parted; corners drawn wide; lips rounded and
protruded; upper lip raised; lower lip tucked under the teeth (f, v); lips pressed (m, b, p); smile; lids closed (left
and right in the picture); brows raised; brows drawn together."""

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
    """(angle, t), each `TEXTURE_SIZE`, of the texels' centres."""
    v, u = np.mgrid[: TEXTURE_SIZE[0], : TEXTURE_SIZE[1]].astype(np.float32)
    return (u / TEXELS - _ORIGIN[0]) / _ANGLE_SCALE, v / TEXELS - _ORIGIN[1]


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
        Outline(np.concatenate([_flat(curves[f"lid_upper_{s}"], surface), _flat(curves[f"lid_lower_{s}"], surface)[::-1]]))
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

    shapes = _blend_shapes(rest, plane, index, landmarks)
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


def _smooth(x: np.ndarray, low: float, high: float) -> np.ndarray:
    s = np.clip((x - low) / (high - low), 0, 1)
    return s * s * (3 - 2 * s)


def _blend_shapes(
    rest: np.ndarray, plane: np.ndarray, index: dict[str, np.ndarray], landmarks: np.ndarray
) -> np.ndarray:
    shapes = np.zeros((len(CONTROLS), *rest.shape))
    row = {name: k for k, name in enumerate(CONTROLS)}
    for side, name in ((0, "blink_left"), (1, "blink_right")):
        shapes[row[name]] = _blink(rest, plane, index[f"lid_upper_{side}"], index[f"lid_lower_{side}"])
    shapes[row["brows"]], shapes[row["frown"]] = _brows(rest)
    mouth = _mouth(rest, plane, index, landmarks)
    for name, shape in mouth.items():
        shapes[row[name]] = shape
    return shapes


def _blink(rest: np.ndarray, plane: np.ndarray, upper: np.ndarray, lower: np.ndarray) -> np.ndarray:
    """Close the upper lid on the lower one, its skin following up to the crease."""
    shape = np.zeros_like(rest)
    meet = rest[lower] * 0.86 + rest[upper] * 0.14
    close = meet - rest[upper]
    close[:, 2] = meet[:, 2] - rest[upper, 2] - 0.004
    x = plane[upper, 0]
    order = np.argsort(x)
    x, edge = x[order], plane[upper, 1][order]
    inside = (plane[:, 0] > x[0]) & (plane[:, 0] < x[-1])
    above = np.interp(plane[:, 0], x, edge) - plane[:, 1]
    skin = inside & (above > 0) & (above < 0.2)
    weight = np.exp(-((above[skin] / 0.075) ** 2))
    for k in range(3):
        shape[skin, k] = weight * np.interp(plane[skin, 0], x, close[order, k])
    shape[upper] = close
    shape[lower[1:-1]] = (meet - rest[lower])[1:-1]
    return shape


def _brows(rest: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    x, y = rest[:, 0], rest[:, 1]
    front = rest[:, 2] < 0.5
    lift = np.exp(-(((y + 0.33) / 0.17) ** 2)) * _smooth(-y, 0.10, 0.20) * (1 - _smooth(np.abs(x), 0.55, 0.8)) * front
    raised = np.zeros_like(rest)
    raised[:, 1] = -0.085 * lift
    drawn = np.zeros_like(rest)
    inner = lift * np.exp(-((np.abs(x) / 0.25) ** 2))
    drawn[:, 1] = 0.05 * inner
    drawn[:, 0] = -0.03 * np.sign(x) * inner * _smooth(np.abs(x), 0.0, 0.1)
    return raised, drawn


def _mouth(
    rest: np.ndarray, plane: np.ndarray, index: dict[str, np.ndarray], landmarks: np.ndarray
) -> dict[str, np.ndarray]:
    """Displacements of the mouth's controls: given on the lips and a few places, spread by thin-plate splines.

    The upper and lower lip get their own spline (each without the other's points), so the slit can open.
    """
    upper = np.unique(np.concatenate([index[f"lip_{r}_upper"][::2] for r in ("inner", "mid", "outer")]))
    lower = np.unique(np.concatenate([index[f"lip_{r}_lower"][::2] for r in ("inner", "mid", "outer")]))
    corners = index["lip_inner_upper"][[0, -1]]
    middle = rest[index["lip_inner_upper"]].mean(0)
    half = abs(rest[corners[1], 0] - rest[corners[0], 0]) / 2
    grid = np.stack([g.ravel() for g in np.meshgrid(np.arange(-1.9, 1.91, 0.38), [-0.6, -0.25, 0.12, 0.4, 1.75, 2.3])], 1)
    ring = np.stack([g.ravel() for g in np.meshgrid([-1.7, -1.4, 1.4, 1.7], np.arange(0.1, 1.8, 0.3))], 1)
    under = np.stack([g.ravel() for g in np.meshgrid(np.arange(-0.8, 0.81, 0.4), [1.40, 1.55])], 1)
    tree = cKDTree(plane)
    spread = tree.query(np.concatenate([grid, ring, under]))[1]
    face = np.unique(np.concatenate([landmarks[:17], landmarks[27:36], spread]))

    def fields(which: np.ndarray) -> dict[str, np.ndarray]:
        return _lip_motion(rest[which], plane[which], middle, half, np.isin(which, lower), np.isin(which, upper))

    u = plane[:, 0]
    line = np.interp(u, plane[index["lip_inner_upper"], 0], plane[index["lip_inner_upper"], 1])
    results = {}
    solved = []
    for lips in (upper, lower):
        controls = np.unique(np.concatenate([lips, corners, face]))
        motion = fields(controls)
        values = np.concatenate(list(motion.values()), 1)
        region = (plane[:, 1] > -0.3) & (plane[:, 1] < 2.2) & (np.abs(u) < 1.6)
        full = np.zeros((len(rest), values.shape[1]))
        full[region] = RBFInterpolator(plane[controls], values, smoothing=1e-6)(plane[region])
        solved.append(full)
    beyond = _smooth(np.abs(u - middle[0]), half * 0.98, half * 1.25)
    soft = _smooth(plane[:, 1] - line, -0.12, 0.12)
    sharp = (plane[:, 1] > line + 0.002).astype(float)
    sharp[index["lip_inner_upper"]] = 0
    for name in ("lip_inner_lower", "lip_mid_lower", "lip_outer_lower"):
        sharp[index[name][1:-1]] = 1
    sharp[corners] = 0.5
    weight = (sharp + beyond * (soft - sharp))[:, None]
    blended = solved[0] * (1 - weight) + solved[1] * weight
    for number, name in enumerate(fields(face[:1])):
        results[name] = blended[:, 3 * number : 3 * number + 3]
    return results


def _lip_motion(
    points: np.ndarray, plane: np.ndarray, middle: np.ndarray, half: float, lower: np.ndarray, upper: np.ndarray
) -> dict[str, np.ndarray]:
    """Displacement (N, 3) of each mouth control at given places of the head."""
    x, y, z = points.T
    t = plane[:, 1]
    across = np.clip((x - middle[0]) / half, -1.2, 1.2)
    bow = np.clip(1 - across**2, 0, 1)
    near = np.exp(-((x - middle[0]) ** 2 + (y - middle[1]) ** 2) / 0.32**2) * (z < 0.25)
    lips = lower | upper
    near = np.where(lips, 1.0, near * 0.75)
    zero = np.zeros_like(x)

    hinge_y, hinge_z, turn = 0.18, 0.60, 0.24
    side = 1 - _smooth(np.abs(plane[:, 0]), 0.75, 1.42)
    carried = _smooth(t, middle[1] - 0.05, middle[1] + 0.16) * side * (1 - _smooth(t, 1.28, 1.62))
    carried = np.where(lower, 0.42 + 0.58 * bow**0.6, carried)
    carried = np.where(upper, 0.42 * (1 - bow**0.5) + 0.0, carried)
    jaw = np.stack([-0.10 * across * half * (carried * lips), -(z - hinge_z) * turn * carried, (y - hinge_y) * turn * carried], 1)

    towards = np.where(upper, -0.6, np.where(lower, 1.0, 0.0))
    part = np.stack([zero, 0.06 * towards * bow, zero], 1)
    pull = across * near
    wide = np.stack([0.075 * pull, -0.008 * np.abs(pull), 0.035 * np.abs(pull)], 1)
    purse = near * np.where(lips, 1, 0.6)
    rounded = np.stack([-0.40 * half * across * near, -0.012 * towards * bow * near, -0.085 * purse * (0.35 + 0.65 * bow)], 1)
    raised = np.stack([zero, -0.05 * np.where(upper, bow, 0.25 * near * (y < middle[1])), zero], 1)
    tuck = np.stack([zero, np.where(lower, -0.055 * bow, np.where(upper, -0.012 * bow, 0)), np.where(lower, 0.05 * bow, 0)], 1)
    height = y - middle[1]
    press = np.stack([zero, np.where(lips, -0.32 * height, -0.1 * height * near), 0.018 * near * lips], 1)
    cheeks = np.exp(-(((np.abs(x) - 0.40) / 0.18) ** 2) - ((y - 0.50) / 0.2) ** 2) * (z < 0.4) * ~lips
    smile = np.stack(
        [0.07 * pull, -0.055 * across**2 * near - 0.03 * cheeks + 0.008 * lower * bow, 0.04 * np.abs(pull) - 0.02 * cheeks], 1
    )
    return {
        "jaw": jaw, "part": part, "wide": wide, "round": rounded, "raise": raised, "tuck": tuck, "press": press,
        "smile": smile,
    }  # fmt: skip
